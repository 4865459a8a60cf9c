"""Balance, payouts, placement and compensations of an Ozon night are the sandbox's books, once each."""

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
from app.sandbox.ozon.areas.compensations import given
from app.sandbox.ozon.areas.payouts import Payouts
from app.sandbox.ozon.areas.placement import placed
from app.sandbox.ozon.lumps import PLACEMENTS
from app.sandbox.ozon.stocks import PLACES
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.analytics.money import MoneyQuery, ShowMoney
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.reports import BalanceCheck, MoneyReport
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.ingestion import collect_ozon_cashflows
from app.services.ingestion.collect import Account
from app.services.night import NightReport
from tests.support.shop import DAY, Shop, open_shop, our_books

DAYS, TODAY = 34, date(2026, 11, 4)
"""All of October, which is over."""
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
    """After its first night; tests live on from wherever the others have left it."""
    with (
        SandboxServer(World(seed=5, skus=15, days=DAYS, today=TODAY)) as server,
        open_shop(db, urls, folder, server, marketplaces=("OZON",), only=ALL) as shop,
    ):
        report = night(shop, days=45)
        assert {name.replace("_", ".", 1) for name in report.rows} == ALL
        yield shop


def night(shop: Shop, days: int | None = None) -> NightReport:
    report = shop.night(days=days)
    assert (report.errors, report.wait_until) == ({}, None)
    return report


def rubles(kopecks: int) -> Decimal:
    return Decimal(kopecks) / 100


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
        d: rubles(books.closing(world.t(d))) for d in shown(shop) if d >= since
    }
    paid = shop.rows("SELECT d, amount FROM cashflows WHERE tenant_id = :tenant_id AND type = 'payout'")
    weeks = {world.t(row.d): row.amount for row in paid}
    assert len(weeks) == len(paid) >= 4
    assert weeks == {sunday: rubles(sum(map(books.paid, range(sunday - 6, sunday + 1)))) for sunday in weeks}
    assert sum(weeks.values()) == rubles(sum(map(books.paid, range(world.first_t, max(weeks) + 1))))
    lies = {
        (row.d, row.ozon_id, row.code): (row.cost, row.pieces)
        for row in shop.rows(
            "SELECT s.d, k.ozon_id, w.code, s.cost, s.pieces FROM storage_cost_daily s"
            " JOIN sku k ON k.tenant_id = s.tenant_id AND k.id = s.sku_id"
            " JOIN warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id"
            " WHERE s.tenant_id = :tenant_id"
        )
    }
    assert lies == {
        (d, int(world.ozon.shelf.item_id[i]), PLACES[k].name): (rubles(kopecks), pieces)
        for d in shown(shop)
        for i, k, pieces, kopecks in placed(world, world.t(d))
    }
    charged = shop.rows(
        "SELECT c.d, k.ozon_id, c.amount FROM charge c JOIN sku k ON k.tenant_id = c.tenant_id"
        " AND k.id = c.sku_id WHERE c.tenant_id = :tenant_id AND c.kind = 'compensations'"
    )
    month_end = date(2026, 10, 31)
    october = given(world, date(2026, 10, 1), month_end)
    assert sorted(tuple(row) for row in charged if row.d == month_end) == sorted(
        (month_end, int(world.ozon.shelf.item_id[each.sku]), rubles(each.kopecks)) for each in october
    )
    assert october


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
    assert balance.current == rubles(books.closing(shop.world.now_t - 1))
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
    assert dict(totals.lines)[PnlLine.STORAGE] == -rubles(lumps)
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
    assert told == {sku: -rubles(kopecks) for sku, kopecks in expected.items() if kopecks}
    assert sum(by_sku.values()) == 0, "what goods bear, the cabinet bears no more"


def test_the_same_night_again_changes_nothing(shop: Shop) -> None:
    before = stored(shop)
    night(shop)
    assert stored(shop) == before


def test_a_cut_off_report_is_taken_up_and_not_ordered_again(shop: Shop) -> None:
    shop.advance()
    shop.fault("/v1/report/info", "500", 3)
    shop.heard()
    assert set(shop.night().errors) == {"ozon.placement"}
    shop.heal()
    night(shop)
    assert len(shop.heard("/placement/by-products/create")) == 1
    agree(shop)


def test_history_that_was_rewritten_moves_its_own_rows_and_not_what_was_paid(shop: Shop) -> None:
    before, paid = stored(shop), payouts(shop)
    shop.advance(9)
    night(shop)
    agree(shop)
    (check,) = checks(shop)
    assert (check.residuals, check.gaps) == ((), ())
    assert paid.items() < payouts(shop).items()
    after = stored(shop)
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


def test_payouts_may_be_collected_by_hand(shop: Shop) -> None:
    with shop.db.tenant(shop.tenant_id) as tx:
        (cabinet,) = accounts.list_accounts(tx)
        tx.run("DELETE FROM cashflows WHERE tenant_id = :tenant_id")
    account = Account(shop.tenant_id, cabinet.id, "OZON", cabinet.name)
    before = payouts(shop)
    assert before == {}
    with shop.house.gateway.ozon(cabinet) as client:
        first, last = shop.d - 13 * DAY, shop.d
        assert collect_ozon_cashflows(shop.db, account, client, first, last, shop.house.clock) == 2
        assert collect_ozon_cashflows(shop.db, account, client, first, last, shop.house.clock) == 0
    assert len(payouts(shop)) == 2
