"""What each reason does to a balance, and what a document is answered the first time and after it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import BadInput, Conflict, NotFound
from app.domain.warehouse.movements import Line, Reason, Status, StockDocument
from tests.support.shelf import TODAY, Shelf

OK, SAME, CONFLICT, SHORT = Status.OK, Status.IDEMPOTENT, Status.CONFLICT, Status.INSUFFICIENT_STOCK


@pytest.fixture
def item(shelf: Shelf) -> int:
    return shelf.item()


@pytest.fixture
def here(shelf: Shelf) -> int:
    return shelf.place("here")


@pytest.fixture
def there(shelf: Shelf) -> int:
    return shelf.place("there")


def held(shelf: Shelf, item: int, here: int, qty: int, **more: object) -> int:
    """A promise of so many pieces; its id."""
    answer = shelf.do(Reason.RESERVE, Line(item_id=item, qty=qty, location_id=here), **more)
    assert answer.status is OK
    hold = answer.lines[0].entries[0].hold_id
    assert hold is not None
    return hold


def test_a_receipt_puts_goods_on_the_shelf_once(shelf: Shelf, item: int, here: int) -> None:
    for status in (OK, SAME, SAME):
        answer = shelf.do(Reason.RECEIPT, Line(item_id=item, qty=10, location_id=here), ref="R-1")
        assert answer.status is status
        assert [(e.delta, e.after_qty, e.version) for e in answer.lines[0].entries] == [(10, 10, 1)]
    assert shelf.on_hand(item, here) == 10
    assert shelf.entries("R-1") == [(10, 0, 10)]
    counts = shelf.counts()
    assert (counts["outbox_event"], counts["audit_entry"], counts["stock_document"]) == (1, 1, 1)


def test_the_same_line_with_another_quantity_is_a_conflict(shelf: Shelf, item: int, here: int) -> None:
    shelf.do(Reason.RECEIPT, Line(item_id=item, qty=10, location_id=here), ref="R-1")
    before = shelf.counts()
    for other in (
        Line(item_id=item, qty=11, location_id=here),
        Line(item_id=item, qty=10, location_id=here, ref_line=2),
        Line(item_id=item, qty=10, location_id=shelf.place()),
    ):
        assert shelf.do(Reason.RECEIPT, other, ref="R-1").status is CONFLICT
    assert shelf.counts() == before


def test_put_away_is_two_entries_that_cancel_out(shelf: Shelf, item: int, here: int, there: int) -> None:
    shelf.receive(item, here, 10)
    line = Line(item_id=item, qty=10, location_id=here, to_location_id=there)
    assert shelf.do(Reason.PUTAWAY, line, ref="PW-1").status is OK
    assert shelf.do(Reason.PUTAWAY, line, ref="PW-1").status is SAME
    assert shelf.entries("PW-1") == [(-10, 0, 0), (10, 0, 10)]
    assert (shelf.on_hand(item, here), shelf.on_hand(item, there)) == (0, 10)


def test_a_transfer_is_posted_whole_or_not_at_all(shelf: Shelf, here: int, there: int) -> None:
    items = [shelf.item() for _ in range(3)]
    for each in items[:2]:
        shelf.receive(each, here, 5)
    before = shelf.counts()
    lines = [Line(item_id=each, qty=5, location_id=here, to_location_id=there) for each in items]
    answer = shelf.do(Reason.MOVE, *lines, ref="M-1")
    assert [(line.status, line.missing) for line in answer.lines] == [(SHORT, 0), (SHORT, 0), (SHORT, 5)]
    assert shelf.counts() == before, "not even an empty balance is left"
    shelf.receive(items[2], here, 5)
    assert shelf.do(Reason.MOVE, *lines, ref="M-1").status is OK
    assert [shelf.on_hand(each, there) for each in items] == [5, 5, 5]
    changed = [*lines[:2], Line(item_id=items[2], qty=4, location_id=here, to_location_id=there)]
    for other in (changed, lines[:2], [*lines, lines[0]]):
        assert {line.status for line in shelf.do(Reason.MOVE, *other, ref="M-1").lines} == {CONFLICT}


def test_goods_may_go_on_in_one_document(shelf: Shelf, item: int, here: int, there: int) -> None:
    shelf.receive(item, here, 5)
    last = shelf.place("last")
    answer = shelf.do(
        Reason.MOVE,
        Line(item_id=item, qty=5, location_id=here, to_location_id=there),
        Line(item_id=item, qty=5, location_id=there, to_location_id=last),
        ref="M-2",
    )
    assert answer.status is OK
    assert (shelf.on_hand(item, there), shelf.on_hand(item, last)) == (0, 5)


def test_two_lines_on_one_balance_are_summed_not_lost(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 10)
    lines = [Line(item_id=item, qty=qty, location_id=here, ref_line=n) for n, qty in ((1, 7), (2, 5), (3, 3))]
    answer = shelf.do(Reason.WRITE_OFF, *lines, ref="W-1")
    assert [(line.status, line.missing) for line in answer.lines] == [(OK, 0), (SHORT, 2), (OK, 0)]
    assert shelf.on_hand(item, here) == 0
    assert shelf.entries("W-1") == [(-7, 0, 3), (-3, 0, 0)]


def test_a_short_line_leaves_no_trace_and_may_be_tried_again(shelf: Shelf, item: int, here: int) -> None:
    other = shelf.item()
    shelf.receive(other, here, 1)
    lines = [Line(item_id=other, qty=1, location_id=here), Line(item_id=item, qty=4, location_id=here)]
    first = shelf.do(Reason.WRITE_OFF, *lines, ref="W-2")
    assert [line.status for line in first.lines] == [OK, SHORT]
    assert shelf.balance(item, here) is None
    shelf.receive(item, here, 4)
    again = shelf.do(Reason.WRITE_OFF, *lines, ref="W-2")
    assert [line.status for line in again.lines] == [SAME, OK]
    assert shelf.do(Reason.WRITE_OFF, *lines, ref="W-2").status is SAME
    new = Line(item_id=item, qty=1, location_id=here, ref_line=3)
    assert shelf.do(Reason.WRITE_OFF, new, ref="W-2").status is CONFLICT


def test_a_document_that_could_post_nothing_never_was(shelf: Shelf, item: int, here: int) -> None:
    before = shelf.counts()
    assert shelf.do(Reason.WRITE_OFF, Line(item_id=item, qty=1, location_id=here)).status is SHORT
    assert shelf.counts() == before


def test_outbound_takes_a_new_line_under_a_known_reference(shelf: Shelf, item: int, here: int) -> None:
    other = shelf.item()
    shelf.receive(item, here, 5)
    shelf.receive(other, here, 5)
    line = Line(item_id=item, qty=2, location_id=here)
    assert shelf.do(Reason.OUTBOUND, line, ref="SO-1").status is OK
    both = shelf.do(Reason.OUTBOUND, Line(item_id=other, qty=1, location_id=here), line, ref="SO-1")
    assert [each.status for each in both.lines] == [OK, SAME]
    assert (shelf.on_hand(item, here), shelf.on_hand(other, here)) == (3, 4)
    more = Line(item_id=item, qty=3, location_id=here)
    assert shelf.do(Reason.OUTBOUND, more, ref="SO-1").status is CONFLICT
    short = shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=9, location_id=here), ref="SO-2")
    assert [(each.status, each.missing) for each in short.lines] == [(SHORT, 6)]


def test_equal_lines_of_outbound_are_one_line_of_both(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 5)
    lines = [Line(item_id=item, qty=2, location_id=here)] * 2
    for status in (OK, SAME):
        answer = shelf.do(Reason.OUTBOUND, *lines, ref="SO-3")
        assert [each.status for each in answer.lines] == [status, status]
    assert shelf.entries("SO-3") == [(-4, 0, 1)]


def test_outbound_takes_what_expires_first_and_never_what_has_expired(
    shelf: Shelf, item: int, here: int
) -> None:
    late = shelf.lot(item, TODAY + timedelta(days=90))
    soon = shelf.lot(item, TODAY)
    gone = shelf.lot(item, TODAY - timedelta(days=1))
    for lot in (late, soon, gone, 0):
        shelf.receive(item, here, 3, lot)
    answer = shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=7, location_id=here), ref="SO-4")
    assert [e.delta for e in answer.lines[0].entries] == [-3, -3, -1]
    assert [shelf.on_hand(item, here, lot) for lot in (soon, late, 0, gone)] == [0, 0, 2, 3]
    assert shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=7, location_id=here), ref="SO-4").status is SAME
    named = Line(item_id=item, qty=1, location_id=here, lot_id=gone)
    assert shelf.do(Reason.OUTBOUND, named).status is SHORT
    assert shelf.do(Reason.WRITE_OFF, named).status is OK


def test_a_count_taken_before_a_movement_wipes_nothing_out(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 10)
    seen = shelf.balance(item, here)
    assert seen is not None
    shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=1, location_id=here))
    stale = Line(item_id=item, qty=10, location_id=here, version=seen.version)
    assert shelf.do(Reason.COUNT, stale, ref="C-1").status is CONFLICT
    assert shelf.on_hand(item, here) == 9
    fresh = Line(item_id=item, qty=8, location_id=here, version=seen.version + 1)
    assert shelf.do(Reason.COUNT, fresh, ref="C-1").status is OK
    assert shelf.entries("C-1") == [(-1, 0, 8)]
    assert shelf.do(Reason.COUNT, fresh, ref="C-1").status is SAME
    right = Line(item_id=item, qty=8, location_id=here, version=seen.version + 2)
    assert shelf.do(Reason.COUNT, right, ref="C-2").status is OK
    assert shelf.entries("C-2") == []
    unseen = Line(item_id=item, qty=3, location_id=shelf.place(), version=0)
    assert shelf.do(Reason.COUNT, unseen).status is OK


def test_a_stale_line_of_a_stocktake_may_be_counted_again(shelf: Shelf, item: int, here: int) -> None:
    other = shelf.item()
    shelf.receive(item, here, 1)
    stale = Line(item_id=item, qty=1, location_id=here, version=0, ref_line=1)
    fine = Line(item_id=other, qty=1, location_id=here, version=0, ref_line=2)
    assert [each.status for each in shelf.do(Reason.COUNT, stale, fine, ref="C-3").lines] == [CONFLICT, OK]
    counted = Line(item_id=item, qty=2, location_id=here, version=1, ref_line=1)
    assert [each.status for each in shelf.do(Reason.COUNT, counted, fine, ref="C-3").lines] == [OK, SAME]


def test_a_count_may_not_find_less_than_is_promised(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 10)
    held(shelf, item, here, 6)
    low = Line(item_id=item, qty=4, location_id=here, version=2)
    answer = shelf.do(Reason.COUNT, low)
    assert [(each.status, each.missing) for each in answer.lines] == [(SHORT, 2)]


def test_a_promise_is_shipped_in_parts(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 10)
    hold = held(shelf, item, here, 6)
    assert shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=5, location_id=here)).status is SHORT
    first = Line(hold_id=hold, qty=2)
    for status in (OK, SAME):
        assert shelf.do(Reason.SHIP, first, ref="S-1").status is status
    balance = shelf.balance(item, here)
    assert balance is not None
    assert (balance.on_hand, balance.reserved) == (8, 4)
    assert shelf.do(Reason.SHIP, Line(hold_id=hold, qty=5)).lines[0].missing == 1
    assert shelf.do(Reason.RELEASE, Line(hold_id=hold, qty=1)).status is OK
    assert shelf.do(Reason.SHIP, Line(hold_id=hold, qty=3)).status is OK
    balance = shelf.balance(item, here)
    assert balance is not None
    assert (balance.on_hand, balance.reserved) == (5, 0)
    assert shelf.do(Reason.SHIP, Line(hold_id=hold, qty=1)).status is SHORT
    assert shelf.do(Reason.SHIP, Line(hold_id=hold + 1000, qty=1)).status is SHORT


def test_a_promise_that_has_lapsed_is_released_not_shipped(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 1)
    past = datetime.now(UTC) - timedelta(seconds=1)
    hold = held(shelf, item, here, 1, expires_at=past)
    assert shelf.do(Reason.SHIP, Line(hold_id=hold, qty=1)).status is SHORT
    assert shelf.do(Reason.RELEASE, Line(hold_id=hold, qty=1)).status is OK


def test_two_lines_share_what_a_promise_has_left(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 5)
    hold = held(shelf, item, here, 5)
    lines = [Line(hold_id=hold, qty=3, ref_line=n) for n in (1, 2)]
    assert [each.status for each in shelf.do(Reason.SHIP, *lines).lines] == [OK, SHORT]


def test_a_partial_promise_says_what_is_missing(shelf: Shelf, item: int, here: int, there: int) -> None:
    shelf.receive(item, here, 3)
    shelf.receive(item, there, 4)
    answer = shelf.do(Reason.RESERVE, Line(item_id=item, qty=10), partial=True, ref="RS-1")
    line = answer.lines[0]
    assert (line.status, line.pieces, line.missing) == (OK, 7, 3)
    again = shelf.do(Reason.RESERVE, Line(item_id=item, qty=10), partial=True, ref="RS-1")
    assert (again.status, again.lines[0].pieces) == (SAME, 7)


def test_adjusting_both_ways_and_never_below_what_is_free(shelf: Shelf, item: int, here: int) -> None:
    assert shelf.do(Reason.ADJUST, Line(item_id=item, qty=3, location_id=here)).status is OK
    assert shelf.do(Reason.ADJUST, Line(item_id=item, qty=-2, location_id=here)).status is OK
    held(shelf, item, here, 1)
    assert shelf.do(Reason.ADJUST, Line(item_id=item, qty=-1, location_id=here)).status is SHORT


def test_an_atomic_outbound_takes_all_or_nothing(shelf: Shelf, item: int, here: int) -> None:
    other = shelf.item()
    shelf.receive(item, here, 5)
    lines = [Line(item_id=item, qty=5, location_id=here), Line(item_id=other, qty=1, location_id=here)]
    assert shelf.do(Reason.OUTBOUND, *lines, ref="SO-5", atomic=True).status is SHORT
    assert shelf.on_hand(item, here) == 5
    shelf.receive(other, here, 1)
    assert shelf.do(Reason.OUTBOUND, *lines, ref="SO-5", atomic=True).status is OK
    assert shelf.do(Reason.OUTBOUND, *lines[::-1], ref="SO-5", atomic=True).status is SAME
    assert shelf.do(Reason.OUTBOUND, lines[0], ref="SO-5", atomic=True).status is CONFLICT


def test_a_document_is_undone_by_another_that_names_it(
    shelf: Shelf, item: int, here: int, there: int
) -> None:
    shelf.receive(item, here, 5)
    shelf.do(Reason.MOVE, Line(item_id=item, qty=5, location_id=here, to_location_id=there), ref="M-3")
    moved = document_id(shelf, "M-3")
    for status in (OK, SAME):
        assert shelf.do(Reason.REVERSAL, ref="X-1", reverses=moved).status is status
    assert (shelf.on_hand(item, here), shelf.on_hand(item, there)) == (5, 0)
    with pytest.raises(Conflict):
        shelf.do(Reason.REVERSAL, ref="X-2", reverses=moved)
    with pytest.raises(Conflict):
        shelf.do(Reason.REVERSAL, ref="X-3", reverses=document_id(shelf, "X-1"))


def test_what_is_undone_takes_no_more_lines(shelf: Shelf, item: int, here: int) -> None:
    shelf.receive(item, here, 5)
    shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=1, location_id=here), ref="SO-6")
    shelf.do(Reason.REVERSAL, ref="X-4", reverses=document_id(shelf, "SO-6"))
    more = Line(item_id=item, qty=1, location_id=here, lot_id=0)
    assert shelf.do(Reason.OUTBOUND, more, ref="SO-6").status is CONFLICT
    assert shelf.on_hand(item, here) == 5


def test_goods_that_went_on_cannot_be_taken_back(shelf: Shelf, item: int, here: int) -> None:
    shelf.do(Reason.RECEIPT, Line(item_id=item, qty=5, location_id=here), ref="R-9")
    shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=1, location_id=here))
    before = shelf.counts()
    answer = shelf.do(Reason.REVERSAL, ref="X-5", reverses=document_id(shelf, "R-9"))
    assert [(each.status, each.missing) for each in answer.lines] == [(SHORT, 1)]
    assert shelf.counts() == before


def test_a_closed_period_takes_no_older_facts_and_still_answers_repeats(
    shelf: Shelf, item: int, here: int
) -> None:
    old = datetime(2026, 10, 1, tzinfo=UTC)
    line = Line(item_id=item, qty=1, location_id=here)
    shelf.do(Reason.RECEIPT, line, ref="R-2", occurred_at=old)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("SELECT ambar_ledger_close(:before, '', 0, '', '')", before=datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(Conflict, match="закрыт"):
        shelf.do(Reason.RECEIPT, line, ref="R-3", occurred_at=old)
    assert shelf.do(Reason.RECEIPT, line, ref="R-2", occurred_at=old).status is SAME
    assert shelf.do(Reason.RECEIPT, line, ref="R-3").status is OK


def test_posting_inside_a_transaction_leaves_it_usable(shelf: Shelf, item: int, here: int) -> None:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        with pytest.raises(NotFound):
            shelf.post(tx, receipt("R-4", Line(item_id=item + 10**6, qty=1, location_id=here)))
        shelf.post(tx, receipt("R-5", Line(item_id=item, qty=1, location_id=here)))
    assert shelf.on_hand(item, here) == 1


def test_a_lot_of_another_item_is_refused(shelf: Shelf, item: int, here: int) -> None:
    with pytest.raises(NotFound):
        shelf.receive(item, here, 1, shelf.lot(shelf.item()))


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        (Reason.RECEIPT, Line(item_id=1, qty=0, location_id=1)),
        (Reason.RECEIPT, Line(item_id=1, qty=-1, location_id=1)),
        (Reason.RECEIPT, Line(item_id=1, qty=1)),
        (Reason.ADJUST, Line(item_id=1, qty=0, location_id=1)),
        (Reason.COUNT, Line(item_id=1, qty=1, location_id=1)),
        (Reason.MOVE, Line(item_id=1, qty=1, location_id=1)),
        (Reason.MOVE, Line(item_id=1, qty=1, location_id=1, to_location_id=1)),
        (Reason.SHIP, Line(item_id=1, qty=1)),
        (Reason.OUTBOUND, Line(item_id=1, qty=2**31, location_id=1)),
    ],
)
def test_a_line_of_nothing_is_refused(shelf: Shelf, reason: Reason, line: Line) -> None:
    with pytest.raises(BadInput):
        shelf.do(reason, line)


def receipt(ref: str, line: Line) -> StockDocument:
    return StockDocument(reason=Reason.RECEIPT, ref=ref, lines=(line,))


def document_id(shelf: Shelf, ref: str) -> int:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        sql = "SELECT id FROM stock_document WHERE tenant_id = :tenant_id AND ref = :ref"
        return int(tx.run(sql, ref=ref).scalar_one())
