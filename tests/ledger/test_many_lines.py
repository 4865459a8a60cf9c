"""Documents of several lines: reckoned all at once where they can be, and answered as if one by one."""

from itertools import pairwise

import pytest

from app.domain.warehouse.movements import Line, Posted, Reason, Status
from app.services.ledger.verify import verify_ledger
from tests.support.refusals import refused
from tests.support.shelf import TODAY, Shelf

OK, SAME, SHORT = Status.OK, Status.IDEMPOTENT, Status.INSUFFICIENT_STOCK


@pytest.fixture
def here(shelf: Shelf) -> int:
    return shelf.place()


@pytest.fixture
def items(shelf: Shelf, here: int) -> list[int]:
    """Five, with 10 pieces each."""
    made = [shelf.item() for _ in range(5)]
    lines = [Line(item_id=item, qty=10, location_id=here) for item in made]
    assert shelf.do(Reason.RECEIPT, *lines).status is OK
    return made


def told(answer: Posted) -> list[tuple[Status, int, list[tuple[int, int]]]]:
    return [
        (each.status, each.missing, [(e.delta, e.after_qty) for e in each.entries]) for each in answer.lines
    ]


def sound(shelf: Shelf) -> bool:
    return verify_ledger(shelf.db, shelf.tenant_id).faults == ()


def test_each_line_on_a_balance_of_its_own(shelf: Shelf, here: int, items: list[int]) -> None:
    lines = [Line(item_id=item, qty=n, location_id=here) for n, item in enumerate(reversed(items), 1)]
    for status in (OK, SAME):
        answer = shelf.do(Reason.WRITE_OFF, *lines, ref="W")
        assert told(answer) == [(status, 0, [(-n, 10 - n)]) for n in range(1, 6)]
        assert [e.version for line in answer.lines for e in line.entries] == [2] * 5
    assert sound(shelf)


def test_one_short_line_among_many(shelf: Shelf, here: int, items: list[int]) -> None:
    lines = [Line(item_id=item, qty=12 if item == items[2] else 1, location_id=here) for item in items]
    answer = shelf.do(Reason.WRITE_OFF, *lines)
    assert [line.status for line in answer.lines] == [OK, OK, SHORT, OK, OK]
    assert answer.lines[2].missing == 2
    assert [shelf.on_hand(item, here) for item in items] == [9, 9, 10, 9, 9]
    assert sound(shelf)


def test_lines_that_meet_on_one_balance_run_on(shelf: Shelf, here: int, items: list[int]) -> None:
    named = [items[0], items[1], items[0], items[2], items[0]]
    lines = [Line(item_id=item, qty=n, location_id=here) for n, item in enumerate(named, 1)]
    answer = shelf.do(Reason.RECEIPT, *lines)
    assert [line.entries[0].after_qty for line in answer.lines] == [11, 12, 14, 14, 19]
    assert sound(shelf)


def test_two_lots_for_one_line_are_no_lot_for_another(shelf: Shelf, here: int, items: list[int]) -> None:
    """As many candidates as lines, and yet a line has none."""
    lot, nowhere = shelf.lot(items[0], TODAY), shelf.item()
    shelf.receive(items[0], here, 2, lot)
    named = items[0], items[1], nowhere
    few = shelf.do(Reason.OUTBOUND, *[Line(item_id=item, qty=1, location_id=here) for item in named])
    assert told(few) == [(OK, 0, [(-1, 1)]), (OK, 0, [(-1, 9)]), (SHORT, 1, [])]
    more = shelf.do(Reason.OUTBOUND, *[Line(item_id=item, qty=3, location_id=here) for item in named])
    assert told(more) == [(OK, 0, [(-1, 0), (-2, 8)]), (OK, 0, [(-3, 6)]), (SHORT, 3, [])]
    assert sound(shelf)


