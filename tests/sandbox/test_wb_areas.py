"""The order feed, stock and advertising of the sandbox: they agree with each other and with the reports."""

import csv
import io
import itertools
import uuid
import zipfile
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import httpx
import jsonschema
import numpy as np
import pytest

from app.sandbox.wb.promotion import BALANCE, Promotion
from app.sandbox.wb.tokens import BASE
from app.sandbox.world import World
from tests.sandbox.conftest import MOST_PAGES, REMAINS, TODAY, Shop, open_shop, rub
from tests.sandbox.specs import WB, wb_reply

FEED = "/wb/seller-analytics-api/api/analytics/v1/order-feed"
STOCKS = "/wb/seller-analytics-api/api/analytics/v1/stocks-report"
DOWNLOADS = "/wb/seller-analytics-api/api/v2/nm-report/downloads"
COUNT, UPD, FULLSTATS, ADVERTS = (
    f"/wb/advert-api{path}"
    for path in ("/adv/v1/promotion/count", "/adv/v1/upd", "/adv/v3/fullstats", "/api/advert/v2/adverts")
)
needs_specs = pytest.mark.skipif(not WB.exists(), reason="the specs are not beside the repository")


def _valid(value: Any, *where: str) -> None:
    schema = wb_reply(*where)
    if where[-1] == "/adv/v1/upd":  # whole numbers in the spec, fractions live (facts 5.6)
        schema["items"]["properties"]["updSum"] = {"type": "number"}
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
    assert not errors, errors[0]


def _feed(shop: Shop, offset: int = 0, limit: int = 10_000, **paging: Any) -> httpx.Response:
    period = {"start": "2026-10-21T00:00:00+03:00", "end": "2026-11-19T23:59:59+03:00"}
    body = {"selectedPeriod": period, "pagination": {"offset": offset, "limit": limit, **paging}}
    return shop.http.post(FEED, headers=shop.wb, json=body)


def _get(shop: Shop, path: str, **asked: str) -> Any:
    reply = shop.http.get(path, headers=shop.wb, params=asked)
    assert reply.status_code == 200, reply.text
    return reply.json()


def _upd(shop: Shop, first: str = "2026-10-21", last: str = "2026-11-19") -> list[dict[str, Any]]:
    return _get(shop, UPD, **{"from": first, "to": last})


def _ids(shop: Shop) -> str:
    groups = _get(shop, COUNT)["adverts"]
    return ",".join(str(each["advertId"]) for group in groups for each in group["advert_list"])


def _fullstats(shop: Shop) -> list[dict[str, Any]]:
    return _get(shop, FULLSTATS, ids=_ids(shop), beginDate="2026-10-21", endDate="2026-11-19")


# The order feed


def test_the_feed_tells_the_orders_and_sales_of_the_other_methods(shop: Shop):
    rows = {row["srid"]: row for row in _feed(shop).json()["data"]["orders"]}
    orders = shop.statistics("orders", "2026-10-01")  # one page of 60 rows
    assert len(rows) > len(orders) > 50
    for order in orders:
        row = rows[order["srid"]]
        assert row["createdAt"] == f"{order['date']}+03:00"
        assert (row["nmId"], row["sellerPrice"]) == (order["nmId"], order["priceWithDisc"])
        assert (row["status"] == "cancel") == order["isCancel"]
    sales = [row for day in range(1, 20) for row in shop.statistics("sales", f"2026-11-{day:02}", flag=1)]
    last = {}
    for sale in sorted(sales, key=lambda sale: sale["saleID"][0] == "R"):
        last[sale["srid"]] = sale
    seen = Counter()
    for srid, sale in last.items():
        if srid in rows:
            word = "return" if sale["saleID"][0] == "R" else "buyout"
            assert (rows[srid]["status"], rows[srid]["updatedAt"]) == (word, f"{sale['date']}+03:00")
            seen[word] += 1
    assert min(seen["buyout"], seen["return"]) > 3
    # What the sales do not know yet, the feed does not know either.
    for row in rows.values():
        if row["status"] in ("buyout", "return") and row["updatedAt"] >= "2026-11-01":
            assert row["srid"] in last
    assert {row["status"] for row in rows.values()} == {"created", "buyout", "cancel", "return"}
    assert all(("cancelType" in row) == (row["status"] == "cancel") for row in rows.values())


