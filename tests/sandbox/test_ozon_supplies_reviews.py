"""Deliveries, clusters and reviews of the Ozon sandbox: as published, and at one with its own books."""

from collections import Counter
from typing import Any

import jsonschema
import numpy as np
import pytest

from app.sandbox.ozon.deliveries import orders
from app.sandbox.ozon.stocks import PLACES
from tests.sandbox.conftest import Shop
from tests.sandbox.specs import OZON, ozon_reply

LIST, ORDERS, BUNDLE = "/v3/supply-order/list", "/v3/supply-order/get", "/v1/supply-order/bundle"
ACTS, CLUSTERS = "/v1/supply-order/act/product/get", "/v2/cluster/list"
REVIEWS, COMMENTS, ANSWER = "/v2/review/list", "/v1/review/comment/list", "/v1/review/comment/create"
STATES = [
    *("DATA_FILLING", "READY_TO_SUPPLY", "IN_TRANSIT", "ACCEPTANCE_AT_STORAGE_WAREHOUSE"),
    *("REPORTS_CONFIRMATION_AWAITING", "COMPLETED", "CANCELLED"),
]
LISTED = {"filter": {"states": STATES}, "limit": 100, "sort_by": "ORDER_STATE_UPDATED_AT", "sort_dir": "DESC"}
needs_specs = pytest.mark.skipif(not OZON.exists(), reason="the specs are not beside the repository")


