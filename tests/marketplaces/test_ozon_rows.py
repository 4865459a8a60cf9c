"""Ozon accruals, products and stock as rows: lines, units, identities, bad rows."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.finance.settlement import PnlLine
from app.marketplaces.errors import Garbled, TokenUnfit
from app.marketplaces.ozon.accruals.rows import BROKEN_TOTAL, normalise_accruals
from app.marketplaces.ozon.catalogue.rows import normalise_products
from app.marketplaces.ozon.client import Roles
from app.marketplaces.ozon.key import OzonKey, read_key
from app.marketplaces.ozon.lines import AccrualType, line_of, not_as_we_know, title_of
from app.marketplaces.ozon.stock.calls import STOCKS
from app.marketplaces.ozon.stock.rows import normalise_stocks
from app.marketplaces.source import Normalised, Page, RequestKey

RUB = Decimal
SHARED = Path(__file__).resolve().parents[3] / "shared"


def rub(amount: object) -> dict[str, object]:
    return {"amount": str(amount), "currency": "RUB"}


def fee(type_id: int, amount: object) -> dict[str, object]:
    return {"type_id": type_id, "accrued": rub(amount)}


def product(
    sku: Any, sale: object, commission: object, *services: object, price: object = None, quantity: Any = None
) -> dict[str, Any]:
    sold = {
        "sale_amount": rub(sale),
        "sale_commission": rub(commission),
        "seller_price": rub(price if price is not None else sale),
    }
    told: dict[str, Any] = {"sku": sku, "commission": sold, "delivery": {"services": list(services)}}
    return told if quantity is None else {**told, "quantity": quantity}


def accrual(total: object, number: int = 1, **block: Any) -> dict[str, Any]:
    base = {"accrual_id": number, "date": "2026-11-20", "unit_number": "1-1", "total_amount": rub(total)}
    return {**base, "posting": None, "item_fees": None, "non_item_fee": None, **block}


def posting(total: object, *products: Any, number: int = 1, schema: str = "Fbo") -> dict[str, Any]:
    return accrual(total, number, posting={"delivery_schema": schema, "products": list(products)})


def page(*accruals: Any) -> bytes:
    return json.dumps({"accruals": accruals, "last_id": ""}).encode()


def normalised(*accruals: Any) -> Normalised:
    return normalise_accruals([page(*accruals)])


def lines(found: Normalised) -> dict[str, tuple[PnlLine, Decimal, int]]:
    return {row.part: (row.line, row.amount, row.units) for row in found.settlement}


def test_every_row_of_the_fact_sheets_table_is_booked_as_it_says() -> None:
    """facts/ozon.md 10.2, retyped."""
    told = {
        PnlLine.LOGISTICS: "32 29 28 30 73 98 21 16 17 42 43 44 97 101 120 121",
        PnlLine.RETURN_LOGISTICS: "59 2 6 9 40 45 65 53 71",
        PnlLine.STORAGE: "46 79 60 78",
        PnlLine.ACQUIRING: "1",
        PnlLine.COMMISSION: "69",
        PnlLine.ADS: "41 54 75 5 3 4 23 19 33 55 87 130",
        PnlLine.PROMO: "47 61 70 96 116 48 49 50 119",
        PnlLine.SUBSCRIPTION: "51 52 74 95 125 126 127 128 129 37",
        PnlLine.INBOUND: "38 39 84 85 34 12 13 77 58 82 131 132",
        PnlLine.PENALTY: "14 89 90 91 92 93 94",
        PnlLine.COMPENSATION: "10 25 8 104",
        PnlLine.CORRECTION: "11 57 72",
        PnlLine.FINANCING: "18 20 22 26 83",
        PnlLine.RFBS: "62 124 63 64 66 67 68 122 123",
        PnlLine.OTHER: "15 76 7 24 27 35 80 102 103 105 106 107 108 109 110 111 112 113 114 115",
        PnlLine.UNMAPPED: "31 36 56 81 86 88 99 100 117 118 133 0 -1",
    }
    assert {(number, line_of(int(number))) for numbers in told.values() for number in numbers.split()} == {
        (number, line) for line, numbers in told.items() for number in numbers.split()
    }
    counted = Counter(number for numbers in told.values() for number in numbers.split())
    assert max(counted.values()) == 1
    assert sum(counted.values()) - 3 == 132


def test_a_renamed_or_new_type_is_brought_to_a_person() -> None:
    told = [
        AccrualType(1, "Acquiring", ""),
        AccrualType(32, "SomethingElse", ""),
        AccrualType(900, "New", ""),
    ]
    assert [entry.id for entry in not_as_we_know(told)] == [32, 900]
    assert title_of(1) == "Эквайринг"
    assert title_of(900) == "Начисление типа 900"


def test_a_posting_of_two_products_is_booked_line_by_line() -> None:
    found = normalised(
        posting(
            1740,
            product(7, 2000, -200, fee(32, -60), price=1000, quantity=2),
            product("8", 100, -40, fee(32, -30), fee(29, -30)),
        )
    )
    assert lines(found) == {
        "sale:7:0": (PnlLine.SALE, RUB("2000.00"), 2),
        "commission:7:0": (PnlLine.COMMISSION, RUB("-200.00"), 0),
        "delivery:7:32": (PnlLine.LOGISTICS, RUB("-60.00"), 0),
        "sale:8:0": (PnlLine.SALE, RUB("100.00"), 1),
        "commission:8:0": (PnlLine.COMMISSION, RUB("-40.00"), 0),
        "delivery:8:32": (PnlLine.LOGISTICS, RUB("-30.00"), 0),
        "delivery:8:29": (PnlLine.LOGISTICS, RUB("-30.00"), 0),
    }
    assert found.unplaced == []
    assert [(row.event_id, row.qty, row.delivery_cost) for row in found.sales] == [
        ("1:7", 2, RUB("60.00")),
        ("1:8", 1, RUB("60.00")),
    ]


def test_a_return_is_known_by_the_sign_and_its_quantity_stays_positive() -> None:
    found = normalised(posting(-450, product(7, -500, 50, price=-500, quantity=1), schema="Fbs"))
    assert lines(found)["sale:7:0"] == (PnlLine.RETURN, RUB("-500.00"), -1)
    (event,) = found.sales
    assert (event.qty, event.refunds_qty, event.refunds_amount, event.channel) == (0, 1, 500, "FBS")
    assert event.commission_amount == 0


def test_without_quantity_pieces_come_from_the_price_of_one() -> None:
    found = normalised(posting(2000, product(7, "2000.01", "-0.01", price="666.67")))
    assert found.settlement[0].units == 3


@pytest.mark.parametrize("price", [0, 700])
def test_pieces_that_cannot_be_told_are_shown_not_guessed(price: int) -> None:
    found = normalised(posting(1000, product(7, 1000, 0, price=price)))
    assert found.settlement[0].units == 0
    assert found.settlement[0].amount == 1000
    assert "число штук" in found.unplaced[0].reason


def test_a_posting_without_commission_sold_nothing() -> None:
    unsold = {"sku": 7, "commission": None, "delivery": {"services": [fee(59, -50)]}, "quantity": 3}
    found = normalised(posting(-50, unsold))
    assert lines(found) == {"delivery:7:59": (PnlLine.RETURN_LOGISTICS, RUB("-50.00"), 0)}
    assert found.sales == []


def test_fees_of_items_of_the_account_and_of_containers() -> None:
    found = normalised(
        accrual(-9, 1, item_fees={"fees": [{"sku": 7, "fees": [fee(74, -4), fee(74, -5)]}]}),
        accrual(-512.4, 2, non_item_fee=fee(96, "-512.4")),
        accrual(-70, 3, container_fees={"fees": [fee(97, -70)]}),
    )
    assert lines(found) == {
        "item:7:74": (PnlLine.SUBSCRIPTION, RUB("-9.00"), 0),
        "non_item:0:96": (PnlLine.PROMO, RUB("-512.40"), 0),
        "container:0:97": (PnlLine.LOGISTICS, RUB("-70.00"), 0),
    }
    assert [row.sku.ozon_id if row.sku else None for row in found.settlement] == [7, None, None]


def test_an_unknown_type_and_an_unknown_block_keep_their_money() -> None:
    found = normalised(
        accrual(-3, 1, non_item_fee=fee(999, -3)),
        accrual(-5, 2, accrued_category="CARRIER_PIGEON", pigeon_fees={"fees": []}),
    )
    assert [(row.line, row.amount) for row in found.settlement] == [
        (PnlLine.UNMAPPED, RUB("-3.00")),
        (PnlLine.UNMAPPED, RUB("-5.00")),
    ]
    assert "CARRIER_PIGEON" in found.settlement[1].operation


def test_a_broken_identity_is_noted_with_the_residual() -> None:
    found = normalised(posting("90.01", product(7, 100, -10)))
    assert sum(row.amount for row in found.settlement) == 90
    (note,) = found.unplaced
    assert (note.reason, note.amount, note.row_key) == (BROKEN_TOTAL, RUB("0.01"), "1:identity")


def test_a_day_started_over_counts_every_accrual_once_as_last_told() -> None:
    before = [accrual(-3, 1, non_item_fee=fee(46, -3)), accrual(-4, 2, non_item_fee=fee(46, -4))]
    after = [accrual(-3, 1, non_item_fee=fee(46, -3)), accrual(-6, 2, non_item_fee=fee(46, -6))]
    found = normalise_accruals([page(*before), page(*after)])
    assert sorted(row.amount for row in found.settlement) == [-6, -3]
    assert found.unplaced == []


def test_a_number_used_twice_on_a_page_loses_no_money() -> None:
    found = normalised(accrual(-3, 1, non_item_fee=fee(46, -3)), accrual(-4, 1, non_item_fee=fee(46, -4)))
    assert [row.amount for row in found.settlement] == [-3]
    assert [note.amount for note in found.unplaced] == [-4]


def test_a_bad_accrual_is_kept_apart_with_its_total() -> None:
    found = normalised(
        accrual(-3, 1, non_item_fee=fee(46, -3)),
        {**accrual(-4, 2, non_item_fee=fee(46, -4)), "date": "string"},
        accrual("много", 3),
        "начисление",
    )
    assert [row.row_id for row in found.settlement] == ["1"]
    assert [(note.row_key, note.amount) for note in found.unplaced] == [("2", -4), ("3", None), ("", None)]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"accruals": [', b'{"last_id": ""}', b'{"accruals": {}}'])
def test_a_broken_page_is_garbled_as_a_whole(body: bytes) -> None:
    with pytest.raises(Garbled):
        normalise_accruals([body])


def live_accruals() -> list[Path]:
    return sorted((SHARED / "samples" / "ozon" / "live").glob("accrual_by_day*.json"))


@pytest.mark.needs_shared
def test_no_published_live_accrual_loses_a_kopeck() -> None:
    if not live_accruals():
        pytest.skip("../shared with the published replies is not beside the repository")
    for path in live_accruals():
        body = path.read_bytes()
        found = normalise_accruals([body])
        told = sum((RUB(one["total_amount"]["amount"]) for one in json.loads(body)["accruals"]), RUB(0))
        assert sum((row.amount for row in found.settlement), RUB(0)) == told, path.name
        assert found.unplaced == [], path.name


@pytest.mark.needs_shared
def test_the_published_dictionary_has_the_names_that_we_know() -> None:
    found = sorted((SHARED / "samples" / "ozon" / "live").glob("accrual_types*.json"))
    if not found:
        pytest.skip("../shared with the published replies is not beside the repository")
    types = json.loads(found[0].read_text("utf-8"))["accrual_types"]
    drifted = not_as_we_know(AccrualType(one["id"], one["name"], one["description"]) for one in types)
    assert all(line_of(entry.id) is PnlLine.UNMAPPED for entry in drifted)


def test_a_product_is_a_row_for_each_of_its_skus() -> None:
    listed = b'{"result": {"items": [{"product_id": 1}], "last_id": ""}}'
    item = {
        "id": 1,
        "offer_id": "KRS-42",
        "name": "Кроссовки",
        "barcodes": ["OZN1"],
        "sku": 5,
        "sources": [{"sku": 5}, {"sku": 6}],
    }
    told = json.dumps({"items": [item, {"id": None}]}).encode()
    found = normalise_products([listed, told, told])
    assert [(row.product_id, row.ozon_id, row.article) for row in found.catalogue] == [
        (1, 5, "KRS-42"),
        (1, 6, "KRS-42"),
    ]
    assert len(found.unplaced) == 1


def level(sku: int, warehouse: int, available: int, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "warehouse_id": warehouse, "available_stock_count": available, **more}


def test_aggregates_of_clusters_are_not_stock_and_tags_are_summed() -> None:
    rows = [
        level(7, 0, 100),
        level(7, 20, 4, transit_stock_count=5, requested_stock_count=1000),
        level(7, 20, 3, valid_stock_count=2, return_from_customer_stock_count=1, inbound_replenishment=1),
        level(7, 21, "1"),
        level(0, 21, 1),
    ]
    page = Page(RequestKey("POST", "ozon", STOCKS.path, ""), json.dumps({"items": rows}).encode(), "")
    found = normalise_stocks([page], date(2026, 11, 20))
    assert [(row.warehouse, row.on_hand, row.in_transit) for row in found.stock] == [
        ("20", 7, 9),
        ("21", 1, 0),
    ]
    assert len(found.unplaced) == 1


@pytest.mark.parametrize(
    "pasted",
    [
        "1230007 9bbbde0b-f304-5915-8dfa-3dd70bb8397e",
        "Api-Key: 9BBBDE0B-F304-5915-8DFA-3DD70BB8397E\nClient-Id: 1230007",
    ],
)
def test_a_pasted_key_is_found_in_any_order(pasted: str) -> None:
    key = read_key(pasted)
    assert key == OzonKey("1230007", "9bbbde0b-f304-5915-8dfa-3dd70bb8397e")
    assert not re.search("9bbb", repr(key))


@pytest.mark.parametrize("pasted", ["", "1230007", "9bbbde0b-f304-5915-8dfa-3dd70bb8397e", "123 456 abc"])
def test_half_a_key_is_refused_in_a_sentence(pasted: str) -> None:
    with pytest.raises(TokenUnfit, match="Client-Id"):
        read_key(pasted)


def test_a_role_may_name_a_method_or_a_branch() -> None:
    roles = Roles(datetime(2027, 1, 1, tzinfo=UTC), ("x",), frozenset({"/v3/product", "/v1/roles"}))
    assert roles.missing(["/v3/product/list", "/v1/roles", "/v3/products"]) == ["/v3/products"]
