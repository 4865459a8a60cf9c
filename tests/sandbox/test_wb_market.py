"""Reviews, rates, prices and deliveries of the sandbox: as published, and at one with its own books."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from app.sandbox.wb.lumps import ACCEPTANCE
from app.sandbox.wb.tokens import BASE
from app.sandbox.world import World
from tests.sandbox.conftest import TODAY, Shop, open_shop
from tests.sandbox.specs import WB, wb_reply

FEEDBACKS = "/wb/feedbacks-api/api/v1/feedbacks"
RATES = "/wb/common-api/api/v1/tariffs"
PRICES = "/wb/discounts-prices-api/api/v2/list/goods/filter"
SUPPLIES = "/wb/supplies-api/api/v1/supplies"
needs_specs = pytest.mark.skipif(not WB.exists(), reason="the specs are not beside the repository")


@pytest.fixture
def slow_shop() -> Iterator[Shop]:
    """Its limits take as long as in life."""
    yield from open_shop(World(11, skus=40, days=12, today=TODAY), pace=1.0)


def _valid(value: Any, file: str, verb: str, path: str, status: int = 200) -> None:
    schema = wb_reply(file, verb, path, status)
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
    assert not errors, errors[0]


def _get(shop: Shop, path: str, **asked: object) -> Any:
    reply = shop.http.get(path, headers=shop.wb, params=asked)  # type: ignore[arg-type]
    assert reply.status_code == 200, reply.text
    return reply.json()


def _reviews(shop: Shop, answered: bool, **asked: object) -> list[dict[str, Any]]:
    paging = {"isAnswered": str(answered).lower(), "take": 5000, "skip": 0} | asked
    return _get(shop, FEEDBACKS, **paging)["data"]["feedbacks"]


def _archive(shop: Shop) -> list[dict[str, Any]]:
    return _get(shop, f"{FEEDBACKS}/archive", take=5000, skip=0)["data"]["feedbacks"]


def _listed(shop: Shop, **body: Any) -> list[dict[str, Any]]:
    return shop.http.post(SUPPLIES, headers=shop.wb, json=body).json()


# As published


@pytest.mark.needs_shared
@needs_specs
def test_every_reply_is_as_the_specifications_have_it(shop: Shop) -> None:
    paging = {"take": 50, "skip": 0}
    _valid(_get(shop, FEEDBACKS, isAnswered="false", **paging), "communications", "get", "/api/v1/feedbacks")
    _valid(_get(shop, f"{FEEDBACKS}/archive", **paging), "communications", "get", "/api/v1/feedbacks/archive")
    commission = wb_reply("rates", "get", "/api/v1/tariffs/commission")
    assert not list(
        jsonschema.Draft202012Validator(commission).iter_errors(_get(shop, f"{RATES}/commission"))
    )
    for kind in ("box", "pallet", "return"):
        told = _get(shop, f"{RATES}/{kind}", date="2026-11-20")
        _valid(told, "rates", "get", f"/api/v1/tariffs/{kind}")
    _valid(_get(shop, PRICES, limit=1000), "items", "get", "/api/v2/list/goods/filter")
    rows = _listed(shop)
    _valid(rows, "orders_fbw", "post", "/api/v1/supplies")
    number = next(row["supplyID"] for row in rows if row["supplyID"])
    _valid(_get(shop, f"{SUPPLIES}/{number}"), "orders_fbw", "get", "/api/v1/supplies/{ID}")
    _valid(_get(shop, f"{SUPPLIES}/{number}/goods"), "orders_fbw", "get", "/api/v1/supplies/{ID}/goods")


@pytest.mark.needs_shared
@needs_specs
def test_refusals_are_as_the_specifications_have_them(shop: Shop) -> None:
    asked = [
        (FEEDBACKS, {"take": 5001, "skip": 0, "isAnswered": "true"}, "communications", "/api/v1/feedbacks"),
        (f"{RATES}/box", {}, "rates", "/api/v1/tariffs/box"),
        (PRICES, {"limit": 1001}, "items", "/api/v2/list/goods/filter"),
    ]
    for path, params, file, spec in asked:
        reply = shop.http.get(path, headers=shop.wb, params=params)  # type: ignore[arg-type]
        assert reply.status_code == 400
        _valid(reply.json(), file, "get", spec, 400)
    nobody = shop.http.get(f"{SUPPLIES}/1", headers=shop.wb)
    assert nobody.status_code == 404
    _valid(nobody.json(), "orders_fbw", "get", "/api/v1/supplies/{ID}", 404)


# Reviews


def test_every_review_is_in_one_place_and_the_archive_holds_what_is_done(shop: Shop) -> None:
    waiting, done, archive = _reviews(shop, False), _reviews(shop, True), _archive(shop)
    ids = [{row["id"] for row in rows} for rows in (waiting, done, archive)]
    assert ids[0].isdisjoint(ids[1] | ids[2])
    assert ids[1] <= ids[2]
    assert all(row["answer"] for row in done)
    assert not any(row["answer"] for row in waiting)
    assert min(map(len, ids)) >= 3
    assert {not row["text"] for row in archive if not row["answer"]} >= {True}
    pages = [row for skip in range(0, 12, 4) for row in _reviews(shop, True, take=4, skip=skip)]
    assert pages == done[:12]
    assert done == sorted(done, key=lambda row: (row["createdDate"], row["id"]), reverse=True)
    assert _reviews(shop, True, order="dateAsc") == done[::-1]


def test_an_answer_moves_a_review_and_needs_the_right_to_write(slow_shop: Shop) -> None:
    shop = slow_shop
    review = _reviews(shop, False)[0]
    body = {"id": review["id"], "text": "Спасибо!"}
    refused = shop.http.post(f"{FEEDBACKS}/answer", headers=shop.wb, json=body)
    assert refused.status_code == 403
    assert "read-only" in refused.json()["detail"]
    writer = shop.token(readonly=0)
    short = shop.http.post(f"{FEEDBACKS}/answer", headers=writer, json={**body, "text": "!"})
    assert short.status_code == 400
    for review_id in (review["id"], "nobody"):
        answered = shop.http.post(f"{FEEDBACKS}/answer", headers=writer, json={**body, "id": review_id})
        assert (answered.status_code, answered.content) == (204, b"")
    assert review["id"] not in {row["id"] for row in _reviews(shop, False)}
    (told,) = [row for row in _reviews(shop, True) if row["id"] == review["id"]]
    assert told["answer"] == {"text": "Спасибо!", "state": "wbRu", "editable": True}
    # One allowance for the whole category.
    base = shop.token(acc=BASE, readonly=0)
    asked = {"take": 1, "skip": 0}
    assert shop.http.get(f"{FEEDBACKS}/archive", headers=base, params=asked).status_code == 200
    second = shop.http.get(FEEDBACKS, headers=base, params={**asked, "isAnswered": "true"})
    assert second.status_code == 429
    assert 700 < int(second.headers["X-Ratelimit-Retry"]) <= 720


# Prices and rates


def test_prices_are_those_of_todays_orders(shop: Shop) -> None:
    world = shop.world
    cards = _get(shop, PRICES, limit=1000)["data"]["listGoods"]
    told = {size["sizeID"]: size["discountedPrice"] for card in cards for size in card["sizes"]}
    prices = world.wb.price_on(world.today).tolist()
    assert told == {
        int(chrt): kopecks / 100 for chrt, kopecks in zip(world.wb.shelf.item_id, prices, strict=True)
    }
    assert [card["nmID"] for card in cards[3:5]] == [
        card["nmID"] for card in _get(shop, PRICES, limit=2, offset=3)["data"]["listGoods"]
    ]


def test_the_commission_is_what_the_finance_rows_take(shop: Shop) -> None:
    fees = {row["subjectName"]: row["paidStorageKgvp"] for row in _get(shop, f"{RATES}/commission")["report"]}
    rows = shop.finance("2026-11-10", "2026-11-19")
    sold = [row for row in rows if row["sellerOperName"] == "Продажа"]
    assert len(sold) > 20
    for row in sold:
        assert fees[row["subjectName"]] == pytest.approx(float(row["commissionPercent"]))


# Deliveries


def test_deliveries_explain_what_is_on_the_way_and_what_acceptance_cost(shop: Shop) -> None:
    world = shop.world
    way: Counter[str] = Counter()
    cost = 0.0
    rows = _listed(shop)
    assert {row["statusID"] for row in rows} >= {4, 5}
    for row in (row for row in rows if row["supplyID"]):
        lines = _get(shop, f"{SUPPLIES}/{row['supplyID']}/goods", limit=1000)
        about = _get(shop, f"{SUPPLIES}/{row['supplyID']}")
        assert about["quantity"] == sum(line["quantity"] for line in lines)
        assert (about["quantity"] == about["acceptedQuantity"]) or about["statusID"] != 5
        cost += about["acceptanceCost"]
        for line in lines:
            way[line["barcode"]] += line["quantity"] - line["acceptedQuantity"]
    pieces = world.wb.in_transit(world.now_t).tolist()
    on_way = dict(zip(world.wb.shelf.barcode, pieces, strict=True))
    drafts = [row for row in rows if not row["supplyID"]]
    assert drafts or {code: n for code, n in way.items() if n} == {c: n for c, n in on_way.items() if n}
    taken = sum(
        lump.amount
        for t in range(world.first_t - 6, world.now_t)
        for lump in world.wb.ledger.sundries(t)
        if lump.kind == ACCEPTANCE
    )
    assert 0 < cost * 100 <= taken


def test_deliveries_are_found_by_date_and_status(shop: Shop) -> None:
    rows = _listed(shop)
    accepted = _listed(shop, statusIDs=[5])
    assert [row for row in rows if row["statusID"] == 5] == accepted
    asked = {"from": "2026-11-01", "till": "2026-11-10", "type": "createDate"}
    assert _listed(shop, dates=[asked]) == [
        row for row in rows if "2026-11-01" <= row["createDate"][:10] <= "2026-11-10"
    ]
    wrong = shop.http.post(SUPPLIES, headers=shop.wb, json={"dates": [{**asked, "from": "11-03-2019"}]})
    assert wrong.status_code == 400
