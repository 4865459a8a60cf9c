"""Products, prices and stock of Ozon: how pages follow each other, and what their rows come to."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.marketplaces.errors import Garbled
from app.marketplaces.ozon.catalogue.calls import INFO
from app.marketplaces.ozon.prices.calls import PRICES
from app.marketplaces.ozon.prices.rows import normalise_prices
from app.marketplaces.ozon.stock.calls import AT_OZON, AT_SELLER, STOCKS, WAREHOUSES
from app.marketplaces.ozon.stock.rows import normalise_own, normalise_stocks
from app.marketplaces.rows import PriceRow, SkuRef
from app.marketplaces.source import Page, RequestKey, Source
from app.marketplaces.transport import Endpoint
from tests.http.server import Answer, Stage
from tests.marketplaces.test_paging import cursors, opened, told

D = date(2026, 11, 20)
LIVE = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "ozon" / "live"
needs_samples = pytest.mark.skipif(not LIVE.exists(), reason="the samples are not beside the repository")

CLOSED = told({"code": 7, "message": "method is not available with existing subscription"}, 403)


def page(method: Endpoint, body: Mapping[str, Any]) -> Page:
    return Page(RequestKey("POST", "ozon", method.path, ""), json.dumps(body).encode(), "")


def paths(stage: Stage) -> list[str]:
    return [path for _, path, _ in stage.seen]


def asked(source: Source, cursor: str = "") -> list[dict[str, Any]]:
    """The bodies that its pages answered."""
    (unit,) = source.units(D, D)
    return [json.loads(each.key.params)["body"] for each in source.fetch(unit, cursor)]


def listing(*products: dict[str, Any], last_id: str = "", **counts: int) -> Answer:
    return told({"result": {"items": list(products), "last_id": last_id, **counts}})


# -- the catalogue: never by total, which goes away on 23 November 2026 ------------------------------------


@pytest.mark.parametrize("counts", [{"total": 1}, {"total_items": 1}, {"total": 1, "total_items": 1}, {}])
def test_the_list_is_turned_by_last_id_whatever_it_says_of_its_size(counts: dict[str, int]) -> None:
    """Each page says that there is one product in all; two pages have one each, the third has none."""
    first, second = ({"product_id": n, "sku": n + 10} for n in (1, 2))
    details = told({"items": []})
    script = (
        listing(first, last_id="a", **counts), details,
        listing(second, last_id="b", **counts), details,
        listing(**counts),
    )  # fmt: skip
    with opened(*script) as (_, sources):
        assert cursors(sources["ozon.catalogue"])[:5] == ["ALL:", "ALL:a", "ALL:a", "ALL:b", "ARCHIVED:"]


def test_a_last_id_that_stands_still_ends_the_list() -> None:
    again = listing({"product_id": 1, "sku": 5}, last_id="a")
    with opened(again, told({"items": []}), again, told({"items": []}), listing()) as (_, sources):
        assert cursors(sources["ozon.catalogue"]) == ["ALL:", "ALL:a", "ALL:a", "ARCHIVED:", ""]


# -- prices ------------------------------------------------------------------------------------------------


def priced(product_id: int, **price: Any) -> dict[str, Any]:
    return {"product_id": product_id, "offer_id": f"A-{product_id}", "price": {"price": 100, **price}}


def info(product_id: int, *skus: int) -> dict[str, Any]:
    sources = [{"sku": sku, "source": "sds"} for sku in skus[1:]]
    return {"id": product_id, "sku": skus[0] if skus else 0, "sources": sources}


def test_each_page_of_prices_comes_after_the_names_of_its_cards() -> None:
    names = told({"items": []})
    script = (
        told({"items": [priced(1)], "cursor": "p2", "total": 1}), names,
        told({"items": [priced(2)], "cursor": "p3", "total_items": 1}), names,
        told({"items": [], "cursor": "p3"}),
    )  # fmt: skip
    with opened(*script) as (stage, sources):
        assert cursors(sources["ozon.prices"]) == ["@", "@p2", "@p2", "@p3", ""]
        assert paths(stage) == [PRICES.path, INFO.path, PRICES.path, INFO.path, PRICES.path]
    with opened(told({"items": [], "cursor": ""})) as (stage, sources):
        assert [body["cursor"] for body in asked(sources["ozon.prices"], "@p3")] == ["p3"]
        assert paths(stage) == [PRICES.path]


def test_a_price_stands_under_the_sku_that_the_card_is_sold_by() -> None:
    """One card, its price, the price after the seller's own promotions; numbers, as this method tells."""
    pages = [
        page(INFO, {"items": [info(1, 501, 77, 78)]}),
        page(PRICES, {"items": [priced(1, marketing_seller_price=87.5, currency_code="RUB", old_price=399)]}),
    ]
    assert normalise_prices(pages, D).prices == [
        PriceRow(
            sku=SkuRef(ozon_id=501, article="A-1"),
            price=Decimal("100.00"),
            discount=Decimal("12.50"),
            club_discount=Decimal("0.00"),
            final_price=Decimal("87.50"),
            currency="RUB",
        )
    ]


