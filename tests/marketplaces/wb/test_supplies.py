"""Deliveries to Wildberries as rows: which are asked about, how a night goes on, what a base token sees."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.marketplaces.errors import RateLimited
from app.marketplaces.rows import SkuRef, SupplyLineRow, SupplyRow
from app.marketplaces.source import Normalised, window
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.supplies import calls
from app.marketplaces.wb.supplies.rows import normalise_supplies
from app.marketplaces.wb.token import TokenType
from tests.http.server import Answer
from tests.marketplaces.replay import replay, wb_client
from tests.marketplaces.wb.reading import PERSONAL, opened, page, told

PATH = "/api/v1/supplies"
D = date(2026, 11, 20)
UNIT = window(date(2026, 11, 7), D)
PAID_BY_BASE = WbPolicy(token_type=TokenType.BASE)


def listed(number: int | None, status: int, created: str = "2026-11-10", **changes: Any) -> dict[str, Any]:
    stamp = f"{created}T16:58:26+03:00"
    told_of = {
        "supplyID": number,
        "preorderID": 900,
        "statusID": status,
        "createDate": stamp,
        "phone": "+7 916",
    }
    return told_of | changes


def line(**changes: Any) -> dict[str, Any]:
    return {"nmID": 7, "barcode": "20", "techSize": "0", "vendorCode": "A", "quantity": 5, **changes}


def official() -> Normalised:
    client = wb_client(TokenType.PERSONAL)
    unit = window(date(2024, 8, 1), date(2024, 12, 30))
    with replay("wb_supplies_official"), client.transport:
        (source,) = [s for s in wb_sources(client, PERSONAL) if s.name == "wb.supplies"]
        return source.normalise(unit, list(source.fetch(unit, "")))


def test_the_published_deliveries() -> None:
    found = official()
    draft, *others = found.supplies
    created = date(2024, 12, 29)
    assert draft == SupplyRow("draft:34597755", "draft", "", created, None, None, None, None, None, None)
    # The example of a delivery's own page says «accepted» of whichever is asked about.
    assert [(row.supply_id, row.status, row.warehouse) for row in others] == [
        ("26596368", "accepted", "Коледино"),
        ("22677736", "accepted", "Коледино"),
    ]
    assert (others[1].planned_on, others[1].fact_on) == (date(2024, 8, 22), date(2024, 8, 22))
    assert [(row.quantity, row.accepted, row.ready, row.acceptance_cost) for row in others] == [
        (10, 10, 0, Decimal("5000.00"))
    ] * 2
    sku = SkuRef(987456654, barcode="1234567891234", size="C", article="wb4sewt0vg")
    assert found.supply_lines == [
        SupplyLineRow("26596368", sku, 10, 0, 0),
        SupplyLineRow("22677736", sku, 10, 0, 0),
    ]
    assert found.unplaced == []


def test_what_was_accepted_long_ago_is_neither_asked_about_nor_told() -> None:
    rows = [
        listed(1, 5, "2026-09-01", updatedDate="2026-09-20T10:00:00+03:00"),
        listed(2, 5, "2026-09-01", updatedDate="2026-11-07T10:00:00+03:00"),
        listed(3, 2, "2026-05-01"),
        listed(None, 1),
    ]
    script = [told(rows), *(told(body) for _ in range(2) for body in ({"quantity": 5}, [line()]))]
    with opened(*script) as (stage, sources):
        pages = list(sources["wb.supplies"].fetch(UNIT, ""))
        found = sources["wb.supplies"].normalise(UNIT, pages)
    assert [each.key.path for each in pages] == [
        PATH,
        *(f"{PATH}/{number}{tail}" for number in (2, 3) for tail in ("", "/goods")),
    ]
    assert pages[-1].cursor == ""
    assert [row.supply_id for row in found.supplies] == ["2", "3", "draft:900"]
    assert [(row.supply_id, row.quantity) for row in found.supply_lines] == [("2", 5), ("3", 5)]
    assert len(stage.seen) == 5


def test_a_night_goes_on_with_what_was_not_asked_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAGE", 2)
    first, second = [listed(1, 4), listed(2, 5)], [listed(3, 3)]
    refused = Answer(429, b"{}", {"X-Ratelimit-Retry": "60"})
    script = [told(first), told(second), told({"quantity": 9}), told([line(), line(barcode="21")]), refused]
    rest = [told([line(barcode="22")]), *(told(b) for _ in range(2) for b in ({"quantity": 5}, []))]
    with opened(*script, *rest) as (_, sources):
        source, kept = sources["wb.supplies"], []
        with pytest.raises(RateLimited):
            kept += list(iter_into(source.fetch(UNIT, ""), kept))
        source.client.transport.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
        kept += list(source.fetch(UNIT, kept[-1].cursor))
        found = source.normalise(UNIT, kept)
    assert [row.supply_id for row in found.supplies] == ["1", "2", "3"]
    assert [(row.sku.barcode, row.supply_id) for row in found.supply_lines] == [
        ("20", "1"),
        ("21", "1"),
        ("22", "1"),
    ]
    # The same goods asked twice are not twice as many.
    twice = source.normalise(UNIT, [*kept, *(each for each in kept if each.key.path.endswith("goods"))])
    assert twice.supply_lines == found.supply_lines


def iter_into(pages: Any, kept: list[Any]) -> Any:
    """Pages that came before an error are kept."""
    for each in pages:
        kept.append(each)
    return ()


def test_a_base_token_sees_the_list_alone() -> None:
    with opened(told([listed(1, 4)]), policy=PAID_BY_BASE) as (stage, sources):
        source = sources["wb.supplies"]
        found = source.normalise(UNIT, list(source.fetch(UNIT, "")))
    assert source.brings == frozenset({"supplies"})
    assert [(row.supply_id, row.status, row.quantity) for row in found.supplies] == [("1", "accepting", None)]
    assert len(stage.seen) == 1


def test_an_unknown_status_is_kept_and_said() -> None:
    found = normalise_supplies([page(PATH, [listed(1, 8), listed(None, 2, preorderID=None)])], UNIT.d_from)
    assert [(row.supply_id, row.status) for row in found.supplies] == [("1", "unknown")]
    assert {(each.row_key, each.reason) for each in found.unplaced} == {
        ("1", "неизвестный статус 8"),
        ("", "нет номера поставки"),
    }


def test_details_that_cannot_be_read_leave_the_list() -> None:
    pages = [
        page(PATH, [listed(1, 4)]),
        page(f"{PATH}/1", {"quantity": "много"}),
        page(f"{PATH}/1/goods", [line(quantity=-1.5)]),
    ]
    found = normalise_supplies(pages, UNIT.d_from)
    assert [(row.status, row.quantity) for row in found.supplies] == [("accepting", None)]
    assert [each.reason for each in found.unplaced] == ["не читается: quantity"] * 2
    assert json.loads(found.unplaced[0].payload) == {"quantity": "много"}