def test_pages_of_one_snapshot_are_the_feed_newest_first(shop: Shop):
    whole = _feed(shop).json()["data"]["orders"]
    assert [row["updatedAt"] for row in whole] == sorted((r["updatedAt"] for r in whole), reverse=True)
    paged: list[dict[str, Any]] = []
    snapshot: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        data = _feed(shop, len(paged), 33, **snapshot).json()["data"]
        snapshot = {"snapshotTime": data["snapshotTime"]}
        paged += data["orders"]
        if len(data["orders"]) < 33:
            break
    assert paged == whole


def test_a_snapshot_outlives_the_day_it_was_taken_on(fresh_shop: Shop):
    first = _feed(fresh_shop).json()["data"]
    fresh_shop.advance()
    assert _feed(fresh_shop, snapshotTime=first["snapshotTime"]).json()["data"] == first
    later = _feed(fresh_shop).json()["data"]
    assert later["snapshotTime"] > first["snapshotTime"]
    assert later["orders"] != first["orders"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"selectedPeriod": {"start": "2026-10-19T00:00:00+03:00"}},
        {"selectedPeriod": {"start": "2026-11-10T00:00:00+03:00"}, "pagination": {"limit": 10_001}},
        {"selectedPeriod": {"start": "2026-11-10T00:00:00+03:00", "end": "2026-11-09T00:00:00+03:00"}},
    ],
)
def test_the_feed_refuses_what_it_cannot_tell(shop: Shop, body: dict[str, Any]):
    assert shop.http.post(FEED, headers=shop.wb, json=body).status_code == 400


# Stock


def test_stock_by_size_is_that_of_the_remains_report(shop: Shop):
    reply = shop.http.post(f"{STOCKS}/wb-warehouses", headers=shop.wb, json={"nmIds": []})
    items = {row["chrtId"]: row for row in reply.json()["data"]["items"]}
    assert {(row["warehouseId"], row["warehouseName"]) for row in items.values()} == {(-999_999, "Склад WB")}
    groups = {"groupByNm": "true", "groupByBarcode": "true"}
    task = shop.http.get(REMAINS, headers=shop.wb, params=groups).json()["data"]["taskId"]
    report = _get(shop, f"{REMAINS}/tasks/{task}/download")
    shelf = shop.world.wb.shelf
    chrt_of = dict(zip(shelf.barcode, shelf.item_id.tolist(), strict=True))
    for row in report:
        places = defaultdict(int, {each["warehouseName"]: each["quantity"] for each in row["warehouses"]})
        item = items.get(chrt_of[row["barcode"]], defaultdict(int))
        assert item["quantity"] == places["Всего находится на складах"]
        assert item["inWayToClient"] == places["В пути до получателей"]
        assert item["inWayFromClient"] == places["В пути возвраты на склад WB"]
    assert sum(item["inWayFromClient"] for item in items.values()) > 0
    some = shop.http.post(
        f"{STOCKS}/wb-warehouses", headers=shop.wb, json={"nmIds": [], "limit": 3, "offset": 2}
    )
    assert some.json()["data"]["items"] == list(items.values())[2:5]


def test_nothing_is_204_and_a_base_token_may_not_ask(shop: Shop):
    for path, body in (("wb-warehouses", {"nmIds": [1]}), ("seller-warehouses", {"nmIds": []})):
        reply = shop.http.post(f"{STOCKS}/{path}", headers=shop.wb, json=body)
        assert (reply.status_code, reply.content) == (204, b"")
        refused = shop.http.post(f"{STOCKS}/{path}", headers=shop.token(acc=BASE), json=body)
        assert refused.status_code == 403


def _order_history(shop: Shop, number: str, **changes: Any) -> httpx.Response:
    params = {
        "currentPeriod": {"start": "2026-11-01", "end": "2026-11-19"},
        "stockType": "wb",
        "skipDeletedNm": False,
    }
    body = {"id": number, "reportType": "STOCK_HISTORY_DAILY_CSV", "params": params} | changes
    return shop.http.post(DOWNLOADS, headers=shop.wb, json=body)


