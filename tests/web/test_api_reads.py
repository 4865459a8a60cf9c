"""What a program sees of the shelf."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from app.core.config import Settings
from app.db.session import Database
from app.domain.warehouse.movements import Line, Reason
from tests.support.shelf import Shelf
from tests.web.programs import Program, Reply, asking


@pytest.fixture
def shelf(db: Database) -> Shelf:
    return Shelf(db)


@pytest.fixture
async def program(shelf: Shelf, settings: Settings, tmp_path: Path) -> AsyncIterator[Program]:
    async with asking(shelf, settings, tmp_path) as made:
        yield made


async def test_the_inventory_tells_total_places_and_expiry(program: Program, shelf: Shelf) -> None:
    item = shelf.item("KRS-42")
    shelf.item("ZZZ-1")
    places = [shelf.place(f"A-{each}") for each in (1, 2, 3)]
    soon, far = shelf.lot(item, date(2026, 12, 1)), shelf.lot(item, date(2028, 1, 1))
    for place, qty, lot in ((places[0], 5, soon), (places[1], 9, far), (places[2], 2, far)):
        shelf.receive(item, place, qty, lot)
    found = (await program.gets("/snapshot/inventory", q="krs-42")).body["items"]
    assert found == [
        {
            "item_id": item,
            "article": "KRS-42",
            "name": "",
            "spec": "",
            "total_qty": 16,
            "available_qty": 16,
            "top2_locations": [
                {"location_id": places[1], "code": "A-2", "qty": 9},
                {"location_id": places[0], "code": "A-1", "qty": 5},
            ],
            "earliest_expiry": "2026-12-01",
            "near_expiry": True,
        }
    ]
    pages = [
        (await program.gets("/snapshot/inventory", limit=1, offset=each)).body["items"] for each in (0, 1, 2)
    ]
    assert [[each["article"] for each in page] for page in pages] == [["KRS-42"], ["ZZZ-1"], []]


async def test_balances_are_asked_by_item_place_and_past_instant(program: Program, shelf: Shelf) -> None:
    item, other = shelf.item(), shelf.item()
    here, there = shelf.place(), shelf.place()
    shelf.receive(item, here, 5)
    shelf.receive(other, there, 7)

    async def asked(**query: object) -> list[tuple[int, int, int]]:
        reply = await program.gets("/stock/query", **query)
        assert reply.status == 200, reply.body
        return [(each["item_id"], each["location_id"], each["on_hand"]) for each in reply.body["balances"]]

    assert await asked() == [(item, here, 5), (other, there, 7)]
    assert await asked(item_id=[item, other], limit=1, offset=1) == [(other, there, 7)]
    assert await asked(location_id=here) == [(item, here, 5)]
    assert await asked(item_id=item, location_id=there) == []
    with shelf.db.tenant(shelf.tenant_id) as tx:
        before = tx.run("SELECT now()").scalar_one().isoformat()
    await program.posts("/outbound/commit", "SO-1", {"item_id": item, "qty": 5})
    assert await asked(item_id=item) == []
    assert await asked(item_id=item, empty="true") == [(item, here, 0)]
    assert await asked(item_id=item, at=before) == [(item, here, 5)]
    assert await asked(item_id=item, at=before, location_id=there) == []
    assert await asked(item_id=item, at="2020-01-01T00:00:00Z", by="occurred") == []


async def test_items_places_and_orders_are_listed(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item("KRS-42"), shelf.place("A-01-03")
    shelf.receive(item, place, 2)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run(
            "INSERT INTO item_barcode (tenant_id, barcode, item_id) VALUES (:tenant_id, '4601', :item)",
            item=item,
        )
        order = tx.run(
            "INSERT INTO customer_order (tenant_id, number) VALUES (:tenant_id, 'FBS-7') RETURNING id"
        ).scalar_one()
        tx.run(
            "INSERT INTO customer_order_line (tenant_id, order_id, line, item_id, qty)"
            " VALUES (:tenant_id, :order, 1, :item, 3)",
            order=order,
            item=item,
        )
    (card,) = (await program.gets("/items", q="4601")).body["items"]
    assert card == {"item_id": item, "article": "KRS-42", "name": "", "spec": "", "barcodes": ["4601"]}
    (location,) = (await program.gets("/locations")).body["locations"]
    assert location == {"location_id": place, "warehouse": "main", "code": "A-01-03", "name": ""}
    (waiting,) = (await program.gets("/orders")).body["orders"]
    assert (waiting["number"], waiting["state"]) == ("FBS-7", "waiting")
    assert waiting["lines"] == [
        {"line": 1, "item_id": item, "lot_id": None, "qty": 3, "reserved": 0, "shipped": 0, "missing": 3}
    ]
    assert (await program.gets("/orders", state="shipped")).body == {"orders": []}


async def test_an_order_is_told_as_its_goods_have_moved_since(program: Program, shelf: Shelf) -> None:
    """Shipped by its promise, and the shipment undone: the chat says the same of it."""
    item, place = shelf.item("KRS-77"), shelf.place("C-01")
    shelf.receive(item, place, 2)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        order = tx.run(
            "INSERT INTO customer_order (tenant_id, number, state)"
            " VALUES (:tenant_id, 'FBS-77', 'allocated') RETURNING id"
        ).scalar_one()
        tx.run(
            "INSERT INTO customer_order_line (tenant_id, order_id, line, item_id, qty)"
            " VALUES (:tenant_id, :order, 1, :item, 2)",
            order=order,
            item=item,
        )
    held = shelf.do(Reason.RESERVE, Line(2, item), order_id=order).lines[0].entries[0].hold_id
    shipped = await program.posts("/ship", "ship-77", {"hold_id": held, "qty": 2})

    def shown(reply: Reply) -> list[tuple[str, int, int]]:
        return [
            (each["state"], each["lines"][0]["shipped"], each["lines"][0]["missing"])
            for each in reply.body["orders"]
            if each["order_id"] == order
        ]

    assert shown(await program.gets("/orders", state="shipped")) == [("shipped", 2, 0)]
    await program.posts(f"/documents/{shipped.body['document_id']}/reverse")
    assert shown(await program.gets("/orders")) == [("paused", 0, 2)]
