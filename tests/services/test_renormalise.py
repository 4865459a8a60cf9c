"""Facts are rebuilt from the stored replies: the same, without a call, whatever came since and in between."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import create_engine, pool

from app.core.trace import new_trace
from app.db.install import Urls
from app.marketplaces.rows import BalanceRow, SaleEventRow, SkuRef, SupplyLineRow
from app.marketplaces.source import Kind, Normalised, Unit, Unplaced, window
from app.sandbox.server import SandboxServer
from app.services.ingestion.last_word import LastWord, Span
from app.services.ingestion.unit import stored_unit
from app.services.renormalise import Asked, Renormalise, Renormalised
from tests.support.shop import Shop, quiet, sandbox

DAY = timedelta(days=1)
DAYS = 10

TOLD = (
    *("sale_event", "daily_sales", "daily_stock", "settlement_line", "buyer_order", "account_balance"),
    *("finance_report", "cashflows", "ad_campaign", "ad_stat_daily", "ad_charge", "metrics_daily"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=6, days=DAYS) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def nights(shop: Shop) -> None:
    """Two of them, so that windows slide over each other and say different things."""
    assert shop.night(days=DAYS).errors == {}
    shop.advance(2)
    assert shop.night(days=DAYS).errors == {}
    shop.heard()


def rebuild(shop: Shop, **asked: Any) -> Renormalised:
    house = shop.house
    work = Renormalise(db=shop.db, settings=house.settings, clock=house.clock, wall_clock=shop.wall)
    return work(shop.tenant_id, Asked(**asked), new_trace(), quiet)


def everything(shop: Shop) -> dict[str, set[str]]:
    """Every row but for when it was touched; ids of SKUs and warehouses are those of the catalogue."""
    return {
        name: {
            str(sorted((key, str(value)) for key, value in row.row.items()))
            for row in shop.rows(
                f"SELECT to_jsonb(t) - 'updated_at' - 'id' - 'created_at' AS row FROM {name} t"
                " WHERE tenant_id = :tenant_id"
            )
        }
        for name in TOLD
    }


def test_facts_that_stand_are_left_alone_and_nobody_is_called(shop: Shop) -> None:
    before = everything(shop)
    changes = shop.value("SELECT count(*) FROM figure_change WHERE tenant_id = :tenant_id")
    done = rebuild(shop)
    assert {each.source: each.count for each in done.sources if each.count.written} == {}
    assert done.count.unchanged > 100
    assert done.refreshed is not None
    assert done.refreshed.written == 0
    assert everything(shop) == before
    assert shop.value("SELECT count(*) FROM figure_change WHERE tenant_id = :tenant_id") == changes
    assert shop.heard() == []


def test_facts_that_were_deleted_come_back_equal(shop: Shop) -> None:
    before = everything(shop)
    with shop.db.tenant(shop.tenant_id) as tx:
        for name in TOLD:
            tx.run(f"DELETE FROM {name} WHERE tenant_id = :tenant_id")
    done = rebuild(shop)
    after = everything(shop)
    for name in TOLD:
        assert after[name] == before[name], name
        assert after[name], name
    assert done.count.inserted > 100
    assert done.count.changed == done.count.deleted == 0
    assert shop.heard() == []


def test_what_was_damaged_is_repaired_and_stands_in_the_journal(shop: Shop) -> None:
    before = everything(shop)
    with shop.db.tenant(shop.tenant_id) as tx:
        broken = tx.run(
            "UPDATE settlement_line SET amount = amount + 1 WHERE tenant_id = :tenant_id AND d = :d",
            d=shop.d - 5 * DAY,
        ).rowcount
    assert broken > 0
    assert rebuild(shop, source="wb.sales").count.written == 0
    elsewhere = Span(shop.d - 4 * DAY, shop.d)
    assert rebuild(shop, span=elsewhere).count.written == 0
    trace_rows = "SELECT count(*) FROM figure_change WHERE tenant_id = :tenant_id"
    journal = shop.value(trace_rows)
    done = rebuild(shop, span=Span(shop.d - 5 * DAY, shop.d - 5 * DAY))
    assert (done.count.changed, done.count.written) == (broken, broken)
    assert everything(shop) == before
    assert shop.value(trace_rows) >= journal + broken


def test_one_that_is_killed_goes_on_and_comes_to_the_same(shop: Shop) -> None:
    before = everything(shop)
    with shop.db.tenant(shop.tenant_id) as tx:
        tx.run(
            "DELETE FROM settlement_line WHERE tenant_id = :tenant_id AND account_id = :account_id",
            account_id=shop.accounts["WB"],
        )
        kept = tx.run("SELECT count(*) FROM settlement_line WHERE tenant_id = :tenant_id").scalar_one()

    def killed(stage: str, done: int, _total: int) -> None:
        if stage == "wb.finance" and done == 1:
            raise KeyboardInterrupt

    house = shop.house
    work = Renormalise(db=shop.db, settings=house.settings, clock=house.clock, wall_clock=shop.wall)
    with pytest.raises(KeyboardInterrupt):
        work(shop.tenant_id, Asked(source="wb.finance"), new_trace(), killed)
    there = shop.value("SELECT count(*) FROM settlement_line WHERE tenant_id = :tenant_id")
    assert kept < there < len(before["settlement_line"])
    finance = len(before["settlement_line"]) - there
    assert rebuild(shop, source="wb.finance").count.inserted == finance
    assert everything(shop) == before


@pytest.fixture
def gone(shop: Shop, urls: Urls) -> Iterator[None]:
    """Wildberries' replies are kept no more. They come back: the shop is the whole module's."""
    theirs = f"tenant_id = {shop.tenant_id} AND account_id = {shop.accounts['WB']}"
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        connection.exec_driver_sql(f"CREATE TEMP TABLE kept AS SELECT * FROM raw_payload WHERE {theirs}")
        connection.exec_driver_sql(f"DELETE FROM raw_payload WHERE {theirs}")
        connection.commit()
        yield
        connection.exec_driver_sql("INSERT INTO raw_payload OVERRIDING SYSTEM VALUE SELECT * FROM kept")
        connection.commit()


@pytest.mark.usefixtures("gone")
def test_units_whose_replies_are_gone_are_left_and_told(shop: Shop) -> None:
    before = everything(shop)
    done = rebuild(shop, account_id=shop.accounts["WB"]).sources
    assert {each.source for each in done if each.gone} >= {"wb.finance", "wb.sales", "wb.stock"}
    assert sum(each.units for each in done) == 0
    assert everything(shop) == before


def test_another_cabinet_or_source_is_nothing(shop: Shop) -> None:
    assert rebuild(shop, account_id=10**9).sources == ()
    assert rebuild(shop, source="wb.nothing").sources == ()


D = date(2026, 11, 10)


def balance(ago: int, amount: int) -> BalanceRow:
    return BalanceRow(D - ago * DAY, "RUB", Decimal(amount), None)


def sale(event: str, qty: int) -> SaleEventRow:
    zero = Decimal(0)
    return SaleEventRow(event, D, SkuRef(nm_id=1), "", "", "RUB", qty, 0, zero, zero, zero, zero, zero)


def rows(kind: Kind, *told: Any, unplaced: tuple[Unplaced, ...] = ()) -> Normalised:
    out = Normalised(unplaced=list(unplaced))
    getattr(out, kind).extend(told)
    return out


def written(words: LastWord, units: list[tuple[Unit, Normalised]]) -> Iterator[Any]:
    for unit, told in units:
        yield from words.shares(unit, told)
    yield from words.rest()


def test_a_newer_window_speaks_for_the_days_it_shares() -> None:
    words = LastWord(brings=frozenset({"balances"}), replaces=True)
    newer = (window(D - 2 * DAY, D), rows("balances", balance(0, 10), balance(2, 12), balance(9, 19)))
    older = (window(D - 4 * DAY, D - DAY), rows("balances", *(balance(n, 0) for n in (0, 1, 2, 3, 4, 8, 9))))
    shares = list(written(words, [newer, older]))
    assert [(share.unit.d_from, share.unit.d_to, share.replaces) for share in shares] == [
        (D - 2 * DAY, D, True),
        (D - 4 * DAY, D - 3 * DAY, True),
        (D - 9 * DAY, D - 8 * DAY, False),
    ]
    # The 9th day ago lies in neither window: the newer unit's word counts.
    told = [(row.d, int(row.current)) for share in shares for row in share.rows.balances]
    ago = [(n, amount) for d, amount in told for n in [(D - d).days]]
    assert ago == [(0, 10), (2, 12), (3, 0), (4, 0), (9, 19), (8, 0)]
    assert not words.has_to_say(window(D - 3 * DAY, D))
    assert words.has_to_say(window(D - 5 * DAY, D))


def test_a_late_row_of_a_newer_unit_stands_among_the_older_units_own() -> None:
    words = LastWord(brings=frozenset({"balances"}), replaces=True)
    newer = (window(D, D), rows("balances", balance(0, 1), balance(1, 2)))
    older = (window(D - DAY, D - DAY), rows("balances", balance(1, 3)))
    shares = list(written(words, [newer, older]))
    assert [row.current for share in shares for row in share.rows.balances] == [1, 2]
    assert shares[-1].unit == window(D - DAY, D - DAY)


def test_of_events_the_newest_telling_counts_and_one_that_was_read_since_is_not_unplaced() -> None:
    words = LastWord(brings=frozenset({"sales"}), replaces=False)
    bad = Unplaced("S2", "не читается: date", "{}", None, "RUB", D)
    newer = (window(D, D), rows("sales", sale("S1", 1), sale("S2", 2)))
    older = (window(D - DAY, D), rows("sales", sale("S1", 9), sale("S3", 3), unplaced=(bad,)))
    shares = list(written(words, [newer, older]))
    assert [(row.event_id, row.qty) for share in shares for row in share.rows.sales] == [
        ("S1", 1),
        ("S2", 2),
        ("S3", 3),
    ]
    assert [share.rows.unplaced for share in shares] == [[], []]


def test_deliveries_that_were_not_asked_about_again_keep_their_lines() -> None:
    def line(supply: str, nm: int) -> SupplyLineRow:
        fields = dict.fromkeys(SupplyLineRow._fields, 0)
        return SupplyLineRow(**{**fields, "supply_id": supply, "sku": SkuRef(nm_id=nm)})  # type: ignore[arg-type]

    words = LastWord(brings=frozenset({"supply_lines"}), replaces=True)
    newer = (Unit("now", D, D), rows("supply_lines", line("7", 1)))
    older = (Unit("now", D - DAY, D - DAY), rows("supply_lines", line("7", 1), line("7", 2), line("6", 5)))
    told = [each for share in written(words, [newer, older]) for each in share.rows.supply_lines]
    assert [(each.supply_id, each.sku.nm_id) for each in told] == [("7", 1), ("6", 5)]


def test_a_stored_name_is_its_unit_again() -> None:
    assert stored_unit("now@2026-11-10", D - DAY) == Unit("now", D, D)
    assert stored_unit("now", D) == Unit("now", D, D)
    assert stored_unit("2026-11-10", D - DAY) == Unit("2026-11-10", D, D)
    told = "2026-11-09..2026-11-10 open"
    assert stored_unit(told, D) == Unit(told, D - DAY, D)
    with pytest.raises(ValueError, match="Invalid"):
        stored_unit("vsjakoje", D)
