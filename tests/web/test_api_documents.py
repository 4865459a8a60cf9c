"""Goods moved by a program: every kind of document, repeated, short, undone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.core.config import Settings
from app.db.session import Database
from tests.support.shelf import Shelf
from tests.web.programs import Program, asking


@pytest.fixture
def shelf(db: Database) -> Shelf:
    return Shelf(db)


@pytest.fixture
async def program(shelf: Shelf, settings: Settings, tmp_path: Path) -> AsyncIterator[Program]:
    async with asking(shelf, settings, tmp_path) as made:
        yield made


def statuses(body: Any) -> list[str]:
    return [line["status"] for line in body["lines"]]


async def test_goods_come_go_to_their_place_and_out(program: Program, shelf: Shelf) -> None:
    item, dock, place = shelf.item(), shelf.place(), shelf.place()
    came = await program.posts(
        "/inbound/receive",
        "R-1",
        {"item_id": item, "location_id": dock, "qty": 10, "expires_on": "2027-05-31"},
    )
    assert (came.status, came.body["status"], came.body["ref"]) == (200, "OK", "R-1")
    (line,) = came.body["lines"]
    assert (line["pieces"], line["missing"], line["balances"][0]["on_hand"]) == (10, 0, 10)
    lot = (await program.gets("/stock/query", item_id=item)).body["balances"][0]
    assert (lot["expires_on"], lot["available"]) == ("2027-05-31", 10)
    there = {"item_id": item, "location_id": dock, "to_location_id": place, "lot_id": lot["lot_id"]}
    assert (await program.posts("/putaway", "P-1", {**there, "qty": 8})).body["status"] == "OK"
    assert (await program.posts("/move", "M-1", {**there, "qty": 2})).body["status"] == "OK"
    assert shelf.on_hand(item, place, lot["lot_id"]) == 10
    gone = await program.posts("/outbound/commit", "SO-1", {"item_id": item, "location_id": place, "qty": 3})
    assert statuses(gone.body) == ["OK"]
    sent = await program.posts(
        "/outbound/to_marketplace", "T-1", {"item_id": item, "qty": 2}, marketplace="WB", supply="9041"
    )
    assert sent.body["status"] == "OK"
    with shelf.db.tenant(shelf.tenant_id) as tx:
        note = tx.run("SELECT note FROM stock_document WHERE tenant_id = :tenant_id AND ref = 'T-1'").scalar()
    assert note == "WB:9041"
    assert shelf.on_hand(item, place, lot["lot_id"]) == 5


async def test_a_number_used_before_answers_what_was_done_under_it(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    line = {"item_id": item, "location_id": place, "qty": 4}
    first = await program.posts("/inbound/receive", "R-2", line)
    again = await program.posts("/inbound/receive", "R-2", line)
    assert statuses(again.body) == ["IDEMPOTENT"]
    assert again.body["document_id"] == first.body["document_id"]
    assert again.body["lines"][0]["balances"] == first.body["lines"][0]["balances"]
    other = await program.posts("/inbound/receive", "R-2", {**line, "qty": 5})
    assert (other.status, other.code) == (409, "conflict")
    assert shelf.on_hand(item, place) == 4


async def test_two_commits_of_one_number_at_once_are_one(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 10)
    line = {"item_id": item, "location_id": place, "qty": 3}
    both = await asyncio.gather(*(program.posts("/outbound/commit", "SO-2", line) for _ in range(2)))
    assert sorted(each.body["status"] for each in both) == ["IDEMPOTENT", "OK"]
    assert shelf.on_hand(item, place) == 7


async def test_an_atomic_commit_that_is_short_posts_nothing_and_names_the_lines(
    program: Program, shelf: Shelf
) -> None:
    scarce, plenty, place = shelf.item(), shelf.item(), shelf.place()
    shelf.receive(scarce, place, 1)
    shelf.receive(plenty, place, 9)
    lines = [
        {"item_id": scarce, "location_id": place, "qty": 3},
        {"item_id": plenty, "location_id": place, "qty": 3},
    ]
    whole = await program.posts("/outbound/commit", "SO-3", *lines, atomic=True)
    assert (whole.status, whole.code) == (409, "insufficient_stock")
    assert whole.body["error"]["lines"][0]["missing"] == 2
    assert (shelf.on_hand(scarce, place), shelf.on_hand(plenty, place)) == (1, 9)
    some = await program.posts("/outbound/commit", "SO-3", *lines)
    assert (some.status, statuses(some.body)) == (200, ["INSUFFICIENT_STOCK", "OK"])
    assert (shelf.on_hand(scarce, place), shelf.on_hand(plenty, place)) == (1, 6)


async def test_the_setting_makes_a_commit_atomic_that_does_not_say(
    shelf: Shelf, settings: Settings, tmp_path: Path
) -> None:
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 5)
    lines = [{"item_id": item, "location_id": place, "qty": each} for each in (4, 4)]
    other = {"item_id": shelf.item(), "location_id": place, "qty": 1}
    async with asking(shelf, settings.model_copy(update={"outbound_atomic": True}), tmp_path) as strict:
        assert (await strict.posts("/outbound/commit", "SO-4", lines[0], other)).status == 409
        assert shelf.on_hand(item, place) == 5
        assert (await strict.posts("/outbound/commit", "SO-4", lines[0], other, atomic=False)).status == 200
    assert shelf.on_hand(item, place) == 1


async def test_a_promise_is_made_shipped_in_part_and_given_up(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 10)
    made = await program.posts(
        "/reserve", "V-1", {"item_id": item, "qty": 6}, expires_at="2026-12-01T10:00:00+03:00"
    )
    hold = made.body["lines"][0]["balances"][0]["hold_id"]
    (open_one,) = (await program.gets("/holds", ref="V-1")).body["holds"]
    assert (open_one["hold_id"], open_one["left_qty"], open_one["location_id"]) == (hold, 6, place)
    assert (await program.posts("/ship", "S-1", {"hold_id": hold, "qty": 4})).body["status"] == "OK"
    assert (await program.posts("/release", "L-1", {"hold_id": hold, "qty": 2})).body["status"] == "OK"
    assert (await program.gets("/holds", item_id=item)).body == {"holds": []}
    late = await program.posts("/ship", "S-2", {"hold_id": hold, "qty": 1})
    assert (late.status, late.code) == (409, "insufficient_stock")
    found = shelf.balance(item, place)
    assert found is not None
    assert (found.on_hand, found.reserved) == (6, 0)


async def test_a_count_taken_before_a_movement_does_not_wipe_it_out(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 10)
    (seen,) = (await program.gets("/stock/query", item_id=item)).body["balances"]
    counted = {"item_id": item, "location_id": place, "qty": 8, "version": seen["version"]}
    shelf.receive(item, place, 5)
    late = await program.posts("/count", "C-1", counted)
    assert (late.status, late.code) == (409, "conflict")
    assert shelf.on_hand(item, place) == 15
    (seen,) = (await program.gets("/stock/query", item_id=item)).body["balances"]
    done = await program.posts("/count", "C-2", {**counted, "version": seen["version"]})
    assert done.body["lines"][0]["balances"][0]["delta"] == -7
    assert shelf.on_hand(item, place) == 8


async def test_a_balance_is_put_right_and_goods_are_written_off(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    line = {"item_id": item, "location_id": place}
    assert (await program.posts("/adjust", "A-1", {**line, "qty": 7})).body["status"] == "OK"
    assert (await program.posts("/adjust", "A-2", {**line, "qty": -2})).body["status"] == "OK"
    assert (await program.posts("/write_off", "W-1", {**line, "qty": 1})).body["status"] == "OK"
    assert (await program.posts("/inbound/return", "B-1", {**line, "qty": 2})).body["status"] == "OK"
    assert shelf.on_hand(item, place) == 6


async def test_a_document_is_undone_once(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    came = await program.posts("/inbound/receive", "R-5", {"item_id": item, "location_id": place, "qty": 4})
    path = f"/documents/{came.body['document_id']}/reverse"
    undone = await program.posts(path, note="ошиблись")
    assert (undone.status, undone.body["ref"]) == (200, f"undo:{came.body['document_id']}")
    assert shelf.on_hand(item, place) == 0
    assert (await program.posts(path)).body["status"] == "IDEMPOTENT"
    back = await program.posts(f"/documents/{undone.body['document_id']}/reverse")
    assert (back.status, back.code) == (409, "conflict")


async def test_goods_that_are_gone_cannot_be_taken_back(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    came = await program.posts("/inbound/receive", "R-6", {"item_id": item, "location_id": place, "qty": 4})
    await program.posts("/outbound/commit", "SO-6", {"item_id": item, "qty": 3})
    late = await program.posts(f"/documents/{came.body['document_id']}/reverse")
    assert (late.status, late.code) == (409, "insufficient_stock")
    assert shelf.on_hand(item, place) == 1


async def test_the_books_name_the_program_and_its_trace(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    await program.asks(
        "POST",
        "/inbound/receive",
        json={"ref": "R-7", "lines": [{"item_id": item, "location_id": place, "qty": 1}]},
        headers={"X-Trace-Id": "import-2026-11"},
    )
    with shelf.db.tenant(shelf.tenant_id) as tx:
        row = tx.run(
            "SELECT actor, actor_id, trace_id FROM stock_document"
            " WHERE tenant_id = :tenant_id AND ref = 'R-7'"
        ).one()
    assert (row.actor, row.trace_id) == ("API «1С»", "import-2026-11")
    assert row.actor_id < -1


async def test_five_thousand_lines_are_one_document(program: Program, shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    line = {"item_id": item, "location_id": place, "qty": 1, "expires_on": "2027-01-01"}
    came = await program.posts("/inbound/receive", "R-8", *[line] * 5_000)
    assert came.status == 200
    assert len(came.body["lines"]) == 5_000
    (there,) = (await program.gets("/stock/query", item_id=item)).body["balances"]
    assert there["on_hand"] == 5_000
    more = await program.posts("/inbound/receive", "R-9", *[line] * 5_001)
    assert (more.status, more.body["error"]["fields"][0]["path"]) == (422, "lines")
