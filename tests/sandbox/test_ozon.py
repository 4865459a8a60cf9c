"""The Ozon half: identities of every accrual, pages that expire, days that are rewritten."""

from decimal import Decimal

import pytest

from app.sandbox.world import World
from tests.sandbox.conftest import TODAY, Shop, open_shop, rub

BY_DAY = "/v1/finance/accrual/by-day"


def charged(accrual: dict) -> list[tuple[int, Decimal]]:
    """(type_id, amount) of all services and fees of an accrual."""
    found = []
    for product in (accrual["posting"] or {"products": []})["products"]:
        for service in (product["delivery"] or {"services": []})["services"]:
            found.append((service["type_id"], rub(service["accrued"])))
    for item in (accrual["item_fees"] or {"fees": []})["fees"]:
        found += [(fee["type_id"], rub(fee["accrued"])) for fee in item["fees"]]
    if accrual["non_item_fee"]:
        found.append((accrual["non_item_fee"]["type_id"], rub(accrual["non_item_fee"]["accrued"])))
    for fee in (accrual["container_fees"] or {"fees": []})["fees"]:
        found.append((fee["type_id"], rub(fee["accrued"])))
    return found


def commissions(accrual: dict) -> list[dict]:
    products = (accrual["posting"] or {"products": []})["products"]
    return [p["commission"] | {"quantity": p["quantity"]} for p in products if p["commission"]]


def test_the_identities_hold_on_every_accrual(shop: Shop):
    seen = set()
    for day in shop.books():
        for accrual in shop.accruals(day):
            lines = commissions(accrual)
            total = sum((rub(c["sale_amount"]) + rub(c["sale_commission"]) for c in lines), Decimal(0))
            assert rub(accrual["total_amount"]) == total + sum(amount for _, amount in charged(accrual))
            for line in lines:
                parts = (rub(line[name]) for name in ("sale_price", "bonus", "coinvestment"))
                assert rub(line["sale_amount"]) == sum(parts)
                assert abs(rub(line["sale_amount"]) / rub(line["seller_price"])) == line["quantity"]
                assert rub(line["sale_amount"]) * rub(line["sale_commission"]) < 0
            blocks = ("posting", "item_fees", "non_item_fee", "container_fees")
            assert sum(accrual[name] is not None for name in blocks) == 1
            seen.add((accrual["accrued_category"], bool(lines), len(lines) > 1))
            assert accrual["date"] == day
    assert {("POSTING", True, False), ("POSTING", False, False), ("POSTING", True, True)} <= seen
    assert {category for category, *_ in seen} == {"POSTING", "ITEM", "NON_ITEM", "CONTAINER_FEES"}


def test_every_day_of_the_books_is_the_sum_of_its_accruals(shop: Shop):
    for day, book in shop.books().items():
        accruals, ozon = shop.accruals(day), book["ozon"]
        assert sum(rub(a["total_amount"]) for a in accruals) == Decimal(ozon["total"])
        lines = [line for a in accruals for line in commissions(a)]
        amounts = [(rub(line["sale_amount"]), line["quantity"]) for line in lines]
        assert sum(a for a, _ in amounts if a > 0) == Decimal(ozon["sales"])
        assert sum(a for a, _ in amounts if a < 0) == Decimal(ozon["returns"])
        assert sum(rub(line["sale_commission"]) for line in lines) == Decimal(ozon["commission"])
        assert sum(q for a, q in amounts if a > 0) == ozon["units_sold"]
        assert sum(q for a, q in amounts if a < 0) == ozon["units_returned"]
        services: dict[str, Decimal] = {}
        for accrual in accruals:
            for type_id, amount in charged(accrual):
                services[str(type_id)] = services.get(str(type_id), Decimal(0)) + amount
        assert services == {k: Decimal(v) for k, v in ozon["services"].items()}


