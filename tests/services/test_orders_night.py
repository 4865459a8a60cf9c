"""Nights of a shop that sells by FBS and rFBS: the book of orders is the sandbox's, night after night."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from app.services.ledger.verify import verify_ledger
from app.services.warehouse.orders_from_postings import FRESH_DAYS, KeepOrders, open_orders
from tests.support.oracle.ozon_goods import booked_orders
from tests.support.shelf import Shelf
from tests.support.shop import Shop, open_shop, sandbox

DAYS = 9


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=150, days=DAYS, seed=7, schemes=("FBO", "FBS", "rFBS")) as server:
        yield server


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    only = frozenset({"ozon.catalogue", "ozon.fbo", "ozon.fbs"})
    with open_shop(db, urls, folder, server, marketplaces=("OZON",), only=only) as shop:
        yield shop


@pytest.fixture
def keep(shop: Shop) -> KeepOrders:
    return open_orders(shop.db, "Europe/Moscow")


def postings(shop: Shop) -> dict[str, tuple[date, str, int]]:
    """By the sandbox's books: (day, status, pieces) of every posting that is handed over by the seller."""
    found: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
    for d, _, key, _, _, channel, qty, _, status, _ in booked_orders(shop.world):
        if channel in ("FBS", "rFBS"):
            found[key.partition(":")[0]].append((d, status, qty))
    return {
        number: (lines[0][0], lines[0][1], sum(qty for _, _, qty in lines)) for number, lines in found.items()
    }


def book(shop: Shop) -> dict[str, tuple[str, str, int]]:
    """(told, state, pieces held) of every order."""
    rows = shop.rows(
        "SELECT o.number, o.told, o.state, coalesce(sum(h.left_qty), 0)::integer AS held"
        " FROM customer_order o LEFT JOIN hold h ON h.tenant_id = o.tenant_id AND h.order_id = o.id"
        " WHERE o.tenant_id = :tenant_id GROUP BY o.id, o.number, o.told, o.state"
    )
    return {row.number: (row.told, row.state, row.held) for row in rows}


def stock_up(shop: Shop) -> None:
    """Every listing is an item of which there is plenty."""
    shelf = Shelf(shop.db, shop.tenant_id)
    place = shelf.place()
    with shop.db.tenant(shop.tenant_id) as tx:
        tx.run(
            "INSERT INTO item (tenant_id, article) SELECT :tenant_id, k.article FROM sku k"
            " WHERE k.tenant_id = :tenant_id"
        )
        made = tx.run(
            "INSERT INTO item_sku (tenant_id, sku_id, item_id, state, decided_at)"
            " SELECT :tenant_id, k.id, i.id, 'confirmed', now() FROM sku k JOIN item i"
            " ON i.tenant_id = :tenant_id AND i.article = k.article WHERE k.tenant_id = :tenant_id"
            " RETURNING item_id"
        )
        items = [row.item_id for row in made]
    for item in items:
        shelf.receive(item, place, 10_000)


def test_every_night_the_book_of_orders_is_the_marketplaces(shop: Shop, keep: KeepOrders) -> None:
    assert shop.night(days=DAYS).errors == {}
    fresh = {
        number
        for number, (d, status, _) in postings(shop).items()
        if status == "ordered" and d > shop.d - timedelta(days=FRESH_DAYS)
    }
    assert len(fresh) > 10
    assert keep(shop.tenant_id, shop.d).taken.unmapped == len(fresh)
    assert book(shop) == {}
    stock_up(shop)
    known = set()
    for night in range(3):
        if night:
            shop.advance()
            assert shop.night().errors == {}
        told = postings(shop)
        known |= {
            number
            for number, (d, status, _) in told.items()
            if status == "ordered" and d > shop.d - timedelta(days=FRESH_DAYS)
        }
        keep(shop.tenant_id, shop.d)
        assert book(shop) == {
            number: (status, "cancelled", 0) if status == "cancelled" else (status, "allocated", pieces)
            for number in known
            for _, status, pieces in [told[number]]
        }
        before = shop.rows("SELECT xmin::text FROM customer_order WHERE tenant_id = :tenant_id ORDER BY id")
        assert keep(shop.tenant_id, shop.d).taken.moved == 0
        after = shop.rows("SELECT xmin::text FROM customer_order WHERE tenant_id = :tenant_id ORDER BY id")
        assert after == before, "the same night again changes nothing"
    assert {told for told, _, _ in book(shop).values()} == {"ordered", "bought", "cancelled"}
    assert verify_ledger(shop.db, shop.tenant_id).faults == ()
