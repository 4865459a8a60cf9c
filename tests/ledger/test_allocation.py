"""Orders get goods: what expires first, what there is, one worker an order; lapsed promises go back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.clock import SystemClock
from app.db.session import Database
from app.domain.warehouse.movements import Line, Reason, Status
from app.services.ledger.allocate import AGAIN_AFTER, Allocated, AllocateOrder, ReleaseLapsed
from app.services.ledger.verify import verify_ledger
from tests.support.shelf import TODAY, Shelf


@pytest.fixture
def allocate(shelf: Shelf) -> AllocateOrder:
    return AllocateOrder(post=shelf.post, clock=SystemClock())


def order(shelf: Shelf, number: str, *lines: tuple[int, int, int | None]) -> int:
    """An order of (item, pieces, lot or None) lines; its id."""
    with shelf.db.tenant(shelf.tenant_id) as tx:
        made = int(
            tx.run(
                "INSERT INTO customer_order (tenant_id, number) VALUES (:tenant_id, :number) RETURNING id",
                number=number,
            ).scalar_one()
        )
        for line, (item, qty, lot) in enumerate(lines, 1):
            tx.run(
                "INSERT INTO customer_order_line (tenant_id, order_id, line, item_id, qty, lot_id)"
                " VALUES (:tenant_id, :order, :line, :item, :qty, :lot)",
                order=made,
                line=line,
                item=item,
                qty=qty,
                lot=lot,
            )
    return made


def once(shelf: Shelf, work: AllocateOrder) -> Allocated | None:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        return work(tx)


def due(shelf: Shelf) -> None:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("UPDATE customer_order SET try_at = now() WHERE tenant_id = :tenant_id")


def test_an_order_takes_what_expires_first_wherever_it_lies(shelf: Shelf, allocate: AllocateOrder) -> None:
    item, here, there = shelf.item(), shelf.place(), shelf.place()
    soon = shelf.lot(item, TODAY + timedelta(days=5))
    late = shelf.lot(item, TODAY + timedelta(days=50))
    gone = shelf.lot(item, TODAY - timedelta(days=1))
    for place, lot in ((here, late), (there, soon), (there, gone), (here, 0)):
        shelf.receive(item, place, 3, lot)
    order(shelf, "1", (item, 7, None))
    done = once(shelf, allocate)
    assert done is not None
    assert (done.state, [(line.promised, line.missing) for line in done.lines]) == ("allocated", [(7, 0)])
    held = [
        shelf.balance(item, place, lot)
        for place, lot in ((there, soon), (here, late), (here, 0), (there, gone))
    ]
    assert [each.reserved for each in held if each] == [3, 3, 1, 0]
    assert once(shelf, allocate) is None


def test_a_person_may_name_the_lot(shelf: Shelf, allocate: AllocateOrder) -> None:
    item, here = shelf.item(), shelf.place()
    soon = shelf.lot(item, TODAY + timedelta(days=5))
    late = shelf.lot(item, TODAY + timedelta(days=50))
    for lot in (soon, late):
        shelf.receive(item, here, 3, lot)
    order(shelf, "1", (item, 4, late))
    done = once(shelf, allocate)
    assert done is not None
    assert (done.state, done.lines[0].promised, done.lines[0].missing) == ("partial", 3, 1)


def test_what_an_order_lacks_is_said_and_brought_later(shelf: Shelf, allocate: AllocateOrder) -> None:
    item, other, here = shelf.item(), shelf.item(), shelf.place()
    shelf.receive(item, here, 2)
    order(shelf, "1", (item, 3, None), (other, 1, None))
    done = once(shelf, allocate)
    assert done is not None
    assert (done.state, [line.missing for line in done.lines]) == ("partial", [1, 1])
    assert once(shelf, allocate) is None, "it waits, so that others get their turn"
    shelf.receive(item, here, 9)
    shelf.receive(other, here, 9)
    due(shelf)
    done = once(shelf, allocate)
    assert done is not None
    assert (done.state, [line.promised for line in done.lines]) == ("allocated", [1, 1])
    assert timedelta(minutes=1) < AGAIN_AFTER


def test_two_lines_of_one_item_are_not_each_promised_the_same_pieces(
    shelf: Shelf, allocate: AllocateOrder
) -> None:
    item, here = shelf.item(), shelf.place()
    shelf.receive(item, here, 5)
    order(shelf, "1", (item, 4, None), (item, 4, None))
    done = once(shelf, allocate)
    assert done is not None
    assert [(line.promised, line.missing) for line in done.lines] == [(4, 0), (1, 3)]


def test_a_lapsed_promise_goes_back_and_its_order_waits_again(shelf: Shelf, allocate: AllocateOrder) -> None:
    item, here = shelf.item(), shelf.place()
    shelf.receive(item, here, 2)
    order(shelf, "1", (item, 2, None))
    brief = replace(allocate, holds_for=timedelta(seconds=-1))
    assert once(shelf, brief) is not None
    release = ReleaseLapsed(post=shelf.post, clock=SystemClock())
    for released in (1, 0):
        with shelf.db.tenant(shelf.tenant_id) as tx:
            assert release(tx) == released
    balance = shelf.balance(item, here)
    assert balance is not None
    assert balance.reserved == 0
    done = once(shelf, allocate)
    assert done is not None
    assert done.state == "allocated"


def test_what_was_shipped_is_not_promised_again(shelf: Shelf, allocate: AllocateOrder) -> None:
    item, here = shelf.item(), shelf.place()
    shelf.receive(item, here, 9)
    made = order(shelf, "1", (item, 4, None))
    once(shelf, allocate)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        sql = "SELECT id FROM hold WHERE tenant_id = :tenant_id AND order_id = :order"
        hold = int(tx.run(sql, order=made).scalar_one())
    assert shelf.do(Reason.SHIP, Line(hold_id=hold, qty=3)).status is Status.OK
    assert shelf.do(Reason.RELEASE, Line(hold_id=hold, qty=1)).status is Status.OK
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("UPDATE customer_order SET state = 'waiting', try_at = now() WHERE tenant_id = :tenant_id")
    done = once(shelf, allocate)
    assert done is not None
    assert [(line.promised, line.missing) for line in done.lines] == [(1, 0)]


def test_several_workers_promise_each_piece_once(shelf: Shelf, db: Database, allocate: AllocateOrder) -> None:
    items, here = [shelf.item() for _ in range(3)], shelf.place()
    for item in items:
        shelf.receive(item, here, 20)
    for n in range(12):
        order(shelf, f"{n}", *((item, 2, None) for item in (items if n % 2 else items[::-1])))

    def worker(_: int) -> list[Allocated]:
        done = []
        while (each := once(shelf, allocate)) is not None:
            done.append(each)
        return done

    with ThreadPoolExecutor(4) as pool:
        done = [each for some in pool.map(worker, range(4)) for each in some]
    # 60 pieces for 72 asked. No order is short while there is a piece free: nothing was skipped as locked.
    assert len({each.order_id for each in done}) == len(done) == 12
    assert sum(line.promised for each in done for line in each.lines) == 60
    assert [shelf.balance(item, here).reserved for item in items] == [20, 20, 20]  # type: ignore[union-attr]
    assert verify_ledger(db, shelf.tenant_id).faults == ()
