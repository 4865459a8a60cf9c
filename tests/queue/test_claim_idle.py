"""Hands that find nothing due must not stand in each other's way."""

from datetime import timedelta
from threading import Thread

from app.core.clock import SystemClock
from app.db.session import Database
from app.queue.port import NewJob
from app.queue.postgres import PostgresQueue
from tests.support.worlds import make_tenant


def test_idle_hands_do_not_wait_for_each_other_in_a_circle(db: Database) -> None:
    """Seen as deadlocks within seconds: each held locks of tenants with nothing due and waited for more."""
    queue = PostgresQueue(clock=SystemClock())
    later = SystemClock().now() + timedelta(hours=1)
    tenants = [make_tenant(db) for _ in range(20)]
    with db.platform() as tx:
        for tenant_id in tenants:
            queue.enqueue(
                tx, NewJob(job_type="idle", payload={}, tenant_id=tenant_id, trace_id="t", run_at=later)
            )
    faults: list[Exception] = []

    def look(first: int) -> None:
        try:
            for turn in range(40):
                with db.platform() as tx:
                    assert queue.claim(tx, ["idle"], tenants[(first * 5 + turn) % 20]) is None
        except Exception as error:
            faults.append(error)

    hands = [Thread(target=look, args=(number,)) for number in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert faults == []
