"""Rates of Wildberries as rows: exact decimals, what is not told is not there."""

import json
from datetime import date
from typing import Any

from app.marketplaces.source import Unit
from app.marketplaces.wb.rates.rows import normalise_commission, normalise_tariffs
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import TokenType
from tests.marketplaces.replay import replay, wb_client
from tests.marketplaces.wb.reading import PERSONAL, page, sample

D = date(2024, 1, 15)
TODAY = Unit("now", D, D)


def fetched(name: str, cassette: str) -> Any:
    client = wb_client(TokenType.PERSONAL)
    with replay(cassette), client.transport:
        (source,) = [s for s in wb_sources(client, PERSONAL) if s.name == name]
        return source.normalise(TODAY, list(source.fetch(TODAY, "")))


def box(**changes: Any) -> Any:
    row = {"warehouseName": "Коледино", "boxDeliveryBase": "48", **changes}
    return page("/api/v1/tariffs/box", {"response": {"data": {"warehouseList": [row]}}})


def test_the_published_commission() -> None:
    found = fetched("wb.commission", "wb_commission_official")
    (rule,) = found.commissions
    assert rule.dt_from == D
    assert json.loads(rule.rule_json) == {
        "subjects": {
            "6461": {
                "name": "Оборудование зуботехническое",
                "fbw": "15.5",
                "fbs": "15.5",
                "dbs": "12.5",
                "express": "3",
                "pickup": "14.5",
                "booking": "14.5",
            }
        }
    }


def test_the_published_tariffs() -> None:
    found = fetched("wb.tariffs", "wb_tariffs_official")
    assert found.unplaced == []
    rows = {(row.d, row.kind, row.place): json.loads(row.terms) for row in found.tariffs}
    assert rows[D, "box", "Свой склад СГТ РФ"] == {
        "delivery_base": "48",
        "delivery_liter": "11.2",
        "delivery_percent": "160",
        "fbs_base": "40",
        "fbs_liter": "11",
        "fbs_percent": "125",
        "storage_base": "0.14",
        "storage_liter": "0.07",
        "storage_percent": "115",
    }
    assert rows[D, "pallet", "СЦ Брест"]["storage_pallet"] == "35.65"
    returns = rows[D, "return", "Склад WB РФ"]
    assert (returns["kgt_office_base"], returns["kgt_unclaimed"], returns["office_liter"]) == (
        "1039",
        "1050",
        "9.1",
    )
    assert len(rows) == 3


def test_a_dash_is_no_tariff_and_no_zero() -> None:
    body = sample("real/tariffs_box_2025-11.json")
    found = normalise_tariffs([page("/api/v1/tariffs/box", body)], D)
    rows = {row.place: json.loads(row.terms) for row in found.tariffs}
    assert "fbs_base" not in rows["Цифровой склад"]
    assert rows["Цифровой склад"]["storage_base"] == "0.07"
    assert rows["Коледино"]["delivery_liter"] == "27.3"


def test_a_term_of_another_kind_is_set_aside_with_its_warehouse() -> None:
    found = normalise_tariffs(
        [box(boxDeliveryBase="дорого"), box(warehouseName=""), box(boxDeliveryBase=48.0)], D
    )
    assert [(each.row_key, each.reason) for each in found.unplaced] == [
        ("box:Коледино", "не читается: boxDeliveryBase"),
        ("box:", "не читается: warehouseName"),
    ]
    assert [json.loads(row.terms) for row in found.tariffs] == [{"delivery_base": "48"}]


def test_equal_rates_written_otherwise_are_one_rule() -> None:
    fee = {"subjectID": 1, "subjectName": "Кружки"}
    one, other = (
        normalise_commission([json.dumps({"report": [fee | told]}).encode()], D).commissions
        for told in ({"paidStorageKgvp": 24.50, "kgvpPickup": None}, {"paidStorageKgvp": "24,5"})
    )
    assert one == other
    none = normalise_commission([json.dumps({"report": [{"subjectName": "?"}]}).encode()], D)
    assert (none.commissions, len(none.unplaced)) == ([], 1)
