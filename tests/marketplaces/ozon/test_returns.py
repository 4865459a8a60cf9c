"""Returns of Ozon as rows, and how their lists turn pages."""

import json
from datetime import date
from typing import Any

import pytest

from app.marketplaces.errors import NotOffered
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.returns import sources
from app.marketplaces.ozon.returns.rows import normalise_returns, normalise_rfbs_returns
from app.marketplaces.rows import ReturnRow, SkuRef
from app.marketplaces.source import Normalised
from tests.marketplaces.ozon.reading import OFFICIAL, body_asked, fetched, opened, refused, sample, told
from tests.marketplaces.replay import ozon_client, replay

D = date(2026, 11, 20)
LATE = "2026-11-19T21:10:00Z"


def back(**changes: Any) -> dict[str, Any]:
    return {
        "id": 1000015552,
        "type": "ClientReturn",
        "return_reason_name": "Не подошло",
        "product": {"sku": 1100526203, "offer_id": "81451", "quantity": 1},
        "place": {"name": "ПВЗ"},
        "target_place": None,
        "logistic": {"return_date": LATE, "technical_return_moment": None, "final_moment": None},
        "visual": {
            "status": {"id": 16, "display_name": "На пути к вам", "sys_name": "MovingToSeller"},
            "change_moment": "2026-11-22T10:00:00Z",
        },
        "compensation_status": None,
        **changes,
    }


def claim(**changes: Any) -> dict[str, Any]:
    return {
        "return_id": 77,
        "created_at": LATE,
        "product": {"sku": 5, "offer_id": "A", "price": 100},
        "state": {"state": "New", "state_name": "Новая", "money_return_state_name": ""},
        **changes,
    }


def read(*rows: Any) -> Normalised:
    return normalise_returns([json.dumps({"returns": rows, "has_next": False}).encode()])


def read_claims(returns: Any) -> Normalised:
    return normalise_rfbs_returns([json.dumps({"returns": returns}).encode()])


def only(found: Normalised) -> ReturnRow:
    assert found.unplaced == []
    (row,) = found.returns
    return row


def test_the_published_return() -> None:
    body = sample(f"{OFFICIAL}/ru202604__v1_returns_list.json")["response"]
    assert only(normalise_returns([json.dumps(body).encode()])) == ReturnRow(
        d=date(2024, 7, 29),
        return_id="1000015552",
        sku=SkuRef(ozon_id=1100526203, article="81451"),
        status="В пункте выдачи",
        reason="Полный отказ при вручении: Покупатель отказался при вручении: недоволен качеством товара",
        place="СЦ_Львовский_Возвраты",
        done_on=date(2024, 7, 29),
    )


def test_the_recorded_list_answers_what_we_ask() -> None:
    client, day = ozon_client(), date(2024, 7, 29)
    with client.transport, replay("ozon_returns_official"):
        source = sources(client, OzonPolicy())[0]
        (unit,) = source.units(day, day)
        assert only(source.normalise(unit, list(source.fetch(unit, "")))).return_id == "1000015552"


def test_a_return_is_of_the_day_in_moscow_on_which_it_was_given_back() -> None:
    row = only(read(back()))
    assert (row.d, row.done_on, row.place, row.status) == (D, None, "ПВЗ", "На пути к вам")
    assert row.reason == "Возврат покупателя: Не подошло"


def test_what_was_never_handed_over_is_of_the_day_it_was_sent_back() -> None:
    both = {"return_date": LATE, "technical_return_moment": "2026-11-18T09:00:00Z"}
    assert only(read(back(logistic=both))).d == D
    sent = {"return_date": None, "technical_return_moment": "2026-11-18T09:00:00Z", "final_moment": LATE}
    row = only(read(back(type="Cancellation", logistic=sent)))
    assert (row.d, row.done_on) == (date(2026, 11, 18), D)


def test_until_its_day_is_told_that_of_its_status_stands_and_the_number_stays() -> None:
    early = only(read(back(logistic=None)))
    assert early.d == date(2026, 11, 22)
    assert early.return_id == only(read(back())).return_id


def test_ids_come_as_digits_and_half_of_it_as_null() -> None:
    bare = dict.fromkeys(("product", "place", "target_place", "return_reason_name", "type"))
    row = only(read(back(id="1000015552", **bare)))
    assert (row.sku, row.place, row.reason) == (None, "", "")


def test_a_kind_that_nobody_knows_is_shown_as_told() -> None:
    assert only(read(back(type="Swap"))).reason == "Swap: Не подошло"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"id": 0}, "не читается: id"),
        ({"product": {"sku": "x"}}, "не читается: product.sku"),
        ({"logistic": None, "visual": None}, "нет времени возврата"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_others_stay(bad: dict[str, Any], reason: str) -> None:
    found = read(back(**bad), back(id=2))
    assert [row.return_id for row in found.returns] == ["2"]
    assert [each.reason for each in found.unplaced] == [reason]


def test_claims_come_as_a_list_an_object_or_nothing() -> None:
    for shape in ([claim()], claim(), [claim(product=[claim()["product"]])]):
        row = only(read_claims(shape))
        assert (row.return_id, row.d, row.status, row.sku) == (
            "rfbs:77",
            D,
            "Новая",
            SkuRef(ozon_id=5, article="A"),
        )
    for nothing in ([], None):
        assert read_claims(nothing).returns == []
    assert [each.reason for each in read_claims([claim(created_at=None)]).unplaced] == ["нет времени заявки"]


def test_returns_are_asked_by_the_change_and_go_on_after_the_last_number() -> None:
    pages = [
        {"returns": [back(id=3), back(id=9)], "has_next": True},
        {"returns": [back(id=12)], "has_next": False},
    ]
    with opened(sources, *map(told, pages)) as (_, found):
        got = fetched(found["ozon.returns"], D)
    assert [each.cursor for each in got] == ["9", ""]
    asked = [body_asked(each) for each in got]
    assert [each["last_id"] for each in asked] == [0, 9]
    period = {"time_from": "2026-11-19T21:00:00.000Z", "time_to": "2026-11-20T20:59:59.999Z"}
    assert asked[0]["filter"] == {"visual_status_change_moment": period}


def test_numbers_that_fall_are_turned_as_well() -> None:
    pages = [{"returns": [back(id=number)], "has_next": True} for number in (12, 9, 9)]
    with opened(sources, *map(told, pages)) as (_, found):
        assert [each.cursor for each in fetched(found["ozon.returns"], D)] == ["12", "9", ""]


@pytest.mark.parametrize(
    "last", [{"returns": []}, {"returns": None}, {"returns": [claim(return_id=77)]}, {"returns": ["?"]}]
)
def test_claims_end_with_nothing_new(last: dict[str, Any]) -> None:
    with opened(sources, told({"returns": [claim()]}), told(last)) as (stage, found):
        assert [each.cursor for each in fetched(found["ozon.rfbs_returns"], D)] == ["77", ""]
        assert len(stage.seen) == 2


def test_a_seller_by_fbs_alone_has_no_claims_of_rfbs() -> None:
    fbs, off = (
        {"warehouses": [{"warehouse_id": 1, "is_rfbs": False}]},
        pytest.raises(NotOffered, match="rFBS"),
    )
    with opened(sources, refused("no such scheme"), told(fbs)) as (_, found), off:
        fetched(found["ozon.rfbs_returns"], D)