def test_what_is_not_told_of_a_price_is_no_discount() -> None:
    items = [priced(1, marketing_seller_price=0), priced(2, price=0), priced(3, price="99,90")]
    pages = [page(INFO, {"items": [info(n, n) for n in (1, 2, 3)]}), page(PRICES, {"items": items})]
    rows = normalise_prices(pages, D).prices
    assert [(row.discount, str(row.final_price)) for row in rows] == [
        (0, "100.00"),
        (0, "0.00"),
        (0, "99.90"),
    ]


def test_a_card_without_a_sku_and_an_odd_row_are_set_aside() -> None:
    items = [priced(1), {"product_id": 2, "price": None}, priced(3, price="dear"), priced(4)]
    pages = [page(INFO, {"items": [info(1), info(4, 504)]}), page(PRICES, {"items": items})]
    found = normalise_prices(pages, D)
    assert [row.sku.ozon_id for row in found.prices] == [504]
    assert [each.row_key for each in found.unplaced] == ["1", "2", "3"]


def test_commissions_are_one_rule_of_groups() -> None:
    cheap, dear = {"sales_percent_fbo": 19.10, "sales_percent_fbs": 0}, {"sales_percent_fbo": 44}
    items = [priced(n) | {"commissions": each} for n, each in ((1, cheap), (2, dear), (3, cheap), (4, None))]
    pages = [page(INFO, {"items": [info(n, 500 + n) for n in (1, 2, 3, 4)]}), page(PRICES, {"items": items})]
    (rule,) = normalise_prices(pages, D).commissions
    assert rule.dt_from == D
    assert json.loads(rule.rule_json) == {
        "groups": [
            {"percent": {"fbo": "19.1", "fbs": "0"}, "skus": [501, 503]},
            {"percent": {"fbo": "44"}, "skus": [502]},
        ]
    }


@needs_samples
def test_the_published_live_prices_are_read() -> None:
    live = json.loads((LIVE / "product_info_prices_v5_LIVE_2026-03.json").read_text(encoding="utf-8"))
    names = [info(each["product_id"], 900 + n) for n, each in enumerate(live["items"])]
    found = normalise_prices([page(INFO, {"items": names}), page(PRICES, live)], D)
    assert not found.unplaced
    assert [(str(row.price), str(row.final_price)) for row in found.prices] == [("273.00", "273.00")]
    (rule,) = found.commissions
    assert json.loads(rule.rule_json)["groups"][0]["percent"] == {
        "fbo": "19.1", "fbs": "19.1", "rfbs": "44.1", "fbp": "44.1"
    }  # fmt: skip


# -- stock -------------------------------------------------------------------------------------------------


def pieces(sku: int, warehouse: int, present: int, reserved: int = 0, **more: Any) -> dict[str, Any]:
    told = {"sku": sku, "warehouse_id": warehouse, "present": present, "reserved": reserved}
    return {**told, "offer_id": f"A-{sku}", **more}


def places(source: Source, *pages: Page) -> list[tuple[int | None, str, str, int]]:
    (unit,) = source.units(D, D)
    found = source.normalise(unit, pages)
    rows = [*found.stock, *found.own_stock]
    return [(row.sku.ozon_id, row.warehouse, row.warehouse_name, row.on_hand) for row in rows]


