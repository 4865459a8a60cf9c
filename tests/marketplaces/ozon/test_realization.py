"""The realization report as two headers: which months are due, what a row is, what cannot be read."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.marketplaces.errors import Garbled, Refused
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.realization import OzonRealization, OzonRealizationPostings
from app.marketplaces.ozon.realization.rows import BROKEN, normalise_realization
from app.marketplaces.source import window
from app.sandbox.ozon.areas.realization import HEADER, Realization, sheet
from app.sandbox.world import World
from app.sandbox.xlsx import Row, workbook

UNIT = window(date(2026, 10, 1), date(2026, 10, 31))
RUB = Decimal


def side(amount: Any, fee: Any, **more: Any) -> dict[str, Any]:
    total = Decimal(str(amount)) - Decimal(str(fee)) + sum(Decimal(str(each)) for each in more.values())
    return {"quantity": 1, "amount": amount, "standard_fee": fee, "total": str(total), **more}


def row(number: int, sold: Any = None, returned: Any = None) -> dict[str, Any]:
    return {
        "rowNumber": number,
        "item": {"sku": 7, "offer_id": "KRS"},
        "delivery_commission": sold,
        "return_commission": returned,
    }


def report(*rows: Any, **header: Any) -> bytes:
    told = {"doc_date": "2026-11-05", "currency_sys_name": "RUB", **header}
    return json.dumps({"result": {"header": told, "rows": rows}}).encode()


def test_sales_and_returns_are_two_headers_at_the_sellers_price() -> None:
    sold = side(1168.57, "1379.54", bonus=1818.74, stars=11.69)
    found = normalise_realization([report(row(1, sold), row(2, side(100, 40), side(50, 20)))], UNIT)
    assert found.unplaced == []
    assert [(each.period, each.retail_amount, each.deduction, each.for_pay) for each in found.reports] == [
        ("realization", RUB("3099.00"), RUB("1419.54"), RUB("1679.46")),
        ("realization_return", RUB("50.00"), RUB("20.00"), RUB("30.00")),
    ]
    told = found.reports[0]
    assert (told.report_id, told.d_from, told.d_to) == (202610, date(2026, 10, 1), date(2026, 10, 31))
    assert (told.created_on, told.cashback_amount, told.additional) == (
        date(2026, 11, 5),
        RUB("1818.74"),
        RUB("11.69"),
    )


def test_returns_told_with_a_minus_mean_the_same() -> None:
    found = normalise_realization([report(row(1, None, side(-50, -20)))], UNIT)
    assert [(each.retail_amount, each.deduction) for each in found.reports] == [(0, 0), (50, 20)]


def test_the_report_by_posting_has_no_result_around_it() -> None:
    body = json.dumps(
        {"header": {"currency_sys_name": None}, "rows": [{**row(1, side(9, 2)), "row_number": 1}]}
    )
    (sold, _) = normalise_realization([body.encode()], UNIT).reports
    assert (sold.retail_amount, sold.currency, sold.created_on) == (9, "RUB", None)


def test_a_line_of_totals_is_not_counted_and_the_last_telling_is() -> None:
    totals = {**row(0, side(999, 1)), "item": None}
    found = normalise_realization([report(row(1, side(1, 0))), report(totals, row(1, side(2, 0)))], UNIT)
    assert found.reports[0].retail_amount == 2


def test_a_row_that_does_not_add_up_is_counted_and_noted() -> None:
    found = normalise_realization([report(row(1, {**side(100, 40), "total": 60.5}))], UNIT)
    assert found.reports[0].retail_amount == 100
    assert [(note.reason, note.amount, note.row_key) for note in found.unplaced] == [
        (BROKEN, RUB("0.50"), "202610:1")
    ]


def test_a_row_that_cannot_be_read_is_set_aside_with_its_money() -> None:
    bad = {**row(2, {**side(7, 2), "quantity": "много"}), "return_commission": side(1, 0)}
    found = normalise_realization([report(row(1, side(100, 40)), bad, "строка")], UNIT)
    assert found.reports[0].retail_amount == 100
    assert [(note.row_key, note.amount) for note in found.unplaced] == [("202610:2", 6), ("202610:", None)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"result": {"header": {}}}'])
def test_a_reply_of_another_shape_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        normalise_realization([body], UNIT)


@pytest.mark.parametrize(
    ("d_from", "d_to", "months"),
    [
        ("2026-10-20", "2026-11-04", []),
        ("2026-10-20", "2026-11-05", ["2026-10-01..2026-10-31"]),
        ("2026-08-31", "2026-10-05", ["2026-08-01..2026-08-31", "2026-09-01..2026-09-30"]),
        ("2026-12-10", "2027-01-05", ["2026-12-01..2026-12-31"]),
        ("2027-01-01", "2027-01-31", []),
    ],
)
def test_a_month_is_asked_for_from_the_6th_of_the_next(d_from: str, d_to: str, months: list[str]) -> None:
    source = OzonRealization(OzonClient(None))  # type: ignore[arg-type]
    units = source.units(date.fromisoformat(d_from), date.fromisoformat(d_to))
    assert [unit.name for unit in units] == months


class Answers:
    """In place of the transport."""

    def __init__(self, status: int) -> None:
        self.status = status

    def call(self, endpoint: Any, body: Any) -> Any:
        assert body == {"month": 10, "year": 2026}
        raise Refused("Ozon", endpoint.budget, self.status, "Report was not found")


def test_a_report_that_is_late_is_no_failure_and_another_refusal_is() -> None:
    assert list(OzonRealization(OzonClient(Answers(404))).fetch(UNIT, "")) == []  # type: ignore[arg-type]
    assert normalise_realization([], UNIT).reports == []
    with pytest.raises(Refused):
        list(OzonRealization(OzonClient(Answers(400))).fetch(UNIT, ""))  # type: ignore[arg-type]


# -- the file of a large month ---------------------------------------------------------------------------


def filed(*rows: Row, header: Row = HEADER) -> bytes:
    numbering = tuple(range(1, len(header) + 1))
    return workbook(
        [(None, "Реализация товаров"), (), header, numbering, *rows, ("Итого", *[None] * 4, RUB(999))]
    )


def line(number: int, sold: Sequence[Any] = (), returned: Sequence[Any] = ()) -> Row:
    """Seven cells a side: amount, partners, points, pieces, price, fee, total."""
    empty = [None] * 7
    return (
        number,
        "Кроссовки",
        "KRS",
        7,
        RUB(100),
        *(sold or empty),
        *(returned or empty),
        "1-2-3",
        "2026-10-02",
    )


def test_a_file_is_read_by_the_names_within_each_half() -> None:
    sold = (RUB("80.50"), RUB("9.50"), RUB(10), 1, RUB("80.50"), RUB(40), RUB(60))
    back = (RUB(50), RUB(0), RUB(0), 1, RUB(50), RUB(20), RUB(30))
    found = normalise_realization([filed(line(1, sold), line(2, sold, back))], UNIT)
    assert found.unplaced == []
    assert [(each.retail_amount, each.deduction, each.payout) for each in found.reports] == [
        (RUB("200.00"), RUB("80.00"), RUB("120.00")),
        (RUB("50.00"), RUB("20.00"), RUB("30.00")),
    ]


def test_a_file_s_line_that_does_not_add_up_or_cannot_be_read_is_set_aside() -> None:
    off = (RUB(100), RUB(0), RUB(0), 1, RUB(100), RUB(40), RUB("60.25"))
    bad = (RUB(100), "много", RUB(0), 1, RUB(100), RUB(40), RUB(60))
    found = normalise_realization([filed(line(1, off), line(2, bad))], UNIT)
    assert found.reports[0].retail_amount == 100
    told = [(note.row_key, note.amount) for note in found.unplaced]
    assert sorted(told) == [("202610:1", RUB("0.25")), ("202610:2", RUB(60))]


@pytest.mark.parametrize("header", [HEADER[:5], tuple(each for each in HEADER if "вознагр" not in str(each))])
def test_a_file_with_other_columns_is_garbled_and_not_guessed(header: Row) -> None:
    with pytest.raises(Garbled):
        normalise_realization([filed(header=header)], UNIT)


def test_the_file_of_a_month_says_what_its_json_says() -> None:
    told, october = Realization(World(7, skus=20, days=37, today=date(2026, 11, 5))), date(2026, 10, 1)
    reply = asyncio.run(told.by_posting({"month": 10, "year": 2026}))
    assert isinstance(reply.body, bytes)
    of_json = normalise_realization([reply.body], UNIT)
    of_file = normalise_realization([workbook(sheet(told, october))], UNIT)
    assert of_file.unplaced == of_json.unplaced == []
    assert [each._replace(created_on=None) for each in of_json.reports] == of_file.reports
    assert min(each.retail_amount for each in of_file.reports) > 0


def test_nights_ask_by_posting_while_a_month_is_young_and_a_backfill_asks_for_it_whole() -> None:
    source = OzonRealizationPostings(OzonClient(None), OzonPolicy())  # type: ignore[arg-type]

    def asked(d_from: str, d_to: str) -> list[str]:
        return [unit.name[:7] for unit in source.units(date.fromisoformat(d_from), date.fromisoformat(d_to))]

    assert asked("2026-10-06", "2026-11-05") == ["2026-10"]
    assert asked("2026-10-15", "2026-11-14") == ["2026-10"]
    assert asked("2026-10-16", "2026-11-15") == []
    assert asked("2026-09-01", "2026-11-15") == ["2026-09", "2026-10"]
