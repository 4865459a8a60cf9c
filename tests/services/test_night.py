"""Nights on the sandbox: our figures are its books to the kopeck, and the same night twice is nothing."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from app.services.analytics.pnl import PnlQuery, ShowPnl, pnl
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.analytics.today import ShowToday, TodayQuery
from tests.support.shop import SOURCES, Shop, all_books, books, content, our_books, versions

DAYS = 14


@pytest.fixture(scope="module", autouse=True)
def first_night(shop: Shop) -> None:
    report = shop.night(days=DAYS)
    assert report.errors == {}
    assert report.written > 0
    assert set(report.rows) == SOURCES


def test_every_day_is_the_books_to_the_kopeck(shop: Shop) -> None:
    expected = all_books(shop.world, shop.world.first_day, shop.d)
    assert len(expected) >= 2 * DAYS  # other stories of this world may have lived on for some days
    assert our_books(shop) == expected


def test_the_pnl_of_each_day_is_both_books_together(shop: Shop) -> None:
    for ago in range(0, DAYS, 3):
        d = shop.d - timedelta(days=ago)
        wb, ozon = books(shop.world, "WB", d), books(shop.world, "OZON", d)
        with shop.db.tenant(shop.tenant_id) as tx:
            report = pnl(tx, d, d)
        (totals,) = report.totals
        assert (report.days_preliminary, report.days_missing) == ((), ())
        assert totals.payout == wb.payout + ozon.payout
        assert (totals.units_sold, totals.units_returned) == (
            wb.sold + ozon.sold,
            wb.returned + ozon.returned,
        )


def test_the_answer_to_pnl_sums_its_days(shop: Shop) -> None:
    with shop.db.tenant(shop.tenant_id) as tx:
        report = ShowPnl(shop.house.clock, shop.house.settings)(tx, PnlQuery(days=7))
    week = [shop.d - timedelta(days=ago) for ago in range(7)]
    expected = sum((books(shop.world, m, d).payout for m in ("WB", "OZON") for d in week), Decimal(0))
    assert (report.d_from, report.d_to) == (week[-1], shop.d)
    assert report.totals[0].payout == expected
    assert report.totals[0].unmapped == 0


def test_an_identical_night_touches_no_row(shop: Shop) -> None:
    shop.night(days=DAYS)  # whatever other stories have left
    before, said = versions(shop), content(shop)
    report = shop.night(days=DAYS)
    assert (report.errors, report.written) == ({}, 0)
    after = versions(shop)
    assert {name: len(rows ^ after[name]) for name, rows in before.items() if rows ^ after[name]} == {}
    assert content(shop) == said


@pytest.mark.soak
def test_days_that_pass_rewrite_history_and_every_night_is_the_books(shop: Shop) -> None:
    rewritten = 0
    for days in (DAYS, DAYS, None):  # None: the windows that a night chooses by itself
        before = content(shop, ("settlement_line",))
        shop.advance()
        report = shop.night(days=days)
        assert report.errors == {}
        assert our_books(shop) == all_books(shop.world, shop.world.first_day, shop.d)
        gone = before["settlement_line"] - content(shop, ("settlement_line",))["settlement_line"]
        rewritten += len(gone)
        _the_old_values_are_kept(shop, report.trace_id, len(gone))
        assert _missing(shop) == ()
        _sales_are_the_sums_of_their_events(shop)
    assert rewritten, "the sandbox rewrote nothing: this test has proved nothing"


def _the_old_values_are_kept(shop: Shop, trace: str, rewritten: int) -> None:
    """A journal row for each settlement line that is not what it was: changed or vanished."""
    kept = shop.value(
        "SELECT count(*) FROM figure_change WHERE table_name = 'settlement_line' AND trace_id = :trace"
        " AND was ? 'amount' AND was IS DISTINCT FROM became",
        trace=trace,
    )
    assert kept == rewritten


def _missing(shop: Shop) -> tuple[str, ...]:
    """What the digest and /status call missing."""
    asked = shop.house.clock, shop.house.settings
    with shop.db.tenant(shop.tenant_id) as tx:
        status = ShowStatus(*asked)(tx, StatusQuery())
        today = ShowToday(*asked)(tx, TodayQuery())
    awaited = (source for source in status.sources if not source.closed)
    late = tuple(source.source for source in awaited if source.complete_to != shop.d)
    return (*today.missing_sources, *late)


def _sales_are_the_sums_of_their_events(shop: Shop) -> None:
    sums: dict[tuple[object, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 7)
    told = content(shop, ("sale_event", "daily_sales"))
    for d, _event, *rest in told["sale_event"]:
        key = (d, *rest[:6])
        sums[key] = [a + b for a, b in zip(sums[key], rest[6:], strict=True)]
    assert {(*key, *values) for key, values in sums.items()} == told["daily_sales"]


def test_an_old_day_collected_anew_moves_the_velocities_after_it(shop: Shop) -> None:
    """``nightly --date`` of last week finds a change: the days up to the newest follow."""
    sku, d = shop.rows(
        "SELECT sku_id, max(d) AS d FROM daily_sales WHERE qty > 0 AND d < :d GROUP BY sku_id ORDER BY 2, 1",
        d=shop.d - timedelta(days=6),
    )[-1]
    said = _newest(shop)
    with shop.db.tenant(shop.tenant_id) as tx:
        for table in ("sale_event", "daily_sales"):
            tx.run(
                f"UPDATE {table} SET qty = qty + 5, src_hash = '' WHERE sku_id = :sku AND d = :d",
                sku=sku,
                d=d,
            )
        tx.run("DELETE FROM source_unit")
        tx.run(
            "INSERT INTO recalc_pending (tenant_id, sku_id, d_from) VALUES (:tenant_id, :sku, :d)",
            sku=sku,
            d=d,
        )
    shop.night(only=lambda source: source.endswith("catalogue"))
    assert _newest(shop) != said
    shop.house.night.run(shop.tenant_id, d, "old-day", lambda *_: None, days=1)
    assert _newest(shop) == said


def _newest(shop: Shop) -> tuple[set[object], set[object]]:
    told = content(shop, ("metrics_daily", "advice_supply"))
    return told["metrics_daily"], {row for row in told["advice_supply"] if row[0] == shop.d}
