"""Postings and returns of a seller by FBO, FBS and rFBS: they agree with his own accruals; FBS may be off."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from app.sandbox.ozon.areas.posting_lists import FBO_LIST, FBS_LIST, NAMES, REFUSED
from app.sandbox.world import World
from tests.sandbox.conftest import TODAY, Shop, open_shop, rub
from tests.sandbox.specs import OZON, ozon_reply
from tests.sandbox.test_ozon import charged, commissions

ALL = {"since": "2026-10-20T21:00:00.000Z", "to": "2026-11-20T20:59:59.999Z"}
RFBS_TYPES = {62, 63, 64, 65, 68, 124}
EVERYTHING = {"analytics_data": True, "financial_data": True}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Sells by all three schemes."""
    world = World(7, skus=80, days=26, today=TODAY, schemes=("FBO", "FBS", "rFBS"))
    yield from open_shop(world)


def listed(shop: Shop, path: str, limit: int = 100, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(500):
        body = {"filter": ALL | asked, "limit": limit, "cursor": cursor, "with": EVERYTHING}
        page = shop.post_ozon(path, body).json()
        found += page["postings"]
        if not page["has_next"]:
            return found
        cursor = page["cursor"]
    raise AssertionError("the list never ends")


def returned(shop: Shop, first: str = "2026-10-20", last: str = "2026-11-20") -> list[dict[str, Any]]:
    moved = {"time_from": f"{first}T21:00:00Z", "time_to": f"{last}T20:59:59Z"}
    found: list[dict[str, Any]] = []
    for _ in range(200):
        last_id = found[-1]["id"] if found else 0
        asked = {"filter": {"visual_status_change_moment": moved}, "limit": 7, "last_id": last_id}
        page = shop.post_ozon("/v1/returns/list", asked).json()
        found += page["returns"]
        if not page["has_next"]:
            return found
    raise AssertionError("the list never ends")


def scheme(posting: dict[str, Any]) -> str:
    if "delivery_schema" not in posting:
        return "Fbo"
    return "Fbs" if posting["integration_type_flow"] == "ozon" else "Rfbs"


def every(shop: Shop) -> dict[str, dict[str, Any]]:
    told = [*listed(shop, FBO_LIST), *listed(shop, FBS_LIST)]
    assert len({each["posting_number"] for each in told}) == len(told)
    return {each["posting_number"]: each for each in told}


def test_every_sale_of_the_accruals_is_a_delivered_posting_at_the_same_price(shop: Shop):
    postings, sold = every(shop), 0
    for day in shop.books():
        for accrual in shop.accruals(day):
            posting = postings.get(accrual["unit_number"])
            if posting is None or not accrual["posting"]:
                continue  # ordered before the history begins
            assert accrual["posting"]["delivery_schema"] == scheme(posting)
            goods = {each["sku"]: each for each in posting["products"]}
            money = {each["product_id"]: each for each in posting["financial_data"]["products"]}
            for product in accrual["posting"]["products"]:
                line = product["commission"]
                is_sale = line and rub(line["sale_amount"]) > 0
                assert posting["status"] == ("delivered" if line else "cancelled")
                if not is_sale:
                    continue
                sold += 1
                ordered, told = goods[product["sku"]], money[product["sku"]]
                assert product["quantity"] == ordered["quantity"]
                assert rub(line["sale_amount"]) == rub(ordered["price"]) * ordered["quantity"]
                assert rub(line["sale_commission"]) == rub(told["commission"])
                assert rub(line["sale_amount"]) + rub(line["sale_commission"]) == rub(told["payout"])
    assert sold > 200


def test_delivery_types_are_those_of_the_scheme(shop: Shop):
    seen: dict[str, Counter[int]] = {"Fbo": Counter(), "Fbs": Counter(), "Rfbs": Counter()}
    for day in shop.books():
        for accrual in shop.accruals(day):
            if accrual["posting"]:
                seen[accrual["posting"]["delivery_schema"]].update(kind for kind, _ in charged(accrual))
                assert rub(accrual["total_amount"]) == sum(
                    (rub(c["sale_amount"]) + rub(c["sale_commission"]) for c in commissions(accrual)),
                    Decimal(0),
                ) + sum(amount for _, amount in charged(accrual))
    assert {16, 17} <= set(seen["Fbs"])
    assert not {16, 17} & (set(seen["Fbo"]) | set(seen["Rfbs"]))
    assert set(seen["Rfbs"]) == RFBS_TYPES
    assert not RFBS_TYPES & (set(seen["Fbo"]) | set(seen["Fbs"]))


def test_pages_hold_every_posting_once_and_the_last_one_may_be_empty(shop: Shop):
    week = ALL | {"since": "2026-11-09T21:00:00Z"}
    whole = [each["posting_number"] for each in listed(shop, FBS_LIST, **week)]
    assert [each["posting_number"] for each in listed(shop, FBS_LIST, limit=3, **week)] == whole
    assert 10 < len(whole) <= 100
    body = {"filter": week, "limit": len(whole), "cursor": "", "with": {}}
    page = shop.post_ozon(FBS_LIST, body).json()
    assert (len(page["postings"]), page["has_next"]) == (len(whole), True)
    after = shop.post_ozon(FBS_LIST, body | {"cursor": page["cursor"]}).json()
    assert (after["postings"], after["has_next"]) == ([], False)


def test_a_period_is_of_moscow_midnights_in_utc(shop: Shop):
    day = {"since": "2026-11-10T21:00:00.000Z", "to": "2026-11-11T20:59:59.999Z"}
    told = listed(shop, FBO_LIST, **day)
    t = shop.world.t(TODAY) - 9
    lines = shop.world.ozon.ledger.placed(t)
    fbo = {int(line["posting"]) for line in lines if not line["flags"] & (4 | 32)}
    assert len(told) == len(fbo) > 0
    assert {each["created_at"][:10] for each in told} == {"2026-11-11"}


def test_statuses_follow_the_log(shop: Shop):
    told = Counter(each["status"] for each in every(shop).values())
    assert set(told) == {"awaiting_packaging", "awaiting_deliver", "delivering", "delivered", "cancelled"}
    only = listed(shop, FBO_LIST, statuses=["cancelled"])
    assert {each["status"] for each in only} == {"cancelled"}
    refused = [each for each in only if each["cancellation"]["cancel_reason"] == REFUSED]
    assert 0 < len(refused) < len(only)


def test_returns_are_those_whose_way_back_is_charged(shop: Shop):
    """Of the days from which every status is younger than the history."""
    told = {each["posting_number"]: each for each in returned(shop)}
    charged_back = {
        accrual["unit_number"]
        for day in shop.books()
        for accrual in shop.accruals(day)
        if accrual["posting"] and {59} & {kind for kind, _ in charged(accrual)}
    }
    assert len(charged_back) > 20
    assert charged_back <= set(told)
    assert {each["schema"] for each in told.values()} == {"Fbo", "Fbs"}
    assert {each["visual"]["status"]["sys_name"] for each in told.values()} >= {
        "ReturnedToOzon",
        "MovingToOzon",
    }


def test_a_return_is_told_again_when_its_status_moves(shop: Shop):
    newest = returned(shop, "2026-11-18", "2026-11-19")
    assert newest
    assert all(each["visual"]["change_moment"][:10] == "2026-11-19" for each in newest)
    began = {
        each["logistic"]["return_date"] or each["logistic"]["technical_return_moment"] for each in newest
    }
    assert min(began)[:10] < "2026-11-19"


def test_claims_of_rfbs_are_told_apart(shop: Shop):
    made = {"created_at": {"from": ALL["since"], "to": ALL["to"]}}
    claims = shop.post_ozon("/v2/returns/rfbs/list", {"filter": made, "limit": 100}).json()["returns"]
    postings = every(shop)
    assert claims
    assert {
        scheme(postings[each["posting_number"]]) for each in claims if each["posting_number"] in postings
    } == {"Rfbs"}
    last = claims[-1]["return_id"]
    rest = shop.post_ozon("/v2/returns/rfbs/list", {"filter": made, "limit": 100, "last_id": last}).json()
    assert rest["returns"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (FBO_LIST, {"limit": 10}),
        (FBO_LIST, {"filter": ALL, "limit": 101}),
        (FBS_LIST, {"filter": ALL, "limit": 0}),
        (FBS_LIST, {"filter": {"since": ALL["since"]}, "limit": 10}),
        (FBO_LIST, {"filter": {"since": "2025-01-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, "limit": 10}),
        (FBO_LIST, {"filter": ALL, "limit": 10, "cursor": "garbage"}),
        ("/v1/returns/list", {"filter": {}, "limit": 10}),
        ("/v1/returns/list", {"filter": {"visual_status_change_moment": {}}, "limit": 501}),
    ],
)
def test_wrong_questions_are_refused(shop: Shop, path: str, body: dict[str, Any]):
    reply = shop.post_ozon(path, body)
    assert (reply.status_code, reply.json()["code"]) == (400, 3)


def test_a_seller_by_fbo_alone_has_no_list_of_fbs():
    world = World(7, skus=40, days=5, today=TODAY, schemes=("FBO",))
    for shop in open_shop(world):
        assert shop.post_ozon(FBS_LIST, {"filter": ALL, "limit": 10}).status_code == 400
        assert shop.post_ozon("/v2/warehouse/list", {"limit": 200}).json()["warehouses"] == []
        made = {"created_at": {"from": ALL["since"], "to": ALL["to"]}}
        assert shop.post_ozon("/v2/returns/rfbs/list", {"filter": made, "limit": 9}).status_code == 400
        told = listed(shop, FBO_LIST)
        lines = [line for t in range(world.first_t, world.now_t) for line in world.ozon.ledger.placed(t)]
        assert sum(len(each["products"]) for each in told) == len(lines)


def test_buyers_stand_in_the_replies(shop: Shop):
    """So that keeping them out of the store can be shown."""
    told = [each["customer"]["name"] for each in listed(shop, FBS_LIST) if each["customer"]]
    assert set(told) <= set(NAMES)
    assert len(told) > 5


@pytest.mark.needs_shared
@pytest.mark.skipif(not OZON.exists(), reason="the specs are not beside the repository")
def test_replies_are_as_published(shop: Shop):
    for path in (FBO_LIST, FBS_LIST):
        page = {"postings": listed(shop, path), "has_next": False, "cursor": "x"}
        valid(page, ozon_reply(path))
    valid({"returns": returned(shop), "has_next": False}, ozon_reply("/v1/returns/list"))
    valid(shop.post_ozon("/v2/warehouse/list", {"limit": 200}).json(), ozon_reply("/v2/warehouse/list"))
    made = {"created_at": {"from": ALL["since"], "to": ALL["to"]}}
    claims = shop.post_ozon("/v2/returns/rfbs/list", {"filter": made, "limit": 100}).json()["returns"]
    # Published as one object; a list is what comes (facts/ozon.md trap 12).
    row = ozon_reply("/v2/returns/rfbs/list")["properties"]["returns"]
    valid(claims, {"type": "array", "items": row})


def valid(value: Any, schema: dict[str, Any]) -> None:
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
    assert not errors, errors[0]
