"""Prices, the archive and stock by warehouse: they agree with each other and with the seller's books."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import numpy as np
import pytest

from app.sandbox.ledger import FBS, RFBS
from app.sandbox.ozon.areas.goods import AT_OZON, AT_SELLER, LARGEST, PRICES, final_prices
from app.sandbox.world import World
from tests.sandbox.conftest import TODAY, Shop, open_shop
from tests.sandbox.specs import OZON, ozon_reply

ALL = {"visibility": "ALL"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Sells by all three schemes; its first two cards are in the archive."""
    world = World(7, skus=90, days=12, today=TODAY, schemes=("FBO", "FBS", "rFBS"))
    world.put_away.update((0, 1))
    yield from open_shop(world)


def priced(shop: Shop, limit: int = LARGEST, **asked: Any) -> list[dict[str, Any]]:
    """By the cursor, until a page is empty."""
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(500):
        body = {"filter": ALL | asked, "limit": limit, "cursor": cursor}
        page = shop.post_ozon(PRICES, body).json()
        if not page["items"]:
            return found
        found += page["items"]
        cursor = page["cursor"]
    raise AssertionError("the list never ends")


def lying(shop: Shop, path: str, name: str, limit: int = LARGEST) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(500):
        body = {name: [str(sku) for sku in shop.world.ozon.shelf.item_id], "limit": limit, "cursor": cursor}
        page = shop.post_ozon(path, body).json()
        found += page["products"]
        if not page["has_next"]:
            return found
        cursor = page["cursor"]
    raise AssertionError("the list never ends")


def test_what_is_archived_is_listed_and_priced_apart(shop: Shop):
    shelf = shop.world.ozon.shelf
    listed = {
        kind: shop.post_ozon("/v3/product/list", {"filter": {"visibility": kind}}).json()["result"]["items"]
        for kind in ("ALL", "ARCHIVED")
    }
    assert [row["product_id"] for row in listed["ARCHIVED"]] == shelf.card_id[:2].tolist()
    assert all(row["archived"] for row in listed["ARCHIVED"])
    assert [row["product_id"] for row in listed["ALL"]] == shelf.card_id[2:].tolist()
    assert [row["product_id"] for row in priced(shop)] == shelf.card_id[2:].tolist()
    assert [row["product_id"] for row in priced(shop, visibility="ARCHIVED")] == shelf.card_id[:2].tolist()


def test_prices_are_numbers_of_today_and_pages_hold_each_once(shop: Shop):
    rows = priced(shop, limit=7)
    assert rows == priced(shop)
    was, now = shop.world.ozon.price_on(TODAY), final_prices(shop.world)
    told = [(row["price"]["price"], row["price"]["marketing_seller_price"]) for row in rows]
    assert told == [(int(a) / 100, int(b) / 100) for a, b in zip(was[2:], now[2:], strict=True)]
    assert sum(a > b for a, b in told) == 11, "every fourth of the 45 is promoted, one of them is archived"
    some = [str(rows[3]["product_id"])]
    assert [row["product_id"] for row in priced(shop, product_id=some)] == [rows[3]["product_id"]]


def test_both_tellings_of_the_stock_at_ozon_are_one(shop: Shop):
    """What analytics calls available is present less reserved."""
    rows = lying(shop, AT_OZON, "skus", limit=11)
    assert rows == lying(shop, AT_OZON, "skus")
    analytics: dict[tuple[int, int], int] = {}
    skus = shop.world.ozon.shelf.item_id.tolist()
    for row in shop.post_ozon("/v1/analytics/stocks", {"skus": skus}).json()["items"]:
        if row["warehouse_id"] and row["available_stock_count"]:
            analytics[row["sku"], row["warehouse_id"]] = row["available_stock_count"]
    free = {(row["sku"], row["warehouse_id"]): row["present"] - row["reserved"] for row in rows}
    assert {key: pieces for key, pieces in free.items() if pieces} == analytics
    assert sum(row["reserved"] for row in rows) > 0


def test_what_is_reserved_at_the_seller_was_ordered_yesterday(shop: Shop):
    rows = lying(shop, AT_SELLER, "sku")
    assert {row["warehouse_name"] for row in rows} == {"Склад на Складочной", "Склад своей доставки"}
    assert all(row["present"] == row["free_stock"] + row["reserved"] for row in rows)
    lines = shop.world.ozon.ledger.placed(shop.world.now_t - 1)
    waits = lines[
        ((lines["flags"] & (FBS | RFBS)) != 0)
        & ((lines["cancel"] < 0) | (lines["cancel"] >= shop.world.now_t))
    ]
    assert sum(row["reserved"] for row in rows) == int(np.sum(waits["qty"], dtype=np.int64)) > 0


def test_a_seller_by_fbo_alone_has_nothing_of_his_own():
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY, schemes=("FBO",))):
        assert lying(shop, AT_SELLER, "sku") == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PRICES, {"limit": 10}),
        (PRICES, {"filter": ALL, "limit": 1001}),
        (PRICES, {"filter": ALL, "limit": 10, "cursor": "?"}),
        (AT_OZON, {"limit": 10}),
        (AT_OZON, {"skus": ["1"], "offer_ids": ["A"], "limit": 10}),
        (AT_SELLER, {"sku": ["1"]}),
    ],
)
def test_what_cannot_be_asked_is_refused(shop: Shop, path: str, body: dict[str, Any]):
    reply = shop.post_ozon(path, body)
    assert (reply.status_code, reply.json()["code"]) == (400, 3)


@pytest.mark.needs_shared
@pytest.mark.skipif(not OZON.exists(), reason="the specs are not beside the repository")
def test_replies_are_as_published(shop: Shop):
    skus = [str(sku) for sku in shop.world.ozon.shelf.item_id]
    for path, body in (
        (PRICES, {"filter": ALL, "limit": 1000}),
        (AT_OZON, {"skus": skus, "limit": 1000}),
        (AT_SELLER, {"sku": skus, "limit": 1000}),
    ):
        page = shop.post_ozon(path, body).json()
        errors = list(jsonschema.Draft202012Validator(ozon_reply(path)).iter_errors(page))
        assert not errors, errors[0]
