"""supplier/sales and supplier/orders: paging by lastChangeDate, and past days that go on changing."""

from collections import Counter

from tests.sandbox.conftest import MOST_PAGES, STATISTICS, Shop

LONG_AGO = "2026-01-01"


def _all(shop: Shop, which: str) -> list[dict]:
    """As a client pages: on from the last row's lastChangeDate, until ``[]``."""
    found, since = [], LONG_AGO
    for _ in range(MOST_PAGES):
        page = shop.statistics(which, since)
        if not page:
            return found
        assert [row["lastChangeDate"] for row in page] == sorted(row["lastChangeDate"] for row in page)
        found += page
        since = page[-1]["lastChangeDate"]
    raise AssertionError("the pages never end")


def test_paging_loses_no_row_and_repeats_none(shop: Shop):
    sales = _all(shop, "sales")
    finance = [
        row
        for row in shop.finance("2026-10-21", "2026-11-19")
        if row["sellerOperName"] in ("Продажа", "Возврат", "Сторно продаж") and row["saleDt"] >= "2026-10-21"
    ]
    assert len({row["saleID"] for row in sales}) == len(sales)
    # the same order items in the same number: sales and returns together
    assert Counter(row["srid"] for row in sales) == Counter(row["srid"] for row in finance)
    orders = _all(shop, "orders")
    assert len({row["srid"] for row in orders}) == len(orders)
    assert len(orders) > 500


def test_a_sale_and_its_return_share_the_srid_but_not_the_sale_id(shop: Shop):
    sales = _all(shop, "sales")
    sold = {row["srid"]: row for row in sales if row["saleID"].startswith("S")}
    pairs = [
        (row, sold[row["srid"]]) for row in sales if row["saleID"].startswith("R") and row["srid"] in sold
    ]
    assert pairs
    for back, sale in pairs:
        assert back["saleID"][1:] != sale["saleID"][1:]
        assert back["finishedPrice"] == -sale["finishedPrice"]
        assert back["date"] > sale["date"]


def test_flag_1_gives_one_day_by_its_date(shop: Shop):
    day = "2026-11-05"
    sales = shop.statistics("sales", f"{day}T15:00:00", flag=1)
    assert {row["date"][:10] for row in sales} == {day}
    everything = [row for row in _all(shop, "sales") if row["date"].startswith(day)]
    assert sorted(r["saleID"] for r in sales) == sorted(r["saleID"] for r in everything)
    orders = shop.statistics("orders", day, flag=1)
    assert sorted(r["srid"] for r in orders) == sorted(
        r["srid"] for r in _all(shop, "orders") if r["date"].startswith(day)
    )
    assert shop.statistics("sales", "2026-11-20", flag=1) == []


def test_advancing_changes_past_days(fresh_shop: Shop):
    shop = fresh_shop
    before = {row["saleID"]: row for row in _all(shop, "sales")}
    orders_before = {row["srid"]: row for row in _all(shop, "orders")}
    shop.advance(3)
    after = _all(shop, "sales")
    late = [row for row in after if row["saleID"] not in before and row["date"] < "2026-11-20"]
    assert late
    assert all(row["lastChangeDate"] >= "2026-11-20" for row in late)
    assert {row["saleID"] for row in after} >= set(before)
    cancelled = [
        row
        for row in _all(shop, "orders")
        if row["isCancel"] and row["srid"] in orders_before and not orders_before[row["srid"]]["isCancel"]
    ]
    assert cancelled
    assert all(row["lastChangeDate"] >= "2026-11-20" > row["date"] for row in cancelled)


def test_an_order_that_stands_has_no_cancel_date(shop: Shop):
    for row in _all(shop, "orders"):
        assert row["isCancel"] == (row["cancelDate"] != "0001-01-01T00:00:00")


def test_bad_requests_are_refused(shop: Shop):
    path = f"{STATISTICS}/sales"
    assert shop.http.get(path, headers=shop.wb).json() == {"errors": ["dateFrom: field required"]}
    for query in ({"dateFrom": "soon"}, {"dateFrom": LONG_AGO, "flag": "2"}):
        reply = shop.http.get(path, headers=shop.wb, params=query)
        assert reply.status_code == 400


def test_dead_methods_are_not_found(shop: Shop):
    for path in ("stocks", "incomes"):
        assert shop.http.get(f"{STATISTICS}/{path}", headers=shop.wb).status_code == 404
    dead = "/wb/statistics-api/api/v5/supplier/reportDetailByPeriod"
    assert shop.http.get(dead, headers=shop.wb).status_code == 404
    right_path_wrong_host = "/wb/content-api/api/v1/supplier/sales"
    assert shop.http.get(right_path_wrong_host, headers=shop.wb).status_code == 404