def test_where_analytics_is_closed_stock_comes_by_warehouse() -> None:
    listed = listing({"product_id": 1, "sku": 7})
    names = told({"warehouses": [{"warehouse_id": 20, "name": "ХОРУГВИНО_РФЦ"}, {"warehouse_id": None}]})
    first = told({"products": [pieces(7, 20, 9, 2)], "has_next": True, "cursor": "c2"})
    last = told({"products": [pieces(7, 21, 1)], "has_next": False, "cursor": "c2"})
    with opened(listed, CLOSED, names, listed, first, last) as (stage, sources):
        source = sources["ozon.stock"]
        (unit,) = source.units(D, D)
        pages = list(source.fetch(unit, ""))
        assert [each.cursor for each in pages] == ["fbo:0:", "fbo:0:c2", ""]
        assert places(source, *pages) == [(7, "20", "ХОРУГВИНО_РФЦ", 7), (7, "21", "", 1)]
        assert paths(stage)[1:3] == [STOCKS.path, WAREHOUSES.path]
    with opened(listed, last) as (stage, sources):
        assert cursors(sources["ozon.stock"], "fbo:0:c2") == [""]
        assert paths(stage)[1:] == [AT_OZON.path]  # the analytics are not tried anew in the middle
    with opened(listed, last) as (_, sources):
        assert asked(sources["ozon.stock"], "fbo:0:c2") == [{"skus": ["7"], "limit": 1000, "cursor": "c2"}]


def test_by_warehouse_the_next_hundred_skus_follow_the_last_page() -> None:
    items = [{"product_id": number, "sku": number} for number in range(1, 151)]
    script = (listing(*items), told({"products": [pieces(1, 20, 1)], "has_next": False, "cursor": ""}))
    with opened(*script) as (stage, sources):
        assert cursors(sources["ozon.own_stock"]) == ["100:", ""]
        assert len(stage.seen) == 3  # the catalogue is asked once
    with opened(*script) as (_, sources):
        assert [len(body["sku"]) for body in asked(sources["ozon.own_stock"])] == [100, 50]
    with opened(*script) as (_, sources):
        assert [len(body["sku"]) for body in asked(sources["ozon.own_stock"], "100:")] == [50]


def test_both_tellings_of_one_stock_are_not_added_up() -> None:
    """The analytics closed in the middle: what they had told already is told again by warehouse."""
    level = {"sku": 7, "warehouse_id": 20, "available_stock_count": 5}
    pages = [page(STOCKS, {"items": [level]}), page(AT_OZON, {"products": [pieces(7, 20, 5)]})]
    assert [row.on_hand for row in normalise_stocks(pages, D).stock] == [5]


def test_own_stock_is_what_is_free_and_a_row_told_twice_counts_once() -> None:
    rows = [
        pieces(7, 30, 9, 2, free_stock=6, warehouse_name="Склад"),
        pieces(8, 30, 1, 4),
        pieces(0, 30, 1),
        {"sku": 9, "warehouse_id": 30, "present": "many"},
    ]
    pages = [page(AT_SELLER, {"products": rows}), page(AT_SELLER, {"products": rows[:1]})]
    found = normalise_own(pages, D)
    assert [(row.sku.ozon_id, row.warehouse_name, row.on_hand) for row in found.own_stock] == [
        (7, "Склад", 6),
        (8, "", 0),
    ]
    assert [each.row_key for each in found.unplaced] == ["0:30", "9:30"]
    assert not found.stock


def test_a_seller_without_fbs_is_told_so_and_another_refusal_is_one() -> None:
    listed = listing({"product_id": 1, "sku": 7})
    refused = told({"code": 3, "message": "invalid request"}, 400)
    with (
        opened(listed, refused, told({"warehouses": []})) as (_, sources),
        pytest.raises(Exception) as caught,
    ):
        cursors(sources["ozon.own_stock"])
    assert type(caught.value).__name__ == "NotOffered"
    own = told({"warehouses": [{"warehouse_id": 30}]})
    with opened(listed, refused, own) as (_, sources), pytest.raises(Exception) as caught:
        cursors(sources["ozon.own_stock"])
    assert type(caught.value).__name__ == "Refused"


@pytest.mark.parametrize("method", [AT_OZON, STOCKS])
def test_a_page_of_another_shape_is_garbled(method: Endpoint) -> None:
    with pytest.raises(Garbled):
        normalise_stocks([page(WAREHOUSES, {"warehouses": []}), page(method, {"result": []})], D)