def ask(shop: Shop, path: str, body: dict[str, Any]) -> Any:
    reply = shop.post_ozon(path, body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def valid(shop: Shop, path: str, body: dict[str, Any]) -> Any:
    told = ask(shop, path, body)
    errors = list(jsonschema.Draft202012Validator(ozon_reply(path)).iter_errors(told))
    assert not errors, errors[0]
    return told


def all_orders(shop: Shop) -> list[dict[str, Any]]:
    return ask(shop, ORDERS, {"order_ids": ask(shop, LIST, LISTED)["order_ids"]})["orders"]


def bundle(shop: Shop, supply: dict[str, Any]) -> list[dict[str, Any]]:
    return ask(shop, BUNDLE, {"bundle_ids": [supply["bundle_id"]], "limit": 100})["items"]


def listed(shop: Shop, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = ask(shop, REVIEWS, {"limit": 100, "last_id": found[-1]["id"] if found else "", **asked})
        found += page["reviews"]
        if not page["has_next"]:
            return found


@pytest.mark.needs_shared
@needs_specs
def test_every_reply_is_as_the_specifications_have_it(shop: Shop) -> None:
    numbers = valid(shop, LIST, LISTED)["order_ids"]
    supplies = [
        each for order in valid(shop, ORDERS, {"order_ids": numbers})["orders"] for each in order["supplies"]
    ]
    for supply in supplies[:6]:
        valid(shop, BUNDLE, {"bundle_ids": [supply["bundle_id"]], "limit": 100})
        valid(shop, ACTS, {"supply_id": supply["supply_id"]})
    valid(shop, CLUSTERS, {})
    for each in valid(shop, REVIEWS, {"limit": 100})["reviews"]:
        if each["comments_amount"]:
            valid(shop, COMMENTS, {"review_id": each["id"], "limit": 20})


def test_orders_hold_deliveries_in_different_states(shop: Shop) -> None:
    found = all_orders(shop)
    assert any(len({each["state"] for each in order["supplies"]}) > 1 for order in found)
    told = {each["state"] for order in found for each in order["supplies"]}
    assert told >= {"COMPLETED", "ACCEPTANCE_AT_STORAGE_WAREHOUSE", "CANCELLED"}
    moves = [order["state_updated_date"] for order in found]
    assert len(set(moves)) > 2
    by_move = [order["order_id"] for order in sorted(found, key=lambda each: each["state_updated_date"])]
    assert {*by_move} == {int(each) for each in ask(shop, LIST, LISTED)["order_ids"]}


def test_deliveries_explain_what_is_on_its_way(fresh_shop: Shop) -> None:
    """What was declared and not accepted, of those that were not called off, is the stock in transit."""
    shop, seen = fresh_shop, set()
    for _ in range(4):
        coming, told = on_its_way(shop), in_transit(shop)
        assert coming == told
        seen.add(sum(told.values()))
        assert sum(told.values()) == int(np.sum(shop.world.ozon.in_transit(shop.world.now_t)))
        shop.advance()
    assert len(seen) > 1


def on_its_way(shop: Shop) -> Counter[int]:
    coming: Counter[int] = Counter()
    for order in all_orders(shop):
        for supply in order["supplies"]:
            if supply["state"] == "CANCELLED":
                continue
            for item in bundle(shop, supply):
                coming[item["sku"]] += item["quantity"]
            for act in ask(shop, ACTS, {"supply_id": supply["supply_id"]})["supply_acts"]:
                for line in act["items"]:
                    coming[line["sku_info"]["sku"]] -= line["fact_quantity"]
    return +coming


def in_transit(shop: Shop) -> Counter[int]:
    skus = [str(each) for each in shop.world.ozon.shelf.item_id.tolist()]
    told: Counter[int] = Counter()
    for row in ask(shop, "/v1/analytics/stocks", {"skus": skus})["items"]:
        if row["warehouse_id"]:
            told[row["sku"]] += row["transit_stock_count"]
    return +told


def test_a_bundle_comes_page_by_page(shop: Shop) -> None:
    supply = max(
        (s for order in orders(shop.world) for s in order.supplies), key=lambda each: len(each.goods)
    )
    (told,) = [
        each for order in all_orders(shop) for each in order["supplies"] if each["supply_id"] == supply.number
    ]
    found, last_id = [], ""
    while True:
        page = ask(shop, BUNDLE, {"bundle_ids": [told["bundle_id"]], "limit": 2, "last_id": last_id})
        found += [(item["sku"], item["quantity"]) for item in page["items"]]
        last_id = page["last_id"]
        if not page["has_next"]:
            break
    shelf = shop.world.ozon.shelf
    assert len(found) > 2
    assert sorted(found) == sorted((int(shelf.item_id[row]), sent) for row, sent, _ in supply.goods)


def test_numbers_of_orders_are_strings(shop: Shop) -> None:
    refused = shop.post_ozon(ORDERS, {"order_ids": [99_000_001]})
    assert (refused.status_code, refused.json()["code"]) == (400, 3)


def test_every_warehouse_with_stock_stands_in_a_cluster(shop: Shop) -> None:
    told = {
        each["warehouse_id"]: cluster["macrolocal_cluster_id"]
        for cluster in ask(shop, CLUSTERS, {})["result"]
        for each in cluster["data"]["fulfillments"]
    }
    assert {place.warehouse_id: place.macrolocal for place in PLACES}.items() <= told.items()


def test_reviews_can_be_asked_by_day_and_page(shop: Shop) -> None:
    found = listed(shop)
    assert len(found) > 20
    assert {each["status"] for each in found} >= {"VIEWED", "PROCESSED"}
    assert [each["published_at"] for each in found] == sorted(each["published_at"] for each in found)
    since = found[10]["published_at"]
    late = listed(shop, filters={"status": "ALL", "published_from": since}, limit=20)
    assert [each["id"] for each in late] == [each["id"] for each in found if each["published_at"] >= since]
    assert shop.post_ozon(REVIEWS, {"limit": 19}).status_code == 400


def test_an_answer_stands_under_its_review(fresh_shop: Shop) -> None:
    shop = fresh_shop
    waiting = next(each for each in listed(shop) if not each["comments_amount"] and each["text"])
    body = {"review_id": waiting["id"], "text": "Спасибо!", "mark_review_as_processed": True}
    made = ask(shop, ANSWER, body)["comment_id"]
    (told,) = ask(shop, COMMENTS, {"review_id": waiting["id"], "limit": 20})["comments"]
    assert (told["id"], told["text"], told["is_owner"], told["is_published"]) == (
        made,
        "Спасибо!",
        True,
        False,
    )
    (now,) = [each for each in listed(shop) if each["id"] == waiting["id"]]
    assert (now["status"], now["comments_amount"]) == ("PROCESSED", 1)
    nobody = shop.post_ozon(ANSWER, body | {"review_id": "no-such"})
    assert nobody.status_code == 404
