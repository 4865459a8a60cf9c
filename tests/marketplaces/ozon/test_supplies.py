"""Deliveries to Ozon as rows: two lists, orders by fifty, goods and acts of each delivery, its own number."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from app.marketplaces.errors import NotOffered, RateLimited
from app.marketplaces.ozon.clusters.rows import normalise_clusters
from app.marketplaces.ozon.supplies import calls, sources
from app.marketplaces.ozon.supplies.rows import normalise_supplies
from app.marketplaces.rows import ClusterRow, SkuRef, SupplyLineRow
from app.marketplaces.source import Page, RequestKey, window
from app.marketplaces.transport.request import canonical
from tests.http.server import Answer
from tests.marketplaces.ozon.reading import opened, refused, sample, told

D = date(2026, 11, 20)
UNIT = window(date(2026, 11, 7), D)
LONG_AGO = date(2020, 1, 1)
NOBODY = {"order_ids": [], "last_id": ""}


def page(path: str, asked: dict[str, Any], body: Any) -> Page:
    """A page as it is kept."""
    return Page(RequestKey("POST", "ozon", path, canonical(None, asked)), json.dumps(body).encode(), "")


def orders(*rows: Any) -> Page:
    return page(calls.ORDERS.path, {"order_ids": ["1"]}, {"orders": rows})


def bundle(name: str, *items: Any, last_id: str = "") -> Page:
    return page(calls.BUNDLE.path, {"bundle_ids": [name], "last_id": last_id}, {"items": items})


def acts(supply_id: int, *rows: Any) -> Page:
    return page(calls.ACTS.path, {"supply_id": supply_id}, {"supply_id": supply_id, "supply_acts": rows})


def order(
    number: int = 1, state: str = "COMPLETED", moved: str = "2026-11-19", **changes: Any
) -> dict[str, Any]:
    return {
        "order_id": number,
        "state": state,
        "created_date": "2026-11-09T21:30:00.5Z",
        "state_updated_date": f"{moved}T05:00:00.803829Z",
        "supplies": [supply(number * 10, state)],
        **changes,
    }


def supply(number: int, state: str = "COMPLETED", **changes: Any) -> dict[str, Any]:
    return {"supply_id": number, "state": state, "bundle_id": f"b{number}", **changes}


def act(kind: str = "ACCEPTANCE", **counts: int) -> dict[str, Any]:
    row = {"sku_info": {"sku": 7, "offer_id": "A"}, **counts}
    return {"act_id": 1, "type": kind, "items": [row]}


def ids(*numbers: int, last_id: str = "") -> dict[str, Any]:
    return {"order_ids": [str(each) for each in numbers], "last_id": last_id}


# Rows


def test_the_live_orders() -> None:
    live = sample("live/supply_order_get_v3_LIVE-anonymised_2026-07.json")
    goods = sample("live/supply_order_bundle_v1_LIVE-anonymised_2026-07.json")
    name = "019eeee0-0000-7000-a000-000000000001"
    found = normalise_supplies(
        [
            page(calls.ORDERS.path, {"order_ids": ["99000001"]}, live),
            page(calls.BUNDLE.path, {"bundle_ids": [name]}, goods),
        ],
        LONG_AGO,
    )
    assert found.unplaced == []
    assert [(row.supply_id, row.status, row.warehouse) for row in found.supplies] == [
        ("2000090000001", "accepted", "1020000000000001"),
        ("2000090001001", "accepted", "cluster:4007"),
        ("2000090001002", "accepting", "cluster:4065"),
        ("2000090001003", "cancelled", "cluster:4039"),
    ]
    first, *others = found.supplies
    # The slot is local time with a Z behind it; the order's own times are UTC.
    assert (first.created_on, first.planned_on, first.fact_on) == (date(2026, 6, 19), date(2026, 6, 20), None)
    assert (first.quantity, first.accepted) == (18, None)
    assert {row.quantity for row in others} == {None}
    sku = SkuRef(ozon_id=900000001, article="TEST-ART-001")
    assert found.supply_lines == [SupplyLineRow("2000090000001", sku, 18, 0, 0)]


@pytest.mark.parametrize("name", ["v3_supply-order_get"])
def test_the_published_example(name: str) -> None:
    example = sample(f"official-doc-examples/ru202604__{name}.json")["response"]
    found = normalise_supplies([orders(*example["orders"])], LONG_AGO)
    # Its numbers are all 0 and its texts "string": there is no delivery in it, and it says so.
    assert (found.supplies, [each.reason for each in found.unplaced]) == (
        [],
        ["не читается: order_id, timeslot.timeslot.from"],
    )


def test_declared_found_and_agreed_are_three_figures() -> None:
    surplus = {"sku_info": {"sku": 9, "offer_id": "C"}, "declared_quantity": 0, "fact_quantity": 2}
    found = normalise_supplies(
        [
            orders(
                order(supplies=[supply(10, storage_warehouse={"warehouse_id": 22, "arrival_date": "null"})])
            ),
            bundle("b10", {"sku": 7, "offer_id": "A", "quantity": 10}),
            bundle("b10", {"sku": 8, "offer_id": "B", "quantity": 4}, last_id="7"),
            acts(
                10,
                act(declared_quantity=10, fact_quantity=9, approved_quantity=8),
                {"act_id": 2, "type": "ACCEPTANCE", "items": [surplus]},
                # What is short is told again in an act of its own.
                act("SHORTCOMING", declared_quantity=10, fact_quantity=9),
            ),
        ],
        UNIT.d_from,
    )
    (row,) = found.supplies
    assert (row.quantity, row.accepted, row.ready, row.warehouse) == (14, 11, 8, "22")
    assert row.created_on == date(2026, 11, 10), (
        "after nine in the evening of London it is tomorrow in Moscow"
    )
    assert [(line.sku.ozon_id, *line[2:]) for line in found.supply_lines] == [
        (7, 10, 9, 8),
        (8, 4, 0, 0),
        (9, 0, 2, 0),
    ]
    assert found.unplaced == []


def test_the_same_goods_asked_twice_are_not_twice_as_many() -> None:
    goods = bundle("b10", {"sku": 7, "quantity": 10})
    told_of = [
        orders(order()),
        goods,
        acts(10, act(fact_quantity=10)),
        goods,
        acts(10, act(fact_quantity=10)),
    ]
    (line,) = normalise_supplies(told_of, UNIT.d_from).supply_lines
    assert line[2:] == (10, 10, 0)


def test_nulls_and_odd_shapes_are_read() -> None:
    odd = supply(10, storage_warehouse=[], macrolocal_cluster_id="4007", supply_tags=None)
    bare = order(
        timeslot=None, created_date=None, state_updated_date="", supplies=[odd, None, {"supply_id": "x"}]
    )
    found = normalise_supplies([orders(bare, order(2, supplies=None), "order")], UNIT.d_from)
    assert [(row.supply_id, row.warehouse, row.created_on) for row in found.supplies] == [
        ("10", "cluster:4007", None)
    ]
    assert sorted(each.reason for each in found.unplaced) == [
        "не читается: supply_id",
        "не читается: строка",
        "не читается: строка",
    ]


def test_an_unknown_state_is_kept_and_said() -> None:
    found = normalise_supplies([orders(order(supplies=[supply(10, "IN_SPACE")]))], UNIT.d_from)
    assert [row.status for row in found.supplies] == ["unknown"]
    assert [(each.row_key, each.reason) for each in found.unplaced] == [("10", "неизвестный статус IN_SPACE")]


def test_one_line_that_cannot_be_read_is_set_aside_alone() -> None:
    told_of = [
        orders(order()),
        bundle("b10", {"sku": 7, "quantity": 10}, {"sku": 8, "quantity": "много"}),
        acts(10, {"type": "ACCEPTANCE", "items": [{"sku_info": None, "fact_quantity": 1}]}),
    ]
    found = normalise_supplies(told_of, UNIT.d_from)
    assert [line.quantity for line in found.supply_lines] == [10]
    assert [each.reason for each in found.unplaced] == ["не читается: quantity", "не читается: sku_info"]


def test_an_order_that_ended_long_ago_is_not_told() -> None:
    old, under_way = order(1, moved="2026-11-06"), order(2, "IN_TRANSIT", moved="2026-05-01")
    found = normalise_supplies([orders(old, under_way, order(3, moved="2026-11-07"))], UNIT.d_from)
    assert [row.supply_id for row in found.supplies] == ["20", "30"]


# Asking


def test_orders_under_way_come_first_then_those_that_ended_until_one_is_too_old() -> None:
    script = [
        told(ids(1, last_id="x")),
        told({"orders": [order(1, "IN_TRANSIT")]}),
        told({"items": [{"sku": 7, "quantity": 5}], "has_next": True, "last_id": "7"}),
        told({"items": [{"sku": 8, "quantity": 6}], "has_next": False, "last_id": "8"}),
        told(ids(last_id="x")),
        told(ids(2, 3, 4, last_id="y")),
        told({"orders": [order(2), order(3, moved="2026-11-06")]}),
        told({"supply_id": 20, "supply_acts": [act(fact_quantity=3)]}),
        told({"items": [{"sku": 7, "quantity": 3}], "has_next": False}),
    ]
    with opened(sources, *script) as (stage, found):
        source = found["ozon.supplies"]
        pages = list(source.fetch(UNIT, ""))
        rows = source.normalise(UNIT, pages)
    asked = [json.loads(each) for each in stage.bodies]
    assert asked[0]["filter"]["states"] == list(calls.OPEN_STATES)
    assert asked[5]["filter"]["states"] == list(calls.CLOSED_STATES)
    assert (asked[1]["order_ids"], asked[6]["order_ids"]) == (["1"], ["2", "3", "4"])
    assert (asked[3]["last_id"], asked[4]["last_id"], asked[7]) == ("7", "x", {"supply_id": 20})
    assert len(asked) == len(script)
    assert pages[-1].cursor == ""
    assert [(row.supply_id, row.status, row.quantity, row.accepted) for row in rows.supplies] == [
        ("10", "allowed", 11, None),
        ("20", "accepted", 3, 3),
    ]


def test_orders_are_asked_for_by_fifty() -> None:
    many = range(1, 61)
    script = [
        told(ids(*many)),
        *(told({"orders": []}) for _ in range(2)),
        told(NOBODY),
    ]
    with opened(sources, *script) as (stage, found):
        list(found["ozon.supplies"].fetch(UNIT, ""))
    sizes = [len(asked["order_ids"]) for each in stage.bodies if "order_ids" in (asked := json.loads(each))]
    assert sizes == [50, 10]


@pytest.mark.parametrize("last_id", ["", "same"])
def test_a_list_ends_where_nothing_new_comes(last_id: str) -> None:
    script = [
        told(ids(1, last_id="same")),
        told({"orders": []}),
        told(ids(2, last_id=last_id)),
        told({"orders": []}),
    ]
    with opened(sources, *script, told(NOBODY)) as (stage, found):
        pages = list(found["ozon.supplies"].fetch(UNIT, ""))
    assert (len(stage.seen), pages[-1].cursor) == (5, "")


def test_a_night_goes_on_with_what_was_not_asked_yet() -> None:
    limit = Answer(429, b"{}", {"Retry-After": "60"})
    one = {"orders": [order(1, supplies=[supply(10), supply(11)])]}
    goods = {"items": [{"sku": 7, "quantity": 5}], "has_next": False}
    before = [told(ids(1)), told(one), told({"supply_acts": [act(fact_quantity=5)]}), limit]
    after = [told(goods), told({"supply_acts": None}), told(goods), told(NOBODY)]
    with opened(sources, *before, *after) as (stage, found):
        source, kept = found["ozon.supplies"], []
        with pytest.raises(RateLimited):
            kept.extend(source.fetch(UNIT, ""))
        source.client.transport.clock.advance(timedelta(minutes=2))  # type: ignore[attr-defined]
        kept += list(source.fetch(UNIT, kept[-1].cursor))
        rows = source.normalise(UNIT, kept)
    assert len(stage.seen) == 8
    assert [(row.supply_id, row.quantity, row.accepted) for row in rows.supplies] == [
        ("10", 5, 5),
        ("11", 5, None),
    ]


def test_acts_that_nobody_gives_are_no_failure() -> None:
    goods = told({"items": [{"sku": 7, "quantity": 5}], "has_next": False})
    script = [
        told(ids(1)),
        told({"orders": [order()]}),
        refused("act not found", 404, 5),
        goods,
        told(NOBODY),
    ]
    with opened(sources, *script) as (_, found):
        source = found["ozon.supplies"]
        (row,) = source.normalise(UNIT, list(source.fetch(UNIT, ""))).supplies
    assert (row.quantity, row.accepted) == (5, None)


def test_a_key_without_the_role_is_told_so() -> None:
    no = refused("Api-Key is missing a required role for a method", 403, 7)
    with opened(sources, no) as (_, found), pytest.raises(NotOffered, match="нет роли"):
        list(found["ozon.supplies"].fetch(UNIT, ""))


# Clusters


def test_a_warehouse_stands_in_its_cluster() -> None:
    rows = {
        "result": [
            {
                "macrolocal_cluster_id": 4007,
                "data": {
                    "macrolocal_cluster": {"name": "Санкт-Петербург и СЗО", "country": None},
                    "fulfillments": [{"warehouse_id": 22, "name": "ШУШАРЫ"}, {"warehouse_id": None}],
                },
            },
            {"macrolocal_cluster_id": "4065", "data": None},
            {"macrolocal_cluster_id": 0},
        ]
    }
    found = normalise_clusters([json.dumps(rows).encode()])
    name = "Санкт-Петербург и СЗО"
    assert found.clusters == [
        ClusterRow("cluster:4007", name, 4007, name),
        ClusterRow("22", "ШУШАРЫ", 4007, name),
        ClusterRow("cluster:4065", "", 4065, ""),
    ]
    assert [each.reason for each in found.unplaced] == [
        "не читается: warehouse_id",
        "не читается: macrolocal_cluster_id",
    ]