def test_all_types_that_occur_are_in_the_dictionary(shop: Shop):
    known = {t["id"] for t in shop.post_ozon("/v1/finance/accrual/types", {}).json()["accrual_types"]}
    used = {type_id for day in shop.books() for a in shop.accruals(day) for type_id, _ in charged(a)}
    assert used <= known
    assert {1, 9, 29, 32, 41, 46, 59} <= used


def test_pages_hold_all_accruals_once(shop: Shop):
    found = shop.accruals("2026-11-19")
    ids = [a["accrual_id"] for a in found]
    assert len(ids) > 37
    assert ids == sorted(set(ids))


def test_a_cursor_is_bound_to_its_date_and_dies(shop: Shop):
    page = shop.post_ozon(BY_DAY, {"date": "2026-11-19", "last_id": ""}).json()
    other = shop.post_ozon(BY_DAY, {"date": "2026-11-18", "last_id": page["last_id"]})
    assert other.status_code == 400
    assert shop.post_ozon(BY_DAY, {"date": "2026-11-19", "last_id": page["last_id"]}).status_code == 200
    shop.http.post("/sandbox/expire")
    dead = shop.post_ozon(BY_DAY, {"date": "2026-11-19", "last_id": page["last_id"]})
    assert (dead.status_code, dead.json()["code"]) == (400, 3)
    assert shop.post_ozon(BY_DAY, {"date": "2026-11-19", "last_id": "garbage"}).status_code == 400


def test_a_cursor_lives_fifteen_minutes():
    hands = [50.0]
    world = World(7, skus=60, days=3, today=TODAY)
    for shop in open_shop(world, pace=1.0, clock=lambda: hands[0], accruals_page=5):
        body = {"date": "2026-11-19"}
        body["last_id"] = shop.post_ozon(BY_DAY, body).json()["last_id"]
        hands[0] += 899
        assert shop.post_ozon(BY_DAY, body).status_code == 200
        hands[0] += 2
        assert shop.post_ozon(BY_DAY, body).status_code == 400


def test_advancing_rewrites_past_days(fresh_shop: Shop):
    shop = fresh_shop
    days = list(shop.books())
    before = {a["accrual_id"]: a for day in days for a in shop.accruals(day)}
    shop.advance(10)
    after = {a["accrual_id"]: a for day in days for a in shop.accruals(day)}
    assert set(after) - set(before), "nothing turned up late"
    assert set(before) - set(after), "nothing was withdrawn"
    assert any(before[i] != after[i] for i in set(before) & set(after)), "nothing was priced anew"
    newest = max(a["date"] for i, a in before.items() if after.get(i) != a)
    assert newest <= "2026-11-19"


def test_a_rewritten_day_still_agrees_with_the_books(fresh_shop: Shop):
    fresh_shop.advance(15)
    for day, book in fresh_shop.books().items():
        total = sum(rub(a["total_amount"]) for a in fresh_shop.accruals(day))
        assert total == Decimal(book["ozon"]["total"])


def test_returns_that_are_not_reported_yet_are_in_neither():
    world = World(7, skus=800, days=20, today=TODAY)
    back = world.ozon.ledger.on("back", world.now_t - 1)
    assert (back["back_rec"] >= world.now_t).any(), "the day has no such return: choose another seed"
    for shop in open_shop(world):
        book = shop.books()["2026-11-19"]["ozon"]
        assert sum(rub(a["total_amount"]) for a in shop.accruals("2026-11-19")) == Decimal(book["total"])


def test_nothing_is_told_of_today(shop: Shop):
    assert shop.accruals("2026-11-20") == []
    assert shop.post_ozon(BY_DAY, {"date": "2021-12-31"}).status_code == 400
    assert shop.post_ozon(BY_DAY, {"date": "20.11.2026"}).status_code == 400


