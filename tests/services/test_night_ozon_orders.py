"""A seller by FBO, FBS and rFBS at once: a night's orders and returns are the sandbox's books, and agree with
the accruals; what did not move is not touched. A seller without FBS has no failures for it."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.ozon.areas.posting_lists import NAMES
from app.sandbox.server import SandboxServer
from tests.support.oracle.book import Row
from tests.support.oracle.ozon_accrued import booked_money, our_money
from tests.support.oracle.ozon_goods import booked_orders, booked_returns, our_orders, our_returns
from tests.support.shop import Shop, open_shop, sandbox

DAYS = 14
ORDERS = frozenset({"ozon.catalogue", "ozon.fbo", "ozon.fbs", "ozon.returns", "ozon.rfbs_returns"})
TABLES = {"buyer_order": "order_id", "item_return": "return_id"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=60, days=DAYS, seed=7, schemes=("FBO", "FBS", "rFBS")) as server:
        yield server


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    only = ORDERS | {"ozon.accruals"}
    with open_shop(db, urls, folder, server, marketplaces=("OZON",), only=only) as shop:
        report = shop.night(days=DAYS)
        assert (report.errors, report.closed, report.wait_until) == ({}, {}, None)
        assert set(report.sources) == only
        yield shop


def versions(shop: Shop, table: str) -> dict[str, str]:
    """Which transaction wrote each row last."""
    rows = shop.rows(f"SELECT {TABLES[table]} AS key, xmin::text FROM {table} WHERE tenant_id = :tenant_id")
    return {row.key: row.xmin for row in rows}


def by_key(rows: set[Row], at: int) -> dict[str, Row]:
    return {row[at]: row for row in rows}


def check_books(shop: Shop) -> None:
    account = shop.accounts["OZON"]
    assert our_orders(shop, account) == booked_orders(shop.world)
    assert our_returns(shop, account) == booked_returns(shop.world)


def test_orders_and_returns_of_all_three_schemes_are_the_books(shop: Shop) -> None:
    check_books(shop)
    orders = our_orders(shop, shop.accounts["OZON"])
    assert {(row[5], row[8]) for row in orders} == {
        (channel, status)
        for channel in ("FBO", "FBS", "rFBS")
        for status in ("ordered", "bought", "cancelled")
    }
    returns = our_returns(shop, shop.accounts["OZON"])
    assert {row[3] for row in returns} >= {"На складе Ozon", "Вы получили возврат", "Согласована"}
    assert shop.value("SELECT count(*) FROM unplaced_row WHERE tenant_id = :tenant_id") == 0


def test_every_sale_of_the_accruals_is_an_order_of_its_scheme_at_its_price(shop: Shop) -> None:
    assert our_money(shop, shop.accounts["OZON"]) == booked_money(shop.world)
    rows = shop.rows(
        "SELECT o.channel, e.channel AS told, o.status, s.amount, o.price * o.qty AS asked, s.units, o.qty"
        " FROM settlement_line s JOIN buyer_order o ON o.tenant_id = s.tenant_id AND o.sku_id = s.sku_id"
        " AND split_part(o.order_id, ':', 1) = s.ref JOIN sale_event e ON e.tenant_id = s.tenant_id"
        " AND e.sku_id = s.sku_id AND e.d = s.d AND split_part(e.event_id, ':', 1) = s.row_id"
        " WHERE s.tenant_id = :tenant_id AND s.line = 'sale'"
    )
    sold = shop.value("SELECT count(*) FROM settlement_line WHERE tenant_id = :tenant_id AND line = 'sale'")
    assert 50 < len(rows) <= sold  # the others were ordered before the history begins
    assert {(row.channel, row.status) for row in rows} == {
        (each, "bought") for each in ("FBO", "FBS", "rFBS")
    }
    assert [
        row for row in rows if (row.channel, row.amount, row.units) != (row.told, row.asked, row.qty)
    ] == []


def test_rfbs_has_its_own_money_and_none_of_ozon_s_delivery(shop: Shop) -> None:
    lines = shop.rows(
        "SELECT DISTINCT s.line FROM settlement_line s JOIN buyer_order o ON o.tenant_id = s.tenant_id"
        " AND split_part(o.order_id, ':', 1) = s.ref WHERE s.tenant_id = :tenant_id AND o.channel = 'rFBS'"
        " AND s.part LIKE 'delivery:%'"
    )
    # Type 65, the easy return, is one of return_logistics, where there was one.
    assert {row.line for row in lines} - {"return_logistics"} == {"rfbs"}


def test_no_buyer_is_kept(shop: Shop) -> None:
    kept = shop.rows("SELECT source, body FROM raw_payload WHERE tenant_id = :tenant_id")
    bodies = [zlib.decompress(row.body).decode() for row in kept if row.source in ORDERS]
    assert any('"customer"' in body for body in bodies)
    assert any('"client_name"' in body for body in bodies)
    for theirs in (*NAMES, "+79990000000", "ул. Баумана", "buyer@example.org"):
        assert [body for body in bodies if theirs in body] == [], theirs


def test_the_same_night_again_changes_nothing(story: Shop) -> None:
    before = {table: versions(story, table) for table in TABLES}
    report = story.night(days=DAYS)
    assert (report.errors, report.written) == ({}, 0)
    assert {table: versions(story, table) for table in TABLES} == before


def test_days_that_pass_move_exactly_what_moved(story: Shop) -> None:
    """A status that came, a return that went on: those rows and no others are written."""
    keys, world = {"buyer_order": 2, "item_return": 1}, story.world
    books = {"buyer_order": booked_orders, "item_return": booked_returns}
    before = {table: versions(story, table) for table in TABLES}
    then = {table: by_key(books[table](world), at) for table, at in keys.items()}
    story.advance(3)
    assert story.night(days=DAYS + 3, only=ORDERS.__contains__).errors == {}
    check_books(story)
    for table, at in keys.items():
        now, after = by_key(books[table](world), at), versions(story, table)
        moved = {key for key, row in then[table].items() if now[key] != row}
        touched = {key for key, version in before[table].items() if after[key] != version}
        assert touched == moved != set(), table
        assert set(after) - set(before[table]) == set(now) - set(then[table]) != set(), table


def test_a_seller_by_fbo_alone_is_told_what_he_has_not(db: Database, urls: Urls, folder: Path) -> None:
    with (
        sandbox(skus=30, days=6, seed=5, schemes=("FBO",)) as server,
        open_shop(db, urls, folder, server, marketplaces=("OZON",), only=ORDERS) as shop,
    ):
        report = shop.night(days=6)
        assert report.errors == {}
        assert set(report.closed) == {"ozon.fbs", "ozon.rfbs_returns"}
        assert "FBS у этого кабинета Ozon не подключены" in report.closed["ozon.fbs"]
        check_books(shop)
        assert {row[5] for row in our_orders(shop, shop.accounts["OZON"])} == {"FBO"}
        covered = shop.rows("SELECT DISTINCT source FROM coverage WHERE tenant_id = :tenant_id")
        assert not {"ozon.fbs", "ozon.rfbs_returns"} & {row.source for row in covered}
