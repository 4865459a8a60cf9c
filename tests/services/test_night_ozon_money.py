"""Balance, payouts, placement and compensations of an Ozon night are the sandbox's books, once each."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.bot.views.balance import balance_lines
from app.db.install import Urls
from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.repositories import accounts
from app.sandbox.ozon.areas.payouts import Payouts
from app.sandbox.ozon.areas.placement import placed
from app.sandbox.ozon.lumps import PLACEMENTS
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.analytics.money import MoneyQuery, ShowMoney
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.reports import BalanceCheck, MoneyReport
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.ingestion import collect_ozon_cashflows
from app.services.ingestion.collect import Account
from app.services.night import NightReport
from tests.support.oracle.book import rub
from tests.support.oracle.ozon_money import (
    booked_compensations,
    booked_payouts,
    booked_storage,
    our_compensations,
    our_payouts,
    our_storage,
)
from tests.support.shop import DAY, Shop, open_shop, our_books

DAYS, TODAY = 20, date(2026, 11, 4)
"""October is over."""
OURS = ("ozon.balance", "ozon.cashflows", "ozon.placement", "ozon.compensations")
ALL = frozenset({*OURS, "ozon.catalogue", "ozon.accruals"})
TABLES = {
    "account_balance": "d::text",
    "finance_report": "report_id::text",
    "cashflows": "source_id",
    "storage_cost_daily": "d::text, sku_id::text, warehouse_id::text",
    "charge": "d::text, row_id",
}
"""The tables that are ours, and what a row's key is in them."""


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path) -> Iterator[Shop]:
    """After its first night."""
    with (
        SandboxServer(World(seed=3, skus=15, days=DAYS, today=TODAY)) as server,
        open_shop(db, urls, folder, server, marketplaces=("OZON",), only=ALL) as shop,
    ):
        report = night(shop, days=45)
        assert {name.replace("_", ".", 1) for name in report.rows} == ALL
        yield shop


def night(shop: Shop, days: int | None = None) -> NightReport:
    report = shop.night(days=days)
    assert (report.errors, report.wait_until) == ({}, None)
    return report


def shown(shop: Shop) -> list[date]:
    """All days that the marketplace tells."""
    return [shop.world.day(t) for t in range(shop.world.first_t, shop.world.now_t)]


def stored(shop: Shop) -> dict[str, dict[Any, tuple[str, str]]]:
    """By its key what each row says, and the transaction that wrote it."""
    found = {}
    for table, key in TABLES.items():
        rows = shop.rows(
            f"SELECT ARRAY[{key}] AS key, (to_jsonb(t) - 'src_hash')::text AS said, t.xmin::text"
            f" FROM {table} t WHERE tenant_id = :tenant_id"
        )
        found[table] = {tuple(row.key): (row.said, row.xmin) for row in rows}
    return found


def rewritten(before: dict[Any, tuple[str, str]], after: dict[Any, tuple[str, str]]) -> list[tuple[str, str]]:
    """What rows said that another transaction has written since, and what they say."""
    return [(was, after[key][0]) for key, (was, by) in before.items() if key in after and after[key][1] != by]


def payouts(shop: Shop) -> dict[str, Decimal]:
    rows = shop.rows("SELECT source_id, amount FROM cashflows WHERE tenant_id = :tenant_id")
    return {row.source_id: row.amount for row in rows}


def checks(shop: Shop, **changes: str) -> tuple[BalanceCheck, ...]:
    with shop.db.tenant(shop.tenant_id) as tx:
        for sql in changes.values():
            tx.run(sql)
        ties = ShowStatus(shop.house.clock, shop.house.settings)(tx, StatusQuery()).ties
        tx.session.rollback()
    return ties


def money(shop: Shop) -> MoneyReport:
    with shop.db.tenant(shop.tenant_id) as tx:
        return ShowMoney(shop.house.clock, shop.house.settings)(tx, MoneyQuery())


def agree(shop: Shop) -> None:
    """Every table against the sandbox's own event log."""
    world, books = shop.world, Payouts(shop.world)
    since = shown(shop)[-45:][0]
    closed = shop.rows("SELECT d, current FROM account_balance WHERE tenant_id = :tenant_id")
    assert {row.d: row.current for row in closed if row.d >= since} == {
        d: rub(books.closing(world.t(d))) for d in shown(shop) if d >= since
    }
    weeks = booked_payouts(world)
    assert Counter(our_payouts(shop)) == Counter(weeks)
    assert len(weeks) >= 2
    last = world.t(max(row[0] for row in weeks))
    assert sum(row[2] for row in weeks) == rub(sum(map(books.paid, range(world.first_t, last + 1))))
    assert set(our_storage(shop)) == booked_storage(world)
    charged = booked_compensations(world)
    assert Counter(our_compensations(shop)) == charged
    assert date(2026, 10, 31) in {row[0] for row in charged}


def test_a_night_brings_what_the_sandbox_s_books_say(shop: Shop) -> None:
    agree(shop)


def test_the_balance_of_every_day_grows_by_what_we_booked(shop: Shop) -> None:
    (check,) = checks(shop)
    assert (check.residuals, check.gaps) == ((), ())
    assert (check.d_to, (check.d_to - check.d_from).days + 1) == (shop.d, 35)
    (line,) = balance_lines((check,), shop.accounts["OZON"])
    assert "сходятся с балансом до копейки" in "".join(map(str, line))


