"""Seed wms-du, phase 2: what the first page shows of an item."""

from datetime import timedelta

from app.domain.warehouse.movements import Line, Reason
from app.services.ledger.snapshot import NEAR_EXPIRY_DAYS, query_inventory_snapshot
from tests.support.shelf import TODAY, Shelf


def test_snapshot_has_total_top_two_and_expiry(shelf: Shelf) -> None:
    item, empty = shelf.item("B-1"), shelf.item("b-2")
    small, large, middle = shelf.place("S"), shelf.place("L"), shelf.place("M")
    soon = shelf.lot(item, TODAY + timedelta(days=NEAR_EXPIRY_DAYS))
    late = shelf.lot(item, TODAY + timedelta(days=NEAR_EXPIRY_DAYS + 1))
    for place, qty, lot in ((small, 1, 0), (large, 4, late), (large, 3, soon), (middle, 5, 0)):
        shelf.receive(item, place, qty, lot)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        first, second = query_inventory_snapshot(tx, TODAY)
    assert (first.item_id, first.total_qty, first.available_qty) == (item, 13, 13)
    assert [(each.code, each.qty) for each in first.top2_locations] == [("L", 7), ("M", 5)]
    assert (first.earliest_expiry, first.near_expiry) == (TODAY + timedelta(days=30), True)
    assert (second.item_id, second.total_qty, second.top2_locations) == (empty, 0, ())
    assert (second.earliest_expiry, second.near_expiry) == (None, False)
    # A lot that is gone expires no more.
    shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=3, location_id=large, lot_id=soon))
    with shelf.db.tenant(shelf.tenant_id) as tx:
        first = query_inventory_snapshot(tx, TODAY, words="B-1")[0]
    assert (first.earliest_expiry, first.near_expiry) == (TODAY + timedelta(days=31), False)
