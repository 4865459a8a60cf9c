"""Costs beside the finance report as rows: fractions are not lost, nothing is doubled or feeds the P&L."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.marketplaces.errors import Garbled, NotReady, RateLimited
from app.marketplaces.rows import ChargeRow, ReturnRow, SkuRef, StorageRow
from app.marketplaces.source import Normalised, Source, window
from app.marketplaces.wb.charges import WbAcceptance, WbDeductions, WbMeasurements, WbSelfBuyouts
from app.marketplaces.wb.charges.rows import (
    normalise_acceptance,
    normalise_deductions,
    normalise_measurements,
    normalise_self_buyouts,
)
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.returns import WbItemReturns
from app.marketplaces.wb.returns.rows import normalise_returns
from app.marketplaces.wb.storage import WbStorage
from app.marketplaces.wb.storage.rows import normalise_storage
from tests.http.server import Answer
from tests.marketplaces.replay import replay, wb_client
from tests.marketplaces.wb.reading import opened, sample, told

D = date(2026, 11, 20)
RUB = Decimal
BUSY = Answer(429, b"{}", {"X-Ratelimit-Retry": "3600"})
NAMES = (
    "wb.storage",
    "wb.acceptance",
    "wb.deductions",
    "wb.measurements",
    "wb.self_buyouts",
    "wb.item_returns",
)
TASK = "cad56ec5-91ec-43a2-b5e8-efcf244cf309"
MADE = told({"data": {"taskId": TASK}})
DONE = told({"data": {"id": TASK, "status": "done"}})


def body(value: Any) -> list[bytes]:
    return [json.dumps(value).encode()]


def stored(**changes: Any) -> dict[str, Any]:
    row = {"date": "2026-11-19", "nmId": 7, "chrtId": 70, "warehouse": "Склад WB РФ", "size": "M"}
    return {**row, "barcode": "b", "vendorCode": "A", "warehousePrice": 0.004, "barcodesCount": 2, **changes}


# What was brought, from published examples


def brought(source: Source, d_from: date, d_to: date) -> Normalised:
    (unit,) = source.units(d_from, d_to)
    return source.normalise(unit, list(source.fetch(unit, "")))


def replayed(name: str, kind: type[Any], d_from: date, d_to: date) -> Normalised:
    """The recorded reply, asked for to the letter."""
    client: WbClient = wb_client()
    simple = kind in (WbSelfBuyouts, WbItemReturns)
    with client.transport, replay(name):
        return brought(kind(client) if simple else kind(client, WbPolicy()), d_from, d_to)


def test_the_published_storage() -> None:
    found = replayed("wb_storage_official", WbStorage, date(2023, 9, 24), date(2023, 10, 1))
    sku = SkuRef(nm_id=1234567, chrt_id=1234567, size="0", article="567383")
    d = date(2023, 10, 1)
    assert found.storage == [StorageRow(d, sku, "Склад WB РФ", "RUB", RUB("7.65"), 1, RUB("12.0000"))]
    assert found.unplaced == []


def test_the_published_acceptance() -> None:
    found = replayed("wb_acceptance_official", WbAcceptance, date(2025, 3, 1), date(2025, 3, 17))
    assert found.acceptance == [
        ChargeRow(
            d=date(2025, 3, 14),
            kind="acceptance",
            row_id="11834106:123456789",
            sku=SkuRef(nm_id=123456789),
            amount=RUB("-873.04"),
            currency="RUB",
            pieces=40,
            ref="11834106",
            note="",
        )
    ]


def test_the_published_deduction() -> None:
    found = replayed("wb_deductions_official", WbDeductions, date(2025, 6, 1), date(2025, 6, 30))
    (row,) = found.deductions
    assert (row.d, row.amount, row.note, row.ref) == (
        date(2025, 6, 2),
        RUB("-247.50"),
        "Подмена FBW",
        "26624352356",
    )
    assert row.sku == SkuRef(nm_id=544454, barcode="54532562", size="A", article="23535 Стемпинг 500")


def test_the_published_measurements() -> None:
    found = replayed("wb_measurements_official", WbMeasurements, date(2025, 6, 1), date(2025, 6, 30))
    assert [(row.d, row.row_id, row.amount) for row in found.measurements] == [
        (date(2025, 6, 2), "98151405", RUB("-449.83")),
        (date(2025, 6, 2), "97079587", RUB("-350.08")),
        (date(2025, 6, 2), "96989876", RUB("-501.60")),
    ]
    assert found.measurements[0].note == "больше карточки на 130,71 %"


def test_the_published_self_buyouts_are_thirty_percent_of_what_was_ordered() -> None:
    found = replayed("wb_self_buyouts_official", WbSelfBuyouts, date(2023, 8, 16), date(2023, 8, 29))
    (row,) = found.self_buyouts
    assert (row.d, row.amount, row.currency) == (date(2023, 8, 29), RUB("-1062.00"), "RUB")
    assert (row.sku, row.note) == (SkuRef(nm_id=123456789), "30 % от 3540,00")
    other = replayed("wb_self_buyouts_official", WbSelfBuyouts, date(2023, 8, 30), date(2023, 9, 12))
    assert other.self_buyouts == []


def test_the_published_return_by_its_old_names_and_by_the_new_ones() -> None:
    found = replayed("wb_item_returns_official", WbItemReturns, date(2024, 8, 1), date(2024, 8, 31))
    expected = ReturnRow(
        d=date(2024, 8, 26),
        return_id="ad3817664d3046c5a8d55054d8be96d6:23411783472",
        sku=SkuRef(nm_id=12862181, barcode="1680063403480", size="0"),
        status="В пути в пвз",
        reason="Возврат заблокированного товара: Цвет",
        place="Жуковский Улица Маяковского 19",
        done_on=date(2025, 3, 31),
    )
    assert found.returns == [expected]
    (old,) = sample("official_examples/12_get_api_v1_analytics_goods_return_200.json")["report"]
    renamed = {"barcode": "sku", "status": "returnStatus", "reason": "returnReason"}
    new = {renamed.get(name, name): value for name, value in old.items()}
    assert normalise_returns(body({"count": 1, "report": [new]})).returns == [expected]


# What must not get lost


def test_storage_is_added_up_before_it_is_rounded() -> None:
    """A hundred rows of 0.4 kopecks are 40 kopecks, not nothing."""
    found = normalise_storage(body([stored(giId=n) for n in range(100)]))
    (row,) = found.storage
    assert (row.cost, row.pieces) == (RUB("0.40"), 200)


def test_a_recalculation_stands_under_its_own_day_with_its_own_sign() -> None:
    again = stored(warehousePrice="-1,5", originalDate="2026-09-01", date="2026-11-18")
    found = normalise_storage(body([stored(warehousePrice="2"), again]))
    assert [(row.d.day, row.cost) for row in found.storage] == [(19, RUB("2.00")), (18, RUB("-1.50"))]


def test_storage_that_cannot_be_placed_keeps_its_money() -> None:
    rows = [stored(nmId=0), stored(date="вчера", warehousePrice=3), stored(warehousePrice="рубль"), 5]
    found = normalise_storage(body(rows))
    assert found.storage == []
    assert [note.amount for note in found.unplaced] == [RUB("0.00"), RUB("-3.00"), None, None]
    assert normalise_storage([b"", b"null"]).storage == []


def test_acceptance_told_in_parts_is_one_row() -> None:
    row = {"shkCreateDate": "2026-11-19", "incomeId": 5, "nmID": 7, "count": 2, "total": "0,335"}
    found = normalise_acceptance(body([row, row, {**row, "incomeId": 6}, {**row, "shkCreateDate": None}]))
    assert [(row.row_id, row.amount, row.pieces) for row in found.acceptance] == [
        ("5:7", RUB("-0.67"), 4),
        ("6:7", RUB("-0.34"), 2),
    ]
    assert [(note.row_key, note.amount) for note in found.unplaced] == [("5:7", RUB("-0.34"))]


def deduction(**changes: Any) -> dict[str, Any]:
    row = {"dtBonus": "2026-11-19T00:00:00Z", "nmId": 7, "oldShkId": 1, "newShkId": 2, "bonusSumm": 10}
    return {**row, "bonusType": "Подмена FBW", **changes}


def deductions(*rows: Any) -> Normalised:
    return normalise_deductions(body({"data": {"reports": rows, "total": len(rows)}}))


def test_equal_deductions_stay_two_and_a_corrected_one_is_the_same_row() -> None:
    first, second = deductions(deduction(), deduction()).deductions
    assert first.row_id != second.row_id
    (dearer,) = deductions(deduction(bonusSumm=12.5)).deductions
    assert (dearer.row_id, dearer.amount) == (first.row_id, RUB("-12.50"))


def test_a_deduction_stands_under_moscows_day() -> None:
    late = deduction(dtBonus="2026-11-19T21:30:00Z")
    assert [row.d.day for row in deductions(late, deduction()).deductions] == [20, 19]


def test_a_deduction_of_an_unknown_kind_or_without_a_card_is_kept() -> None:
    (row,) = deductions(deduction(bonusType="Неизвестно что", nmId=None)).deductions
    assert (row.sku, row.note, row.amount) == (None, "Неизвестно что", RUB("-10.00"))
    found = deductions(deduction(dtBonus=None), deduction(bonusSumm="x"))
    assert (found.deductions, [note.amount for note in found.unplaced]) == ([], [RUB("-10.00"), None])


def test_what_was_taken_back_of_a_fine_is_not_charged() -> None:
    def measured(**changes: Any) -> dict[str, Any]:
        row = {"dimId": 3, "nmId": 7, "dtBonus": "2026-11-19T00:00:00Z", "prcOver": 30.0}
        return {**row, "penaltyAmount": 50, "reversalAmount": 0, "isValid": True, **changes}

    rows = [
        measured(reversalAmount=50, isValid=False),
        measured(dimId=4, reversalAmount="20,5"),
        measured(dimId=5, dtBonus=None),
        measured(dimId=6, dtBonus=None, penaltyAmount=None),
        measured(dimId=7, penaltyAmount={}),
    ]
    found = normalise_measurements(body({"data": {"reports": rows, "total": 5}}))
    assert [(row.row_id, row.amount, row.note) for row in found.measurements] == [
        ("3", RUB("0.00"), "больше карточки на 30 %, замер отменён"),
        ("4", RUB("-29.50"), "больше карточки на 30 %"),
    ]
    assert [(note.row_key, note.amount) for note in found.unplaced] == [("5", RUB("-50.00")), ("7", None)]


def test_self_buyouts_of_another_currency_stay_in_it() -> None:
    week = {"nmID": 7, "sum": 100.01, "currency": "kzt", "dateFrom": "2026-11-11", "dateTo": "2026-11-17"}
    rows = {"details": [week, week, {**week, "currency": None}, {**week, "dateTo": ""}]}
    found = normalise_self_buyouts(body(rows), D.replace(day=1), D)
    assert [(row.currency, row.amount) for row in found.self_buyouts] == [
        ("KZT", RUB("-60.01")),
        ("RUB", RUB("-30.00")),
    ]
    assert [note.amount for note in found.unplaced] == [RUB("-30.00")]


@pytest.mark.parametrize("day", [None, "", "0001-01-01T00:00:00"])
def test_a_return_that_was_not_handed_over_has_no_day_of_it(day: str | None) -> None:
    row = {"orderDt": "2026-11-19", "shkId": 5, "nmId": 0, "returnStatus": "Новое слово", "completedDt": day}
    found = normalise_returns(body({"report": [row, {**row, "shkId": None}]}))
    (told_row,) = found.returns
    assert (told_row.done_on, told_row.sku, told_row.status) == (None, None, "Новое слово")
    assert [note.reason for note in found.unplaced] == ["нет номера возврата"]


# How they are asked


def test_none_of_it_feeds_the_profit() -> None:
    """Storage and charges explain lumps that the finance report holds: added again, they would be counted
    twice (facts 7.2)."""
    with opened(MADE) as (_, sources):
        kinds = {name: sources[name].brings for name in NAMES}
    feeding = {"settlement", "sales", "ad_charges", "cashflows", "compensations"}
    assert not feeding & {kind for brings in kinds.values() for kind in brings}
    base = WbPolicy()
    with opened(MADE, policy=base) as (_, sources):
        assert set(NAMES) <= sources.keys(), "open to base tokens too"


def test_windows_are_as_long_as_a_task_tells_and_the_last_is_whole() -> None:
    with opened(MADE) as (_, sources):
        assert [unit.name for unit in sources["wb.storage"].units(D.replace(day=3), D)] == [
            "2026-11-03..2026-11-04",
            "2026-11-05..2026-11-12",
            "2026-11-13..2026-11-20",
        ]
        assert sources["wb.acceptance"].units(D.replace(day=4), D) == [window(D.replace(day=4), D)]
        assert len(sources["wb.item_returns"].units(date(2026, 9, 20), D)) == 2


def test_a_task_is_asked_for_the_days_and_taken() -> None:
    rows = told([{"shkCreateDate": "2026-11-10", "incomeId": 5, "nmID": 7, "total": 10}])
    with opened(MADE, DONE, rows) as (stage, sources):
        found = brought(sources["wb.acceptance"], D.replace(day=4), D)
    assert [path for _, path, _ in stage.seen] == [
        "/seller-analytics-api/api/v1/acceptance_report?dateFrom=2026-10-21&dateTo=2026-11-20",
        f"/seller-analytics-api/api/v1/acceptance_report/tasks/{TASK}/status",
        f"/seller-analytics-api/api/v1/acceptance_report/tasks/{TASK}/download",
    ]
    assert [row.amount for row in found.acceptance] == [RUB("-10.00")]


def test_an_interrupted_task_is_found_again_and_one_that_is_gone_ordered_anew() -> None:
    with opened(MADE, told({"data": {"id": TASK, "status": "processing"}})) as (_, sources):
        pages = sources["wb.storage"].fetch(window(D, D), "")
        first = next(pages)
        with pytest.raises(NotReady):
            next(pages)
    assert first.cursor == TASK
    with opened(DONE, told([stored(warehousePrice=2)])) as (stage, sources):
        rest = list(sources["wb.storage"].fetch(window(D, D), first.cursor))
        assert len(stage.seen) == 2
        found = sources["wb.storage"].normalise(window(D, D), [first, *rest])
        assert [row.cost for row in found.storage] == [RUB("2.00")]
    gone = told({"title": "Not Found"}, 404)
    with opened(gone, MADE, DONE, told(None, 204)) as (_, sources):
        pages_again = list(sources["wb.storage"].fetch(window(D, D), first.cursor))
        found = sources["wb.storage"].normalise(window(D, D), [first, *pages_again])
    assert (len(pages_again), found.storage) == (2, [])


def test_a_report_that_was_cancelled_is_no_empty_report() -> None:
    with (
        opened(MADE, told({"data": {"id": TASK, "status": "canceled"}})) as (_, sources),
        pytest.raises(Garbled),
    ):
        list(sources["wb.storage"].fetch(window(D, D), ""))


@pytest.mark.parametrize(("name", "key"), [("wb.deductions", "bonusSumm"), ("wb.measurements", "dimId")])
def test_fines_are_paged_and_asked_with_a_margin(name: str, key: str) -> None:
    rows = [{key: n + 1, "dtBonus": "2026-11-19T00:00:00Z", "oldShkId": n} for n in range(1_003)]
    pages = [told({"data": {"reports": part, "total": 1_003}}) for part in (rows[:1_000], rows[1_000:])]
    with opened(*pages) as (stage, sources):
        found = brought(sources[name], D, D)
    assert len(found.deductions) + len(found.measurements) == 1_003
    asked = [path.partition("?")[2] for _, path, _ in stage.seen]
    assert all("dateFrom=2026-11-05T21%3A00%3A00Z&dateTo=2026-11-20T20%3A59%3A59Z" in each for each in asked)
    assert [each.rpartition("=")[2] for each in asked] == ["0", "1000"]


def test_paging_goes_on_where_a_spent_budget_stopped_it() -> None:
    rows = [{"orderDt": "2026-11-19", "shkId": n + 1} for n in range(1_000)]
    with opened(told({"count": 1_001, "report": rows}), BUSY) as (_, sources):
        pages = sources["wb.item_returns"].fetch(window(D, D), "")
        first = next(pages)
        with pytest.raises(RateLimited):
            next(pages)
    assert first.cursor == "1000"
    with opened(told(None, 204)) as (stage, sources):
        rest = list(sources["wb.item_returns"].fetch(window(D, D), first.cursor))
        assert "offset=1000" in stage.seen[0][1]
        assert len(sources["wb.item_returns"].normalise(window(D, D), [first, *rest]).returns) == 1_000


@pytest.mark.parametrize("name", ["wb.deductions", "wb.measurements", "wb.self_buyouts", "wb.item_returns"])
def test_a_page_of_another_shape_is_no_page(name: str) -> None:
    with opened(told({"data": {}})) as (_, sources), pytest.raises(Garbled):
        list(sources[name].fetch(window(D, D), ""))
