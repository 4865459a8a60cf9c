"""The balance, payouts, placement and compensations of Ozon as rows, and how their pages are turned."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.marketplaces.errors import Garbled
from app.marketplaces.ozon import money
from app.marketplaces.ozon.compensations.rows import normalise_compensations
from app.marketplaces.ozon.money.calls import CASH_PAGE
from app.marketplaces.ozon.money.rows import normalise_balance, normalise_cash_flows
from app.marketplaces.ozon.placement.rows import normalise_placement
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.rows import CashflowRow, ReportRow, SkuRef
from app.marketplaces.source import Normalised, Page, RequestKey
from app.sandbox.xlsx import workbook
from tests.marketplaces.ozon.reading import body_asked, opened, told
from tests.marketplaces.replay import ozon_client, replay

D = date(2026, 11, 19)


def page(body: Any, d: date = D) -> Page:
    asked = json.dumps({"body": {"date_from": str(d), "date_to": str(d)}})
    return Page(RequestKey("POST", "ozon", "/x", asked), json.dumps(body).encode(), "")


def rub(value: Any) -> dict[str, Any]:
    return {"currency_code": "RUB", "value": value}


def balance(
    opening: Any = 100, accrued: Any = 50, closing: Any = 120, payments: Any = None
) -> dict[str, Any]:
    total = {"opening_balance": rub(opening), "accrued": rub(accrued), "closing_balance": rub(closing)}
    return {"total": total | {"payments": [rub(-30)] if payments is None else payments}}


def report(body: dict[str, Any]) -> ReportRow:
    (row,) = normalise_balance([page(body)]).reports
    return row


def test_a_balance_is_the_day_s_close_and_a_total_for_the_day_s_accruals() -> None:
    flows = {
        "sales": {"amount": rub(90), "fee": rub("-18.00"), "amount_details": {"points_for_discounts": "3"}},
        "returns": {"amount": rub(-10), "fee": rub(2)},
        "services": [{"name": "Logistic", "amount": rub(-12.5)}, {"name": "Placements", "amount": rub(-1.5)}],
    }
    out = normalise_balance([page(balance() | {"cashflows": flows})])
    assert [tuple(row) for row in out.balances] == [(D, "RUB", Decimal("120.00"), None)]
    (row,) = out.reports
    assert (row.period, row.report_id, row.d_from, row.d_to) == ("accrual", 20261119, D, D)
    assert (row.payout, row.for_pay, row.deduction) == (Decimal(50), Decimal(64), Decimal(14))
    assert (row.schedule, row.additional) == (Decimal(30), Decimal(0))
    assert out.unplaced == []


@pytest.mark.parametrize(
    ("payments", "paid", "gap"),
    [
        ([rub(-30)], 30, 0),
        ([rub(30)], 30, 0),  # with the other sign the day adds up as well
        (rub(-30), 30, 0),  # an object in place of the list
        ([rub(-20), rub(-10)], 30, 0),
        ([rub("-29.99")], "29.99", "-0.01"),
        ([rub(35)], 35, 5),
        ([], 0, -30),
    ],
)
def test_opening_and_accrued_less_paid_is_closing_or_the_gap_is_shown(
    payments: Any, paid: Any, gap: Any
) -> None:
    row = report(balance(payments=payments))
    assert (row.schedule, row.additional) == (Decimal(str(paid)), Decimal(str(gap)))


@pytest.mark.parametrize("told", [30, -30])
def test_money_taken_from_the_seller_is_no_payout(told: int) -> None:
    row = report(balance(opening=-80, accrued=50, closing=0, payments=[rub(told)]))
    assert (row.schedule, row.additional) == (Decimal(-30), Decimal(0))


def test_nulls_are_nothing_and_an_unreadable_day_is_seen() -> None:
    body = balance(accrued=20, closing=120, payments=[]) | {"cashflows": None}
    body["total"]["payments"] = None
    assert report(body).payout == Decimal(20)
    body["cashflows"] = {"sales": None, "returns": {"amount": None}, "services": None}
    assert report(body).for_pay == 0
    body["total"]["accrued"] = rub("много")
    out = normalise_balance([page(body)])
    assert (out.balances, out.reports) == ([], [])
    (row,) = out.unplaced
    assert (row.row_key, row.d, row.reason) == (f"balance:{D}", D, "не читается: total.accrued.value")


def test_each_day_is_asked_for_and_an_interruption_goes_on_there() -> None:
    with opened(money.sources, told(balance())) as (_, sources):
        source = sources["ozon.balance"]
        (unit,) = source.units(date(2026, 11, 17), D)
        pages = list(source.fetch(unit, ""))
        assert [each.cursor for each in pages] == ["2026-11-18", "2026-11-19", ""]
        asked = [body_asked(each) for each in pages]
        assert asked == [{"date_from": d, "date_to": d} for d in ("2026-11-17", "2026-11-18", "2026-11-19")]
        assert [body_asked(each)["date_from"] for each in source.fetch(unit, "2026-11-19")] == ["2026-11-19"]
        twice = [pages[0], *pages]
        assert len(source.normalise(unit, twice).balances) == 3, "a day asked for again counts once"
    with opened(money.sources, told({"total": None})) as (_, sources), pytest.raises(Garbled):
        list(sources["ozon.balance"].fetch(unit, ""))


def statement(number: int = 7, end: str = "2026-11-15T23:59:59Z", **told: Any) -> dict[str, Any]:
    usual = {
        "period": {"id": number, "begin": "2026-11-09T00:00:00Z", "end": end},
        "begin_balance_amount": 100,
        "delivery": {"total": 60, "amount": 80},
        "return": {"total": -10},
        "services": {"total": -20},
        "others": {"total": -5},
        "rfbs": {"total": 5},
        "loan": 0,
        "payments": [{"payment": -30, "currency_code": "RUB"}],
        "end_balance_amount": 100,
    }
    return usual | told


def cash(details: Any, d_from: date = date(2026, 11, 1), d_to: date = D) -> Normalised:
    return normalise_cash_flows([page({"result": {"cash_flows": [], "details": details}})], d_from, d_to)


def payout(amount: Any, place: Any = 1, number: int = 7, kind: str = "payout") -> CashflowRow:
    key = f"ozon-statement:{number}:{place}"
    return CashflowRow(key, date(2026, 11, 15), kind, Decimal(str(amount)), "RUB", str(number))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, [payout(30)]),
        (
            {"payments": {"payment": -30, "currency_code": "RUB"}},
            [payout(30)],
        ),  # an object in place of a list
        ({"payments": [{"payment": 30}]}, [payout(30)]),  # adds up only as money that left
        (
            {"payments": [{"payment": -10}, {"payment": 0}, {"payment": "-20,00"}]},
            [payout(10), payout(20, 3)],
        ),
        ({"payments": [{"payment": -31}]}, [payout(31)]),  # adds up no way
        ({"payments": None}, []),
        ({"loan": -7, "payments": []}, [payout(-7, "loan", kind="loan")]),
        ({"return": None, "rfbs": None, "end_balance_amount": None}, [payout(30)]),
    ],
)
def test_payments_are_money_that_reached_the_seller(told: Any, expected: list[CashflowRow]) -> None:
    assert cash([statement(**told)]).cashflows == expected


def test_details_are_a_list_or_one_object_and_are_counted_once() -> None:
    assert cash(statement()).cashflows == [payout(30)]
    assert cash([statement(), statement()]).cashflows == [payout(30)]
    assert cash(None).cashflows == []


def test_a_period_that_is_not_over_waits_and_one_before_the_window_is_another_unit_s() -> None:
    assert cash([statement(end="2026-11-20T23:59:59Z")]).cashflows == []
    assert cash([statement(end="2026-10-31T23:59:59Z")]).cashflows == []


def test_a_statement_that_cannot_be_read_is_seen_and_spoils_no_other() -> None:
    out = cash([statement(8, payments=[{"payment": "?"}]), statement()])
    assert out.cashflows == [payout(30)]
    (row,) = out.unplaced
    assert (row.row_key, row.d) == ("statement:8", date(2026, 11, 15))


def test_statements_end_with_a_short_page_or_one_that_repeats() -> None:
    def full(first: int) -> Any:
        details = [statement(first + n) for n in range(CASH_PAGE)]
        return told({"result": {"details": details, "cash_flows": []}})

    def turned(*script: Any, cursor: str = "") -> list[tuple[int, str]]:
        with opened(money.sources, *script) as (_, sources):
            source = sources["ozon.cashflows"]
            (unit,) = source.units(date(2026, 9, 1), D)
            return [(body_asked(each)["page"], each.cursor) for each in source.fetch(unit, cursor)]

    assert turned(full(1), full(1_000), told({"result": {"details": []}})) == [(1, "2"), (2, "3"), (3, "")]
    assert turned(full(1)) == [(1, "2"), (2, "")], "the same page for ever"
    assert turned(told({"result": {"details": [], "cash_flows": None}}), cursor="3") == [(3, "")]
    with pytest.raises(Garbled):
        turned(told({"result": None}))


def test_statements_of_years_are_asked_for_by_the_year() -> None:
    with opened(money.sources, told({})) as (_, sources):
        spans = [(u.d_to - u.d_from).days for u in sources["ozon.cashflows"].units(date(2024, 1, 1), D)]
    assert max(spans) == 364


def replayed(name: str, source: str, d_from: date, d_to: date) -> Normalised:
    """What a published reply is read as."""
    client = ozon_client()
    with client.transport, replay(name):
        feed = {each.name: each for each in money.sources(client, OzonPolicy())}[source]
        (unit,) = feed.units(d_from, d_to)
        return feed.normalise(unit, list(feed.fetch(unit, "")))


def test_the_official_examples_are_read() -> None:
    day = date(2019, 8, 24)
    out = replayed("ozon_balance_official", "ozon.balance", day, day)
    (row,) = out.reports
    assert (len(out.balances), row.payout, row.additional, out.unplaced) == (1, 0, 0, [])
    year = date(2023, 1, 1), date(2023, 12, 31)
    out = replayed("ozon_cashflows_official", "ozon.cashflows", *year)
    assert (out.cashflows, out.unplaced) == ([], []), "its only payment is 0"


PLACEMENT = (
    "Дата",
    "SKU",
    "Артикул",
    "Категория товара",
    "Описательный тип",
    "Склад",
    "Признак товара",
    "Суммарный объем в миллилитрах",
    "Кол-во экземпляров",
    "Платный объем в миллилитрах",
    "Кол-во платных экземпляров",
    "Начисленная стоимость размещения",
)


def placed(*rows: Any) -> Normalised:
    return normalise_placement(workbook([PLACEMENT, *rows]), date(2026, 11, 1), D)


def row_of(cost: Any, d: Any = D, sku: Any = 11, mark: str = "Обычный", pieces: Any = 3) -> tuple[Any, ...]:
    return (d, sku, "KRS-42", "К", "Т", "ХОРУГВИНО_РФЦ", mark, 4500, pieces, 4500, pieces, cost)


def test_placement_is_a_row_for_a_sku_in_a_warehouse_on_a_day() -> None:
    out = placed(row_of(Decimal("63.5")), row_of("0,005", mark="Сверхгабарит"), row_of(1, d="2026-11-18"))
    assert [tuple(each) for each in out.storage] == [
        (D, SkuRef(ozon_id=11, article="KRS-42"), "ХОРУГВИНО_РФЦ", "RUB", Decimal("63.50"), 6, Decimal(9)),
        (
            date(2026, 11, 18),
            SkuRef(ozon_id=11, article="KRS-42"),
            "ХОРУГВИНО_РФЦ",
            "RUB",
            Decimal(1),
            3,
            Decimal("4.5"),
        ),
    ]


def test_fractions_of_a_kopeck_are_added_up_before_they_are_rounded() -> None:
    out = placed(*(row_of("0.004", mark=str(n)) for n in range(10)))
    assert [each.cost for each in out.storage] == [Decimal("0.04")]


def test_a_row_of_another_day_is_not_taken_and_a_bad_one_keeps_its_cost() -> None:
    out = placed(row_of(5, d=date(2026, 10, 31)), row_of(7, sku="нет"), row_of("?"), row_of(2))
    assert [each.cost for each in out.storage] == [Decimal(2)]
    assert [each.amount for each in out.unplaced] == [Decimal(-7), None]
    assert "не читается: sku" in out.unplaced[0].reason


def test_placement_without_its_columns_is_not_an_empty_report() -> None:
    with pytest.raises(Garbled, match="нет столбцов"):
        normalise_placement(workbook([("Дата", "SKU", "Стоимость"), (D, 1, 2)]), D, D)
    assert normalise_placement(workbook([PLACEMENT]), D, D).storage == []


COMPENSATION = (
    "№",
    "Название товара",
    "Артикул",
    "SKU",
    "Штрих-код",
    "Кол-во",
    "Тип компенсации",
    "Действительная стоимость товара",
    "Действительная стоимость - всего",
    "Уменьшено на сумму",
)
MONTH_END = date(2026, 10, 31)


def compensated(*rows: Any, due: str = "Итого к начислению, RUB") -> bytes:
    return workbook([("Отчет о компенсациях № 77 от 05.11.2026",), (), (*COMPENSATION, due), *rows])


def lost(due: Any, sku: Any = 11, why: str = "Потеря", number: int = 1) -> tuple[Any, ...]:
    return (number, "Нож", "KRS-42", sku, "460123", 2, why, 100, 200, 100, due)


def test_compensations_are_income_and_what_is_taken_back_is_not() -> None:
    out = normalise_compensations(
        compensated(lost("100,50"), ("Итого", *(None,) * 9, "100,50")), compensated(lost(40)), MONTH_END
    )
    given, taken = out.compensations
    assert (given.amount, taken.amount) == (Decimal("100.50"), Decimal(-40))
    assert (given.d, given.kind, given.pieces, given.note, given.ref) == (
        MONTH_END,
        "compensations",
        2,
        "Потеря",
        "2026-10",
    )
    assert given.sku == SkuRef(ozon_id=11, article="KRS-42", barcode="460123")
    assert given.row_id != taken.row_id
    assert out.unplaced == []


def test_a_corrected_sum_is_the_same_row_and_equal_rows_are_several() -> None:
    def rows(*dues: Any) -> list[Any]:
        return normalise_compensations(compensated(*map(lost, dues)), b"", MONTH_END).compensations

    before, after = rows(10, 20), rows(10, 25)
    assert [row.row_id for row in before] == [row.row_id for row in after]
    assert len({row.row_id for row in before}) == 2


@pytest.mark.parametrize(
    "name", ["Итого к удержанию, руб.", "Итого к списанию", "Итого к начислению", "Итого"]
)
def test_what_is_taken_back_is_found_under_any_name_of_its_sum(name: str) -> None:
    (row,) = normalise_compensations(b"", compensated(lost(40), due=name), MONTH_END).compensations
    assert row.amount == Decimal(-40)
    (signed,) = normalise_compensations(b"", compensated(lost(-40), due=name), MONTH_END).compensations
    assert signed.amount == Decimal(-40), "told negative, it is signed already"


def test_a_row_whose_sum_cannot_be_found_is_seen() -> None:
    out = normalise_compensations(compensated(lost(40), due="К выплате"), compensated(lost("?")), MONTH_END)
    assert out.compensations == []
    assert [(row.row_key, row.d, row.amount) for row in out.unplaced] == [
        ("given:2026-10-31:1:11", MONTH_END, None),
        ("taken:2026-10-31:1:11", MONTH_END, None),
    ]


def test_no_document_is_no_rows() -> None:
    assert normalise_compensations(b"", b"", MONTH_END).compensations == []
