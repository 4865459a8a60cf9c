"""Seed wms-du, step 3: putting goods away is two symmetric entries, once."""

import sys
from collections.abc import Callable

from app.domain.warehouse.movements import Line, Reason, Status
from tests.support.shelf import Shelf


def test_putaway_integrity(shelf: Shelf, record_property: Callable[[str, object], None]) -> None:
    item, stage, shelved = shelf.item(), shelf.place("STAGE"), shelf.place("A-01")
    shelf.receive(item, stage, 10)
    line = Line(item_id=item, qty=10, location_id=stage, to_location_id=shelved)
    assert shelf.do(Reason.PUTAWAY, line, ref="PW-1").status is Status.OK
    assert shelf.do(Reason.PUTAWAY, line, ref="PW-1").status is Status.IDEMPOTENT
    deltas = sorted(delta for delta, _, _ in shelf.entries("PW-1"))
    told = f"putaway ledger: {len(deltas)} {sum(deltas)} {' '.join(map(str, deltas))}"
    there = f"stocks: {shelf.on_hand(item, stage)} {shelf.on_hand(item, shelved)}"
    sys.stdout.write(f"{told}\n{there}\n")
    record_property("told", f"{told}; {there}")
    assert (told, there) == ("putaway ledger: 2 0 -10 10", "stocks: 0 10")
