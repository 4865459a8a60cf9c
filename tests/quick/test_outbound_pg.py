"""Seed wms-du, phase 2: goods go out once under a reference, and never more of them than there are."""

from app.domain.warehouse.movements import Line, Reason, Status
from tests.support.shelf import Shelf


def test_outbound_is_idempotent(shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 10)
    line = Line(item_id=item, qty=3, location_id=place)
    assert shelf.do(Reason.OUTBOUND, line, ref="SO-1").status is Status.OK
    assert shelf.do(Reason.OUTBOUND, line, ref="SO-1").status is Status.IDEMPOTENT
    assert shelf.on_hand(item, place) == 7
    assert shelf.entries("SO-1") == [(-3, 0, 7)]


def test_outbound_of_more_than_there_is(shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 2)
    line = Line(item_id=item, qty=3, location_id=place)
    assert shelf.do(Reason.OUTBOUND, line, ref="SO-2").status is Status.INSUFFICIENT_STOCK
    assert (shelf.on_hand(item, place), shelf.entries("SO-2")) == (2, [])
    shelf.receive(item, place, 1)
    assert shelf.do(Reason.OUTBOUND, line, ref="SO-2").status is Status.OK
