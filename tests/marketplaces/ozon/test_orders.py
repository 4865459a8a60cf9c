"""Postings of Ozon as orders, and how their two lists turn pages."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.core.personal import blank_personal
from app.marketplaces.errors import Garbled, NotOffered, Refused
from app.marketplaces.ozon.orders import sources
from app.marketplaces.ozon.orders.rows import FLOWS, STATUSES, Feed, normalise_postings
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.rows import OrderRow, SkuRef
from app.marketplaces.source import Normalised
from tests.http.server import Answer
from tests.marketplaces.ozon.reading import OFFICIAL, body_asked, fetched, opened, refused, sample, told
from tests.marketplaces.replay import ozon_client, replay

D = date(2026, 11, 20)


def posting(**changes: Any) -> dict[str, Any]:
    return {
        "posting_number": "0100000001-0099-1",
        "status": "delivering",
        "created_at": "2026-11-19T21:30:00.153418Z",
        "in_process_at": "2026-11-19T21:30:07.478839Z",
        "products": [product()],
        "analytics_data": {"city": "Казань", "warehouse_id": 18044249781000, "warehouse_name": "СПБ_РФЦ"},
        "financial_data": {"cluster_from": "Москва", "cluster_to": "Казань и округ", "products": []},
        "cancellation": {"cancel_reason": ""},
        **changes,
    }


def product(**changes: Any) -> dict[str, Any]:
    price = {"amount": "2095.00", "currency": "RUB"}
    return {"sku": 700000011, "offer_id": "KRS-42", "quantity": 1, "price": price, **changes}


def own(**changes: Any) -> dict[str, Any]:
    """A posting of the FBS list, which does not tell when the order was made."""
    place = {"warehouse_id": 1020005000111000, "warehouse": "Свой"}
    told_of_it = {"delivery_method": place, "integration_type_flow": "ozon", "created_at": None}
    return posting(**told_of_it | changes)


def page(*rows: Any, has_next: bool = False, cursor: str = "") -> dict[str, Any]:
    return {"postings": list(rows), "has_next": has_next, "cursor": cursor}


def read(*rows: Any, feed: Feed = "fbo") -> Normalised:
    return normalise_postings([json.dumps(page(*rows)).encode()], feed)


def only(found: Normalised) -> OrderRow:
    assert found.unplaced == []
    (row,) = found.orders
    return row


def test_a_posting_of_fbo() -> None:
    assert only(read(posting())) == OrderRow(
        d=D,  # 00:30 of the 20th in Moscow
        feed="fbo",
        order_id="0100000001-0099-1:700000011",
        sku=SkuRef(ozon_id=700000011, article="KRS-42"),
        warehouse="18044249781000",
        channel="FBO",
        currency="RUB",
        qty=1,
        price=Decimal("2095.00"),
        status="ordered",
        reason="",
        changed_at=None,
        region="Казань и округ",
    )


def test_the_published_postings_of_fbs() -> None:
    body = sample(f"{OFFICIAL}/zh202607__v4_posting_fbs_list.json")["request_then_response_examples"][1]
    found = normalise_postings([json.dumps(body).encode()], "fbs")
    assert found.unplaced == []
    assert [(row.order_id, row.qty, row.price) for row in found.orders] == [
        ("0208245774-0029-1:1904686181", 1, Decimal("12990.00")),
        ("0208245774-0029-1:1904686182", 2, Decimal("3490.00")),
    ]
    assert {(row.d, row.channel, row.warehouse, row.status) for row in found.orders} == {
        (date(2026, 5, 14), "FBS", "20605650762000", "ordered")
    }


def test_the_recorded_list_answers_what_we_ask() -> None:
    client = ozon_client()
    with client.transport, replay("ozon_fbs_official"):
        (source,) = (each for each in sources(client, OzonPolicy()) if each.name == "ozon.fbs")
        (unit,) = source.units(date(2026, 5, 14), date(2026, 5, 14))
        found = source.normalise(unit, list(source.fetch(unit, "")))
    assert sum(row.price * row.qty for row in found.orders) == Decimal("19970.00")


def test_live_postings_of_the_version_before_have_bare_prices() -> None:
    live = sample("live/posting_fbo_list_v2_LIVE-anonymised_2026-08-30.json")["result"]
    found = read(*live)
    assert found.unplaced == []
    assert [(row.status, row.price) for row in found.orders] == [
        ("ordered", Decimal("2095.00")),
        ("cancelled", Decimal("2145.00")),
        ("ordered", Decimal("2145.00")),
        ("bought", Decimal("2145.00")),
    ]
    # 03:33 of the 31st in UTC is 06:33 there; 20:44 of the 30th is 23:44 of the same day.
    assert [row.d.day for row in found.orders] == [30, 30, 30, 31]


def test_every_product_of_a_posting_is_a_row_and_a_sku_told_twice_is_two() -> None:
    twice = [product(), product(sku=5), product(price="1 999,5", quantity="2")]
    found = read(posting(products=twice))
    assert [(row.order_id.partition(":")[2], row.qty, row.price) for row in found.orders] == [
        ("700000011", 1, Decimal("2095.00")),
        ("5", 1, Decimal("2095.00")),
        ("700000011:2", 2, Decimal("1999.50")),
    ]


@pytest.mark.parametrize(
    ("flow", "channel"),
    [
        ("ozon", "FBS"),
        ("aggregator", "rFBS"),
        ("non_integrated", "rFBS"),
        ("3pl_tracking", "rFBS"),
        ("FBP", "FBP"),
    ],
)
def test_who_delivers_says_fbs_from_rfbs(flow: str, channel: str) -> None:
    assert only(read(own(integration_type_flow=flow), feed="fbs")).channel == channel
    older = own(tpl_integration_type=flow) | {"integration_type_flow": ""}
    assert only(read(older, feed="fbs")).channel == channel


def test_a_flow_that_nobody_knows_keeps_its_order() -> None:
    assert only(read(own(integration_type_flow="by_drone"), feed="fbs")).channel == ""
    assert set(FLOWS.values()) == {"FBS", "rFBS", "FBP"}


def test_the_seller_s_warehouse_and_the_time_of_work_are_of_fbs() -> None:
    row = only(read(own(), feed="fbs"))
    assert (row.d, row.feed, row.warehouse) == (D, "fbs", "1020005000111000")


@pytest.mark.parametrize("nothing", [None, [], ""])
def test_what_is_not_told_comes_in_many_shapes(nothing: Any) -> None:
    bare = {
        "analytics_data": nothing,
        "financial_data": nothing,
        "cancellation": nothing,
        "delivery_method": nothing,
    }
    row = only(read(posting(**bare), feed="fbs"))
    assert (row.warehouse, row.region, row.reason) == ("", "", "")


def test_why_an_order_was_cancelled_is_kept() -> None:
    why = {"cancel_reason": "Покупатель передумал"}
    assert only(read(posting(status="cancelled", cancellation=why))).reason == "Покупатель передумал"
    assert only(read(posting(status="delivered", cancellation=why))).reason == ""


def test_all_words_are_of_the_house() -> None:
    assert set(STATUSES.values()) == {"ordered", "bought", "cancelled"}
    for word, ours in STATUSES.items():
        assert only(read(posting(status=word))).status == ours


def test_an_unknown_status_is_set_aside_with_its_money() -> None:
    found = read(posting(status="teleported", products=[product(quantity=2), product(sku=5, price="10.5")]))
    assert found.orders == []
    (bad,) = found.unplaced
    assert (bad.reason, bad.amount, bad.d) == ("неизвестный статус «teleported»", Decimal("4200.50"), D)
    assert bad.row_key == "0100000001-0099-1"


@pytest.mark.parametrize(
    ("spoilt", "amount"),
    [
        ({"sku": 0}, Decimal("2095.00")),
        ({"quantity": 0}, Decimal("0.00")),
        ({"quantity": "two"}, None),
        ({"price": {"amount": "dear"}}, None),
        ({"price": [1]}, None),
    ],
)
def test_one_bad_product_does_not_take_the_others(spoilt: dict[str, Any], amount: Decimal | None) -> None:
    found = read(posting(products=[product(**spoilt), product(sku=5)]))
    assert [row.order_id for row in found.orders] == ["0100000001-0099-1:5"]
    (bad,) = found.unplaced
    assert bad.reason.startswith("товар не читается: ")
    assert (bad.amount, bad.d) == (amount, D)


@pytest.mark.parametrize("bad", [None, 7, "row", {}, {"posting_number": "", "status": "delivered"}])
def test_what_is_no_posting_is_set_aside(bad: Any) -> None:
    found = read(bad, posting())
    assert (len(found.orders), len(found.unplaced)) == (1, 1)


def test_a_posting_without_its_time_is_set_aside_until_it_has_one() -> None:
    found = read(posting(created_at="0001-01-01T00:00:00Z", in_process_at=""))
    assert [bad.reason for bad in found.unplaced] == ["нет времени заказа"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"result": []}', b'{"postings": 7}', b'{"postings": ['])
def test_a_broken_page_is_garbled(body: bytes) -> None:
    with opened(sources, Answer(200, body)) as (_, found), pytest.raises(Garbled):
        fetched(found["ozon.fbo"], D)


def test_the_list_is_asked_by_moscow_s_midnights_and_turned_by_cursor() -> None:
    pages = [page(posting(), has_next=True, cursor="A"), page(posting(), has_next=True, cursor="B")]
    with opened(sources, *map(told, pages), told(page(cursor="C", has_next=True))) as (_, found):
        got = fetched(found["ozon.fbo"], D)
    assert [each.cursor for each in got] == ["A", "B", ""]
    asked = [body_asked(each) for each in got]
    assert [each["cursor"] for each in asked] == ["", "A", "B"]
    assert asked[0]["filter"] == {"since": "2026-11-19T21:00:00.000Z", "to": "2026-11-20T20:59:59.999Z"}
    assert (asked[0]["limit"], asked[0]["sort_dir"]) == (100, "ASC")


@pytest.mark.parametrize(
    "last",
    [
        page(posting(), has_next=True, cursor="A"),  # the cursor stands still
        page(posting(), has_next=False, cursor="Z"),  # the last page has one too
        page(posting(), has_next=True, cursor=""),
        page(has_next=True, cursor="Z"),  # nothing on it
    ],
)
def test_pages_end_whatever_the_last_one_says(last: dict[str, Any]) -> None:
    with opened(sources, told(page(posting(), has_next=True, cursor="A")), told(last)) as (stage, found):
        assert [each.cursor for each in fetched(found["ozon.fbs"], D)] == ["A", ""]
        assert len(stage.seen) == 2
    with opened(sources, told(last | {"has_next": False})) as (_, found):
        (resumed,) = fetched(found["ozon.fbs"], D, "A")
    assert (resumed.cursor, body_asked(resumed)["cursor"]) == ("", "A"), "goes on where it stopped"


def test_a_cursor_seen_before_ends_the_circle() -> None:
    circle = [page(posting(), has_next=True, cursor=cursor) for cursor in ("A", "B", "A")]
    with opened(sources, *map(told, circle)) as (_, found):
        assert [each.cursor for each in fetched(found["ozon.fbo"], D)] == ["A", "B", ""]


def test_units_are_weeks_that_keep_their_names() -> None:
    with opened(sources) as (_, found):
        told_on_friday = found["ozon.fbo"].units(date(2026, 11, 9), D)
        told_on_sunday = found["ozon.fbs"].units(date(2026, 11, 9), date(2026, 11, 22))
    assert [unit.name for unit in told_on_friday] == ["2026-11-09..2026-11-15", "2026-11-16..2026-11-20"]
    assert told_on_sunday[0] == told_on_friday[0]


def test_a_seller_without_a_warehouse_of_his_own_has_the_scheme_off() -> None:
    none = {"warehouses": [], "has_next": False, "cursor": ""}
    with opened(sources, refused("no such scheme"), told(none)) as (stage, found):
        with pytest.raises(NotOffered, match="FBS у этого кабинета Ozon не подключены"):
            fetched(found["ozon.fbs"], D)
        assert stage.seen[1][1] == "/v2/warehouse/list"


def test_a_refusal_to_a_seller_who_has_one_is_a_failure() -> None:
    one, wrong = {"warehouses": [{"warehouse_id": 1}]}, pytest.raises(Refused, match="invalid filter")
    with opened(sources, refused("invalid filter"), told(one)) as (_, found), wrong:
        fetched(found["ozon.fbs"], D)


def test_of_buyers_nothing_is_kept() -> None:
    body = sample(f"{OFFICIAL}/zh202607__v4_posting_fbs_list.json")["request_then_response_examples"][1]
    kept = blank_personal(json.dumps(body, ensure_ascii=False).encode()).decode()
    for theirs in ("Ivan Petrov", "+79031234567", "ivan.petrov", "д. 15, кв. 78", "7701234567"):
        assert theirs in json.dumps(body, ensure_ascii=False)
        assert theirs not in kept