def test_a_kopeck_astray_is_seen_on_its_day(shop: Shop) -> None:
    d = shop.d - 3 * DAY
    stray = (
        "UPDATE settlement_line SET amount = amount + 0.01 WHERE (d, row_id, part) = (SELECT d, row_id, part"
        f" FROM settlement_line WHERE tenant_id = :tenant_id AND d = '{d}' ORDER BY row_id, part LIMIT 1)"
    )
    (check,) = checks(shop, stray=stray)
    assert check.residuals == ((d, Decimal("-0.01")),)
    gap = f"UPDATE finance_report SET additional = 5 WHERE tenant_id = :tenant_id AND d_from = '{d}'"
    (check,) = checks(shop, gap=gap)
    assert check.gaps == ((d, Decimal(5)),)
    (check,) = checks(shop)
    assert (check.residuals, check.gaps) == ((), ())


def test_a_day_whose_accruals_are_not_here_is_not_compared(shop: Shop) -> None:
    forget = (
        f"DELETE FROM coverage WHERE tenant_id = :tenant_id AND source = 'ozon.accruals' AND d = '{shop.d}'"
    )
    (check,) = checks(shop, forget=forget)
    assert check.d_to == shop.d - DAY


def test_payouts_and_the_balance_are_on_the_money_screen(shop: Shop) -> None:
    report, books = money(shop), Payouts(shop.world)
    (balance,) = report.balances
    assert (balance.marketplace, balance.d) == ("OZON", shop.d)
    assert balance.current == rub(books.closing(shop.world.now_t - 1))
    assert {each.marketplace for each in report.payouts} == {"OZON"}
    assert [each.d.weekday() for each in report.payouts] == [6] * len(report.payouts)


def test_storage_is_counted_once_and_divided_by_what_lay_there(shop: Shop) -> None:
    """The accrual of type 46 is the money; the placement report says by which goods."""
    world = shop.world
    lumps = sum(
        lump.amount
        for t in range(world.first_t, world.now_t)
        for lump in world.ozon.ledger.sundries(t)
        if lump.kind == PLACEMENTS
    )
    with shop.db.tenant(shop.tenant_id) as tx:
        (totals,) = ShowPnl(shop.house.clock, shop.house.settings)(tx, PnlQuery(days=DAYS)).totals
    assert dict(totals.lines)[PnlLine.STORAGE] == -rub(lumps)
    by_sku = {
        (row.d, row.ozon_id): row.amount
        for row in shop.rows(
            "SELECT c.d, coalesce(k.ozon_id, 0) AS ozon_id, sum(c.amount) AS amount FROM shared_cost_daily c"
            " LEFT JOIN sku k ON k.tenant_id = c.tenant_id AND k.id = c.sku_id"
            " WHERE c.tenant_id = :tenant_id AND c.line = 'storage' GROUP BY 1, 2"
        )
    }
    d = shop.d
    expected: dict[int, int] = {}
    for i, _, _, kopecks in placed(world, world.t(d)):
        sku = int(world.ozon.shelf.item_id[i])
        expected[sku] = expected.get(sku, 0) + kopecks
    told = {sku: amount for (day, sku), amount in by_sku.items() if day == d and sku}
    assert told == {sku: -rub(kopecks) for sku, kopecks in expected.items() if kopecks}
    assert sum(by_sku.values()) == 0, "what goods bear, the cabinet bears no more"


def test_the_same_night_again_changes_nothing(story: Shop) -> None:
    before = stored(story)
    night(story)
    assert stored(story) == before


def test_a_cut_off_report_is_taken_up_and_not_ordered_again(story: Shop) -> None:
    story.advance()
    story.fault("/v1/report/info", "500", 3)
    story.heard()
    assert set(story.night().errors) == {"ozon.placement"}
    story.heal()
    night(story)
    assert len(story.heard("/placement/by-products/create")) == 1
    agree(story)


def test_history_that_was_rewritten_moves_its_own_rows_and_not_what_was_paid(story: Shop) -> None:
    before, paid = stored(story), payouts(story)
    story.advance(9)
    night(story)
    agree(story)
    (check,) = checks(story)
    assert (check.residuals, check.gaps) == ((), ())
    assert paid.items() < payouts(story).items()
    after = stored(story)
    moved = {table: rewritten(before[table], after[table]) for table in TABLES}
    assert all(was != now for rows in moved.values() for was, now in rows)
    assert moved["finance_report"], "some day is told otherwise than nine days ago"
    assert moved["account_balance"]
    assert not moved["cashflows"]
    assert not moved["charge"]


def test_what_was_accrued_in_all_is_what_we_booked_in_all(shop: Shop) -> None:
    told = shop.value("SELECT sum(payout) FROM finance_report WHERE tenant_id = :tenant_id")
    since = shop.value("SELECT min(d_from) FROM finance_report WHERE tenant_id = :tenant_id")
    assert told == sum(book.payout for (_, d), book in our_books(shop).items() if d >= since)


def test_payouts_may_be_collected_by_hand(story: Shop) -> None:
    with story.db.tenant(story.tenant_id) as tx:
        (cabinet,) = accounts.list_accounts(tx)
        tx.run("DELETE FROM cashflows WHERE tenant_id = :tenant_id")
    account = Account(story.tenant_id, cabinet.id, "OZON", cabinet.name)
    before = payouts(story)
    assert before == {}
    with story.house.gateway.ozon(cabinet) as client:
        first, last = story.d - 13 * DAY, story.d
        assert collect_ozon_cashflows(story.db, account, client, first, last, story.house.clock) == 2
        assert collect_ozon_cashflows(story.db, account, client, first, last, story.house.clock) == 0
    assert len(payouts(story)) == 2