def test_the_history_of_stock_is_the_diary_of_the_market(shop: Shop):
    number = str(uuid.uuid4())
    assert _order_history(shop, number).status_code == 200
    assert _order_history(shop, number).status_code == 400, "a number is good for one report"
    assert _order_history(shop, str(uuid.uuid4()), reportType="DETAIL_HISTORY_REPORT").status_code == 400
    file = shop.http.get(f"{DOWNLOADS}/file/{number}", headers=shop.wb)
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        (name,) = archive.namelist()
        text = archive.read(name).decode()
    assert text.startswith(
        "VendorCode,Name,NmID,SubjectName,BrandName,SizeName,ChrtID,OfficeName,01.11.2026,02.11.2026,"
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    market = shop.world.wb
    assert [int(row["ChrtID"]) for row in rows] == market.shelf.item_id.tolist()
    assert [int(row["19.11.2026"]) for row in rows] == market.stock.tolist()
    days = [name for name in rows[0] if name[0].isdigit()]
    for before, after in itertools.pairwise(days):
        assert [row[before] for row in rows] != [row[after] for row in rows]


def test_a_history_report_passes_through_its_states():
    hands = [1_000.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: hands[0]):
        number = str(uuid.uuid4())
        _order_history(shop, number)

        def status(number: str = number, shop: Shop = shop) -> list[str]:
            shop.http.post("/sandbox/refill")
            told = _get(shop, DOWNLOADS, **{"filter[downloadIds]": number})
            return [row["status"] for row in told["data"]]

        assert status() == ["WAITING"]
        hands[0] += 10
        assert status() == ["PROCESSING"]
        assert shop.http.get(f"{DOWNLOADS}/file/{number}", headers=shop.wb).status_code == 400
        hands[0] += 60
        assert status() == ["SUCCESS"]
        assert shop.http.get(f"{DOWNLOADS}/file/{number}", headers=shop.wb).status_code == 200
        hands[0] += 48 * 3_600
        assert status() == []


# Advertising


def test_charges_paid_from_the_balance_add_up_to_the_deductions_of_the_finance_report(shop: Shop):
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for row in _upd(shop):
        if row["paymentType"] == BALANCE:
            taken[str(row["updNum"])] += rub(row["updSum"])
    deducted = {
        row["bonusTypeName"].rpartition("№")[2]: rub(row["deduction"])
        for row in shop.finance("2026-10-21", "2026-11-19")
        if "WB Продвижение" in row["bonusTypeName"]
    }
    # The document of the first shown days also holds charges of days before the history.
    first = min(deducted)
    assert len(deducted) >= 9
    assert {number: amount for number, amount in deducted.items() if number != first} == {
        number: amount for number, amount in taken.items() if number not in ("0", first)
    }
    assert taken["0"] > 0, "the last days are not invoiced yet"


def test_a_charge_gets_its_document_later_and_changes_in_nothing_else(fresh_shop: Shop):
    def without(row: dict[str, Any]) -> str:
        return str({key: value for key, value in row.items() if key not in ("updNum", "updTime")})

    before = _upd(fresh_shop)
    assert any(row["updNum"] == 0 for row in before)
    for _ in range(3):
        fresh_shop.advance()
        after = _upd(fresh_shop)
        reported = {
            row["bonusTypeName"].rpartition("№")[2]
            for row in fresh_shop.finance("2026-10-21", "2026-11-30")
            if "WB Продвижение" in row["bonusTypeName"]
        }
        assert {str(row["updNum"]) for row in after if row["updNum"]} <= reported
    assert Counter(map(without, before)) == Counter(map(without, after))
    assert all(row["updNum"] and row["updTime"] for row in after)


def test_a_market_that_was_looked_ahead_lives_on_as_if_it_had_not_been():
    looked, other = World(5, skus=40, days=10, today=TODAY), World(5, skus=40, days=10, today=TODAY)
    charges = [Promotion(looked).charges(t) for t in range(looked.first_t, looked.now_t)]
    for world in (looked, other):
        world.advance(6)
    assert looked.wb.stock.tolist() == other.wb.stock.tolist()
    assert np.array_equal(np.concatenate(looked.wb.ledger.orders), np.concatenate(other.wb.ledger.orders))
    assert looked.wb.ledger.lumps == other.wb.ledger.lumps
    assert [Promotion(other).charges(t) for t in range(other.first_t, other.now_t - 6)] == charges


def test_statistics_are_near_the_money_and_every_level_repeats_its_parts(shop: Shop):
    told = _fullstats(shop)
    statuses = {row["advertId"]: row["advertStatus"] for row in _upd(shop)}
    assert {statuses[campaign["advertId"]] for campaign in told} == {7, 9, 11}
    taken: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    promotion = Promotion(shop.world)
    for t in range(shop.world.first_t, shop.world.now_t):
        for charge in promotion.charges(t):
            taken[charge.campaign.id, str(shop.world.day(t))] += Decimal(charge.amount) / 100
    empty = associated = unlike = 0
    for campaign in told:
        assert rub(campaign["sum"]) == sum(rub(day["sum"]) for day in campaign["days"])
        for day in campaign["days"]:
            nms = [nm for app in day["apps"] for nm in app["nms"]]
            money = taken[campaign["advertId"], day["date"][:10]]
            assert money * Decimal("0.995") <= rub(day["sum"]) <= money
            unlike += rub(day["sum"]) != money
            empty += not day["apps"]
            associated += sum(nm["sum"] == 0 and nm["orders"] > 0 for nm in nms)
            if day["apps"]:
                assert rub(day["sum"]) == sum(rub(nm["sum"]) for nm in nms)
                assert day["orders"] == sum(nm["orders"] for nm in nms)
    assert min(empty, associated, unlike) > 0


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (UPD, {"from": "2026-10-01", "to": "2026-11-01"}),
        (UPD, {"from": "2026-10-01"}),
        (FULLSTATS, {"ids": "1", "beginDate": "2026-10-01", "endDate": "2026-11-01"}),
        (FULLSTATS, {"ids": "а", "beginDate": "2026-11-01", "endDate": "2026-11-02"}),
        (ADVERTS, {"ids": ",".join(map(str, range(1, 52)))}),
    ],
)
def test_advertising_refuses_what_is_too_long(shop: Shop, path: str, asked: dict[str, str]):
    assert shop.http.get(path, headers=shop.wb, params=asked).status_code == 400


