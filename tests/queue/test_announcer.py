"""``job.created``: commits with its job, is told at least once, and never piles up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from app.core.clock import FixedClock
from app.db.session import Database
from app.queue.announcer import Announcer
from app.queue.outbox import PostgresOutbox
from app.queue.port import JobNote, NewJob
from app.queue.postgres import PostgresQueue
from app.queue.relay import Relay
from app.queue.worker import Worker
from tests.queue.conftest import Line, at_work


@dataclass(slots=True)
class Bell:
    """Wake-ups that remember."""

    rung: list[int] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)

    def announce(self, jobs: Sequence[JobNote], /) -> None:
        self.rung.extend(job.job_id for job in jobs)

    def wait(self, seconds: float, /) -> None:
        self.rests.append(seconds)


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def ringing(line: Line, bell: Bell) -> Line:
    return replace(line, queue=PostgresQueue(clock=line.clock, wakeups=bell))


def events(db: Database) -> list[tuple[int, bool]]:
    """(job, is it told) of every job.created."""
    with db.platform() as tx:
        rows = tx.run(
            "SELECT payload, published_at FROM outbox_event WHERE topic = 'job.created' ORDER BY id"
        )
        return [(row.payload["job_id"], row.published_at is not None) for row in rows]


def test_a_new_job_tells_of_itself_in_its_own_transaction(
    db: Database, ringing: Line, bell: Bell, tenant: int
) -> None:
    job = NewJob(job_type="work", payload={}, tenant_id=tenant, trace_id="t-1", uniq="night")

    def ask_and_break() -> None:
        with db.tenant(tenant) as tx:
            ringing.queue.enqueue(tx, job)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_break()
    assert (events(db), bell.rung) == ([], [])
    with db.tenant(tenant) as tx:
        first = ringing.queue.enqueue(tx, job)
        joined = ringing.queue.enqueue(tx, job)
        assert bell.rung == [], "nobody is woken for what is not committed"
    assert joined.job_id == first.job_id
    assert (events(db), bell.rung) == ([(first.job_id, False)], [first.job_id])
    with db.platform() as tx:
        payload = tx.run("SELECT payload FROM outbox_event").scalar_one()
    assert payload == {
        "job_id": first.job_id,
        "tenant_id": tenant,
        "trace_id": "t-1",
        "job_type": "work",
        "attempt": 0,
    }


def test_what_a_dead_process_did_not_call_out_is_called_out_by_the_relay(
    db: Database, line: Line, bell: Bell, tenant: int, clock: FixedClock
) -> None:
    waiting, taken = line.ask(tenant), line.ask(tenant)
    with db.platform() as tx:
        tx.run("UPDATE job SET state = 'done' WHERE id = :id", id=taken)
    relay = Relay(db, {}, clock, announcer=Announcer(db, clock, bell), poll=0.01)
    with at_work(relay):
        for _ in range(500):
            if all(told for _, told in events(db)):
                break
            relay.join(0.01)
    assert events(db) == [(waiting, True), (taken, True)]
    assert bell.rung == [waiting], "who has been done already needs no waking"


def test_without_wakeups_events_of_jobs_are_told_all_the_same_and_never_listed(
    db: Database, line: Line, tenant: int, clock: FixedClock, outbox: PostgresOutbox
) -> None:
    for _ in range(7):
        line.ask(tenant)
    with db.platform() as tx:
        assert outbox.list(tx) == []
    announcer = Announcer(db, clock, None, batch=5)
    assert [announcer.run_once() for _ in range(3)] == [5, 2, 0]
    assert {told for _, told in events(db)} == {True}


def test_what_is_called_out_is_called_out_again_if_the_mark_was_not_kept(
    db: Database, line: Line, tenant: int, clock: FixedClock
) -> None:
    class Broken(Bell):
        def announce(self, jobs: Sequence[JobNote], /) -> None:
            super().announce(jobs)
            raise RuntimeError

    job_id, broken, bell = line.ask(tenant), Broken(), Bell()
    with pytest.raises(RuntimeError):
        Announcer(db, clock, broken).run_once()
    Announcer(db, clock, bell).run_once()
    assert (broken.rung, bell.rung) == ([job_id], [job_id])


def test_a_job_put_back_wakes_the_hands(db: Database, ringing: Line, bell: Bell, tenant: int) -> None:
    job_id = ringing.ask(tenant)
    ringing.fail(ringing.claimed())
    with db.platform() as tx:
        ringing.queue.requeue(tx, job_id)
    assert bell.rung == [job_id, job_id]


def test_idle_hands_rest_by_the_wakeups(db: Database, bell: Bell, clock: FixedClock) -> None:
    worker = Worker(db, {"work": lambda job, report: None}, clock, threads=1, poll=0.25, wakeups=bell)
    with at_work(worker):
        for _ in range(500):
            if bell.rests:
                break
            worker.join(0.01)
    assert set(bell.rests) == {0.25}
