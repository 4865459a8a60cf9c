"""Wildberries cards, sales and stock as rows: signs, days, pseudo-warehouses, bad rows."""

import json
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.marketplaces.errors import Garbled
from app.marketplaces.source import Normalised
from app.marketplaces.wb.normalize import normalise_cards, normalise_remains, normalise_sales

RUB = Decimal
D = date(2026, 11, 20)


def sale(**told: Any) -> dict[str, Any]:
    base = {
        "saleID": "S1",
        "date": "2026-11-20T23:30:00",
        "nmId": 111,
        "barcode": "2038",
        "warehouseName": "Склад WB",
        "warehouseType": "Склад WB",
        "priceWithDisc": 1000,
        "forPay": 760.5,
    }
    return {**base, **told}


def sales(*rows: Any, zone: str = "Europe/Moscow") -> Normalised:
    return normalise_sales([json.dumps(rows).encode()], ZoneInfo(zone))


def test_a_sale_counts_a_piece_and_its_price() -> None:
    (row,) = sales(sale()).sales
    assert (row.qty, row.refunds_qty, row.revenue_gross, row.refunds_amount) == (1, 0, RUB("1000.00"), RUB(0))
    assert (row.commission_amount, row.channel) == (RUB("239.50"), "FBO")


@pytest.mark.parametrize("price", [-160, 70])
def test_the_letter_of_the_id_makes_a_return_whatever_the_sign_of_its_money(price: int) -> None:
    """Published fixtures disagree: −160 in one, +70 in another."""
    (row,) = sales(sale(saleID="R2", priceWithDisc=price, forPay=price)).sales
    assert (row.qty, row.refunds_qty) == (0, 1)
    assert (row.revenue_gross, row.refunds_amount, row.commission_amount) == (0, abs(price), 0)


def test_while_the_payout_is_not_known_there_is_no_commission() -> None:
    """forPay may be 0 for up to 24 hours: that is not a commission of 100 %."""
    assert sales(sale(forPay=0)).sales[0].commission_amount == 0


def test_the_day_is_moscows_unless_set_otherwise() -> None:
    late = sale(date="2026-11-21T01:30:00")
    assert sales(late).sales[0].d == date(2026, 11, 21)
    assert sales(late, zone="UTC").sales[0].d == D


def test_a_bad_sale_is_kept_apart_with_its_money() -> None:
    found = sales(
        sale(),
        sale(saleID="R3", date="позже"),
        sale(saleID="D4"),
        sale(saleID="S5", priceWithDisc=[1]),
        sale(nmId=0),
        7,
    )
    assert [row.event_id for row in found.sales] == ["S1"]
    assert [(note.row_key, note.amount) for note in found.unplaced] == [
        ("R3", RUB("-1000.00")),
        ("D4", RUB("1000.00")),
        ("S5", None),
        ("S1", RUB("1000.00")),
        ("", None),
    ]


def test_text_that_a_database_refuses_is_cleaned() -> None:
    found = sales(sale(barcode="20\u000038", warehouseName="\ud800 Минск "), sale(saleID="S9\u0000", date=1))
    assert (found.sales[0].sku.barcode, found.sales[0].warehouse) == ("2038", "? Минск")
    note = found.unplaced[0]
    note.payload.encode("utf-8")
    assert "\\u0000" not in note.payload


def remains(*rows: Any) -> Normalised:
    bodies = [b'{"data": {"taskId": "t-1"}}', json.dumps(rows).encode()]
    return normalise_remains(bodies, D)


def stock_row(**places: int) -> dict[str, Any]:
    warehouses = [{"warehouseName": name, "quantity": number} for name, number in places.items()]
    return {"nmId": 111, "barcode": "2038", "techSize": "M", "warehouses": warehouses}


def test_pseudo_warehouses_do_not_double_the_stock() -> None:
    found = remains(
        stock_row(
            **{
                "В пути до получателей": 14,
                "В пути возвраты на склад WB": 4,
                "Всего находится на складах": 15,
                "Котовск": 10,
                "Минск": 5,
            }
        )
    )
    assert sum(row.on_hand for row in found.stock) == 15
    assert [(row.warehouse, row.in_transit) for row in found.stock if row.in_transit] == [("", 4)]
    assert found.unplaced == []
    assert {row.d for row in found.stock} == {D}


def test_a_total_that_does_not_fit_is_shown() -> None:
    found = remains(stock_row(**{"Всего находится на складах": 16, "Котовск": 10}))
    assert "10 не равна итогу 16" in found.unplaced[0].reason
    assert [row.on_hand for row in found.stock] == [10]


def test_of_two_downloads_the_last_one_counts() -> None:
    bodies = [json.dumps([stock_row(Котовск=number)]).encode() for number in (3, 8)]
    assert [row.on_hand for row in normalise_remains(bodies, D).stock] == [8]


def test_a_card_is_as_many_rows_as_sizes() -> None:
    card = {
        "nmID": 1,
        "vendorCode": "KRS-42",
        "sizes": [
            {"chrtID": 10, "techSize": "S", "skus": ["a", "b", "a", None]},
            {"chrtID": 11, "techSize": "M", "skus": None},
        ],
    }
    found = normalise_cards([json.dumps({"cards": [card, {"nmID": 2}, {"nmID": "x"}]}).encode()])
    told = [(row.nm_id, row.chrt_id, row.size, row.barcodes) for row in found.catalogue]
    assert told == [(1, 10, "S", ("a", "b")), (1, 11, "M", ()), (2, None, "", ())]
    assert [note.row_key for note in found.unplaced] == ["x"]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"cards": 1}', b'{"cards": [{"nmID": 1}'])
def test_a_broken_page_of_cards_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        normalise_cards([body])