def test_the_product_list_pages_until_the_cursor_is_empty(shop: Shop):
    found, last_id = [], ""
    while True:
        body = {"filter": {"visibility": "ALL"}, "limit": 17, "last_id": last_id}
        result = shop.post_ozon("/v3/product/list", body).json()["result"]
        found += result["items"]
        last_id = result["last_id"]
        if not last_id:
            break
    assert [item["offer_id"] for item in found] == shop.world.ozon.shelf.article
    archived = {"filter": {"visibility": "ARCHIVED"}, "limit": 10}
    assert shop.post_ozon("/v3/product/list", archived).json()["result"]["items"] == []
    assert shop.post_ozon("/v3/product/list", {"limit": 10}).status_code == 400


def test_product_info_by_any_one_kind_of_id(shop: Shop):
    shelf = shop.world.ozon.shelf
    for kind, value in (
        ("offer_id", shelf.article[3]),
        ("product_id", str(shelf.card_id[3])),
        ("sku", int(shelf.item_id[3])),
    ):
        items = shop.post_ozon("/v3/product/info/list", {kind: [value, "999"]}).json()["items"]
        assert [item["offer_id"] for item in items] == [shelf.article[3]]
        assert isinstance(items[0]["price"], str)
    both = {"sku": ["1"], "offer_id": ["x"]}
    assert shop.post_ozon("/v3/product/info/list", both).status_code == 400


def test_the_old_total_goes_on_the_23rd(fresh_shop: Shop):
    body = {"filter": {}, "limit": 1}
    assert "total" in fresh_shop.post_ozon("/v3/product/list", body).json()["result"]
    fresh_shop.advance(3)
    result = fresh_shop.post_ozon("/v3/product/list", body).json()["result"]
    assert "total" not in result
    assert result["total_items"] == 30


def test_stock_rows_and_the_clusters_among_them(shop: Shop):
    shelf, stock = shop.world.ozon.shelf, shop.world.ozon.stock
    rows = shop.post_ozon("/v1/analytics/stocks", {"skus": shelf.item_id.tolist()}).json()["items"]
    places = [row for row in rows if row["warehouse_id"]]
    clusters = [row for row in rows if not row["warehouse_id"]]
    for chosen in (places, clusters):
        assert sum(row["available_stock_count"] for row in chosen) == int(stock.sum())
    transit = shop.world.ozon.in_transit(shop.world.now_t)
    assert sum(row["transit_stock_count"] for row in places) == int(transit.sum())
    names = shop.post_ozon("/v1/warehouse/ozon/list", {}).json()["warehouses"]
    assert {row["warehouse_id"] for row in places} <= {w["warehouse_id"] for w in names}
    for skus in ([], list(range(101))):
        assert shop.post_ozon("/v1/analytics/stocks", {"skus": skus}).status_code == 400


def test_dead_methods_answer_obsolete(shop: Shop):
    reply = shop.post_ozon("/v3/finance/transaction/list", {})
    assert reply.status_code == 400
    assert reply.json() == {"code": 9, "message": "obsolete method cannot be used", "details": []}
    assert shop.post_ozon("/v9/nothing", {}).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [({}, 401, 16), ({"Client-Id": "1", "Api-Key": "wrong"}, 403, 7)],
)
def test_wrong_papers(shop: Shop, headers: dict, status: int, code: int):
    reply = shop.http.post("/ozon/v1/roles", headers=headers, json={})
    assert (reply.status_code, reply.json()["code"]) == (status, code)


def test_the_key_says_when_it_expires(shop: Shop):
    assert shop.post_ozon("/v1/roles", {}).json()["expires_at"] == "2027-02-18T09:00:00.000Z"


def test_fifty_requests_a_second_for_the_whole_account():
    hands = [50.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: hands[0]):
        paths = ["/v1/roles", "/v1/seller/info"] * 25
        replies = [shop.post_ozon(path, {}) for path in paths]
        assert {r.status_code for r in replies} == {200}
        assert [r.headers["Ratelimit-Remaining"] for r in replies[-2:]] == ["1", "0"]
        refused = shop.post_ozon("/v1/roles", {})
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        hands[0] += 0.021
        assert shop.post_ozon("/v1/roles", {}).status_code == 200
