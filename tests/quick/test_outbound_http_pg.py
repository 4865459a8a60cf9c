"""Seed wms-du, phase 2: two commits of one reference at once, each in a session of its own.

Named as in the seed, whose commit was a route of its web application; here it is the service beneath any
edge, each request in a transaction of its own.
"""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from app.domain.warehouse.movements import Line, Reason, Status
from tests.support.shelf import Shelf


def test_two_concurrent_commits_are_one_ok_and_one_idempotent(shelf: Shelf) -> None:
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 10)
    start = Barrier(2)

    def commit(_: int) -> Status:
        start.wait()
        return shelf.do(Reason.OUTBOUND, Line(item_id=item, qty=3, location_id=place), ref="SO-3").status

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(commit, range(2)))
    assert found == [Status.IDEMPOTENT, Status.OK]
    assert shelf.on_hand(item, place) == 7
    assert shelf.entries("SO-3") == [(-3, 0, 7)]
