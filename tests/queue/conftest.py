"""A clean line and a clean outbox for every test, two tenants, and time that passes when told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.core.clock import FixedClock
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.port import ClaimedJob, Event, JobStatus, NewJob
from app.queue.postgres import PostgresQueue
from app.queue.relay import Relay
from app.queue.worker import Worker
from tests.support.worlds import make_tenant


@contextmanager
def at_work(hands: Worker | Relay, within: float = 5) -> Iterator[None]:
    """Its threads go round, and are gone afterwards whatever becomes of the test: they would go on
    looking for a database that is dropped, and stumble in the midst of somebody else's test."""
    hands.start()
    try:
        yield
    finally:
        hands.stop()
        is_through = hands.join(within)
    assert is_through


@pytest.fixture(autouse=True)
def clean(db: Database) -> None:
    with db.platform() as tx:
        tx.run("DELETE FROM job")
        tx.run("DELETE FROM dead_letter")
        tx.run("DELETE FROM outbox_event")


@pytest.fixture(scope="module")
def tenant(db: Database) -> int:
    return make_tenant(db, "ИП Первый")


@pytest.fixture(scope="module")
def neighbour(db: Database) -> int:
    return make_tenant(db, "ИП Второй")


@pytest.fixture
def outbox(clock: FixedClock) -> PostgresOutbox:
    return PostgresOutbox(clock=clock)


@dataclass(frozen=True, slots=True)
class Line:
    """The queue with a hand on it: short sentences for the tests."""

    db: Database
    queue: PostgresQueue
    clock: FixedClock

    def ask(
        self,
        tenant_id: int | None,
        name: str = "",
        *,
        job_type: str = "work",
        uniq: str | None = None,
        priority: int = 0,
        max_attempt: int = 5,
        after: timedelta = timedelta(0),
        serial: str | None = None,
        asked_by: int | None = None,
    ) -> int:
        """A job whose payload is its name; the id."""
        job = NewJob(
            job_type=job_type,
            payload={"name": name},
            tenant_id=tenant_id,
            trace_id=f"trace-{name}",
            uniq=uniq,
            priority=priority,
            max_attempt=max_attempt,
            run_at=self.clock.now() + after,
            serial=serial,
            asked_by=asked_by,
        )
        with self.db.platform() as tx:
            return self.queue.enqueue(tx, job).job_id

    def claim(self, served_last: int = 0, job_type: str = "work") -> ClaimedJob | None:
        with self.db.platform() as tx:
            return self.queue.claim(tx, [job_type], served_last)

    def claimed(self) -> ClaimedJob:
        job = self.claim()
        assert job is not None
        return job

    def ack(self, job: ClaimedJob) -> None:
        with self.db.platform() as tx:
            self.queue.ack(tx, job, None)

    def fail(self, job: ClaimedJob, error: str = "не вышло") -> None:
        with self.db.platform() as tx:
            self.queue.fail(tx, job, error)

    def status(self, job_id: int) -> JobStatus:
        with self.db.platform() as tx:
            status = self.queue.status(tx, job_id)
        assert status is not None
        return status


@pytest.fixture
def line(db: Database, clock: FixedClock) -> Line:
    return Line(db, PostgresQueue(clock=clock), clock)


@dataclass(slots=True)
class Listener:
    """A consumer that remembers; ``trouble`` may raise before it does."""

    heard: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    trouble: Callable[[Event], None] = lambda event: None

    def __call__(self, event: Event) -> None:
        self.trouble(event)
        self.events.append(event)
        self.heard.append(event.payload["text"])


@pytest.fixture
def listener() -> Listener:
    return Listener()
