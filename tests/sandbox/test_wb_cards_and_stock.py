"""Cards by cursor; warehouse_remains as a report that is ordered, waited for and fetched."""

import uuid

import pytest

from app.sandbox.world import World
from tests.sandbox.conftest import CARDS, MOST_PAGES, REMAINS, TODAY, Shop, open_shop

PSEUDO = {"В пути до получателей", "В пути возвраты на склад WB", "Всего находится на складах"}


def _cards(shop: Shop, limit: int, ascending: bool) -> list[dict]:
    found, cursor = [], {"limit": limit}
    for _ in range(MOST_PAGES):
        body = {"settings": {"sort": {"ascending": ascending}, "cursor": cursor, "filter": {"withPhoto": -1}}}
        page = shop.http.post(CARDS, headers=shop.wb, json=body).json()
        found += page["cards"]
        if page["cursor"]["total"] < limit:
            return found
        cursor = {"limit": limit, "updatedAt": page["cursor"]["updatedAt"], "nmID": page["cursor"]["nmID"]}
    raise AssertionError("the cards never end")


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_the_cursor_walks_all_cards_once(shop: Shop, limit: int, ascending: bool):
    cards = _cards(shop, limit, ascending)
    assert len({card["nmID"] for card in cards}) == len(cards)
    moments = [(card["updatedAt"], card["nmID"]) for card in cards]
    assert moments == sorted(moments, reverse=not ascending)
    sizes = [size for card in cards for size in card["sizes"]]
    assert len(sizes) == 40
    assert len({size["chrtID"] for size in sizes}) == len({size["skus"][0] for size in sizes}) == 40


def test_more_than_a_hundred_cards_a_page_are_refused(shop: Shop):
    reply = shop.http.post(CARDS, headers=shop.wb, json={"settings": {"cursor": {"limit": 101}}})
    assert reply.status_code == 400
    assert reply.json()["error"] is True


def _report(shop: Shop, **groups: str) -> list[dict]:
    task = shop.http.get(REMAINS, headers=shop.wb, params=groups).json()["data"]["taskId"]
    for _ in range(200):
        if (
            shop.http.get(f"{REMAINS}/tasks/{task}/status", headers=shop.wb).json()["data"]["status"]
            == "done"
        ):
            return shop.http.get(f"{REMAINS}/tasks/{task}/download", headers=shop.wb).json()
    raise AssertionError("the report never came")


def test_the_report_has_each_size_and_its_pseudo_rows(shop: Shop):
    rows = _report(shop, groupByNm="true", groupByBarcode="true", groupBySize="true", groupBySa="true")
    assert set(rows[0]) == {"vendorCode", "nmId", "barcode", "techSize", "volume", "warehouses"}
    assert [row["barcode"] for row in rows] == shop.world.wb.shelf.barcode
    for row, stock in zip(rows, shop.world.wb.stock.tolist(), strict=True):
        places = {w["warehouseName"]: w["quantity"] for w in row["warehouses"]}
        assert places["Всего находится на складах"] == stock
        assert sum(q for name, q in places.items() if name not in PSEUDO) == stock
    seen = {w["warehouseName"] for row in rows for w in row["warehouses"]}
    assert seen >= PSEUDO - {"В пути возвраты на склад WB"}


def test_a_field_comes_only_with_its_grouping(shop: Shop):
    by_card = _report(shop, groupByNm="true")
    assert set(by_card[0]) == {"nmId", "volume", "warehouses"}
    assert len(by_card) == len(set(shop.world.wb.shelf.card_id.tolist()))
    whole = _report(shop)
    assert len(whole) == 1
    assert set(whole[0]) == {"warehouses"}
    assert sum(shop.world.wb.stock.tolist()) == next(
        w["quantity"] for w in whole[0]["warehouses"] if w["warehouseName"] == "Всего находится на складах"
    )


def test_the_task_passes_through_its_states():
    hands = [1_000.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: hands[0]):
        task = shop.http.get(REMAINS, headers=shop.wb).json()["data"]["taskId"]
        file = f"{REMAINS}/tasks/{task}/download"

        def status(task: str = task, shop: Shop = shop) -> str | None:
            shop.http.post("/sandbox/refill")
            reply = shop.http.get(f"{REMAINS}/tasks/{task}/status", headers=shop.wb)
            return reply.json().get("data", {}).get("status")

        assert status() == "new"
        assert shop.http.get(file, headers=shop.wb).status_code == 404
        hands[0] += 10
        assert status() == "processing"
        hands[0] += 15
        assert status() == "done"
        assert shop.http.get(file, headers=shop.wb).status_code == 200
        hands[0] += 7_300
        assert status() is None
        assert shop.http.get(file, headers=shop.wb).status_code == 404


def test_unknown_and_malformed_tasks(shop: Shop):
    for step in ("status", "download"):
        unknown = shop.http.get(f"{REMAINS}/tasks/{uuid.uuid4()}/{step}", headers=shop.wb)
        assert (unknown.status_code, unknown.json()["detail"]) == (404, "not found")
        assert shop.http.get(f"{REMAINS}/tasks/42/{step}", headers=shop.wb).status_code == 400
