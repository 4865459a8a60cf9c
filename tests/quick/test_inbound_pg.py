"""Seed wms-du, step 3: received, then put away; the books and the balances say the same throughout."""

from app.domain.warehouse.movements import Line, Reason, Status
from app.services.ledger.verify import verify_ledger
from tests.support.shelf import Shelf


def test_inbound_receive_and_putaway_integrity(shelf: Shelf) -> None:
    items = [shelf.item() for _ in range(3)]
    stage, shelved = shelf.place("STAGE"), shelf.place("A-01")
    inbound = [Line(item_id=each, qty=10 * n, location_id=stage) for n, each in enumerate(items, 1)]
    for status in (Status.OK, Status.IDEMPOTENT):
        assert shelf.do(Reason.RECEIPT, *inbound, ref="IN-1").status is status
    assert [entry[0] for entry in shelf.entries("IN-1")] == [10, 20, 30]
    away = [
        Line(item_id=each, qty=10 * n - 1, location_id=stage, to_location_id=shelved)
        for n, each in enumerate(items, 1)
    ]
    for status in (Status.OK, Status.IDEMPOTENT):
        assert shelf.do(Reason.PUTAWAY, *away, ref="PW-2").status is status
    deltas = [entry[0] for entry in shelf.entries("PW-2")]
    assert (len(deltas), sum(deltas)) == (6, 0)
    assert [(shelf.on_hand(each, stage), shelf.on_hand(each, shelved)) for each in items] == [
        (1, 9),
        (1, 19),
        (1, 29),
    ]
    assert verify_ledger(shelf.db, shelf.tenant_id).faults == ()