def test_a_transfer_of_many_is_told_from_and_to(shelf: Shelf, here: int, items: list[int]) -> None:
    there = shelf.place()
    for start, end in pairwise([here, there, here]):  # one comes before the other in the order of locks
        lines = [Line(item_id=item, qty=10, location_id=start, to_location_id=end) for item in items]
        for status in (OK, SAME):
            answer = shelf.do(Reason.PUTAWAY, *lines, ref=f"PW-{start}")
            assert told(answer) == [(status, 0, [(-10, 0), (10, 10)])] * 5
    lines = [
        Line(item_id=item, qty=10 + (n == 4), location_id=here, to_location_id=there)
        for n, item in enumerate(items)
    ]
    assert [line.missing for line in shelf.do(Reason.PUTAWAY, *lines).lines] == [0, 0, 0, 0, 1]
    assert [shelf.on_hand(item, here) for item in items] == [10] * 5
    assert sound(shelf)


def test_promises_of_many_lines_are_many_holds(shelf: Shelf, here: int, items: list[int]) -> None:
    promised = shelf.do(Reason.RESERVE, *[Line(item_id=item, qty=4, location_id=here) for item in items])
    holds = [line.entries[0].hold_id for line in promised.lines]
    assert len(set(holds)) == 5
    taken = shelf.do(Reason.OUTBOUND, *[Line(item_id=item, qty=7, location_id=here) for item in items])
    assert [(line.status, line.missing) for line in taken.lines] == [(SHORT, 1)] * 5
    assert shelf.do(Reason.SHIP, *[Line(hold_id=hold, qty=4) for hold in holds]).status is OK
    assert [shelf.on_hand(item, here) for item in items] == [6] * 5
    assert sound(shelf)


def test_many_lines_are_undone_at_once(shelf: Shelf, here: int, items: list[int]) -> None:
    shelf.do(Reason.OUTBOUND, *[Line(item_id=item, qty=4, location_id=here) for item in items], ref="SO")
    with shelf.db.tenant(shelf.tenant_id) as tx:
        sql = "SELECT id FROM stock_document WHERE tenant_id = :tenant_id AND ref = 'SO'"
        done = int(tx.run(sql).scalar_one())
    for status in (OK, SAME):
        answer = shelf.do(Reason.REVERSAL, ref="X", reverses=done)
        assert told(answer) == [(status, 0, [(4, 10)])] * 5
    assert sound(shelf)


def test_new_goods_and_known_ones_in_one_receipt(shelf: Shelf, here: int, items: list[int]) -> None:
    new = [shelf.item() for _ in range(3)]
    named = [new[2], items[0], new[0], items[4], new[1]]
    answer = shelf.do(Reason.RECEIPT, *[Line(item_id=item, qty=1, location_id=here) for item in named])
    assert [line.entries[0].after_qty for line in answer.lines] == [1, 11, 1, 11, 1]
    assert sound(shelf)


def test_a_line_of_outbound_keeps_the_number_it_was_given(shelf: Shelf, here: int, items: list[int]) -> None:
    last, first = (Line(item_id=item, qty=1, location_id=here) for item in (items[4], items[0]))
    asked = [([last], [1]), ([first, last], [2, 1]), ([last, first], [1, 2])]
    for lines, numbers in asked:
        answer = shelf.do(Reason.OUTBOUND, *lines, ref="SO")
        assert [line.ref_line for line in answer.lines] == numbers
    assert sound(shelf)


@pytest.mark.parametrize("qtys", ["{1,NULL}", "{1}", "{1,0}", "{}"])
def test_the_function_itself_refuses_a_line_of_nothing(
    shelf: Shelf, here: int, items: list[int], qtys: str
) -> None:
    sql = (
        "SELECT * FROM ambar_ledger_post('RECEIPT', 'x', '{1,2}', CAST(:items AS bigint[]),"
        " CAST(:places AS bigint[]), '{-1,-1}', '{0,0}', CAST(:qtys AS integer[]), '{0,0}', '{-1,-1}',"
        " false, false, NULL, NULL, NULL, NULL, NULL, '', NULL, '', '')"
    )
    with refused("22023", saying="line of nothing"), shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run(sql, items=items[:2], places=[here, here], qtys=qtys)