def test_a_base_token_waits_an_hour_and_each_method_has_a_bucket_of_its_own():
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: 0.0):
        base = shop.token(acc=BASE)
        for path in (UPD, DOWNLOADS):
            asked = {"from": "2026-11-18", "to": "2026-11-19"} if path == UPD else {}
            assert shop.http.get(path, headers=base, params=asked).status_code == 200
            again = shop.http.get(path, headers=base, params=asked)
            assert (again.status_code, again.headers["X-Ratelimit-Retry"]) == (429, "3600")
        ordered = shop.http.post(DOWNLOADS, headers=base, json={"id": "x"})
        assert ordered.status_code == 400, "ordering is not listing"


@needs_specs
@pytest.mark.needs_shared
def test_replies_are_of_the_published_shape(shop: Shop):
    feed = _feed(shop).json()
    assert len(feed["data"]["orders"]) > 100
    _valid(feed, "analytics", "post", "/api/analytics/v1/order-feed")
    path = "/api/analytics/v1/stocks-report/wb-warehouses"
    stock = shop.http.post(f"{STOCKS}/wb-warehouses", headers=shop.wb, json={}).json()
    _valid(stock, "analytics", "post", path)
    made = _order_history(shop, str(uuid.uuid4())).json()
    _valid(made, "analytics", "post", "/api/v2/nm-report/downloads")
    _valid(_get(shop, DOWNLOADS), "analytics", "get", "/api/v2/nm-report/downloads")
    for told, path in (
        (_get(shop, COUNT), "/adv/v1/promotion/count"),
        (_get(shop, ADVERTS, ids=_ids(shop)), "/api/advert/v2/adverts"),
        (_fullstats(shop), "/adv/v3/fullstats"),
        (_upd(shop), "/adv/v1/upd"),
    ):
        assert told
        _valid(told, "promotion", "get", path)
