"""One tenant with a long line beside many with a single job: what the worker's hands make of it.

Claims by themselves are told in test_fairness; how long it takes in milliseconds, in benchmarks/.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.core.clock import FixedClock, SystemClock
from app.core.document import Document
from app.db.session import Database
from app.queue.port import ClaimedJob, Report
from app.queue.worker import Worker
from tests.queue.conftest import Line, at_work
from tests.support.shop import until
from tests.support.worlds import make_tenant

OTHERS = 60
LONG_LINE = 1_000
A_JOB = timedelta(seconds=10)


@pytest.fixture(scope="module")
def noisy(db: Database) -> int:
    return make_tenant(db, "ИП Шумный")


@pytest.fixture(scope="module")
def others(db: Database, noisy: int) -> list[int]:
    return [make_tenant(db, f"ИП Тихий {number}") for number in range(OTHERS)]


@pytest.fixture
def backfill(db: Database, line: Line, noisy: int, clean: None) -> None:
    """The noisy one asked first, and for a lot."""
    with db.platform() as tx:
        tx.run(
            "INSERT INTO job (tenant_id, job_type, trace_id, uniq, run_at) SELECT :noisy, 'work', 't',"
            " n::text, :at FROM generate_series(1, :count) n",
            noisy=noisy,
            count=LONG_LINE,
            at=line.clock.now() - timedelta(hours=1),
        )


class Diary:
    """A handler that notes whose turn it was; every job takes ten seconds."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.turns: list[int] = []
        self.begun_at: dict[int, list[timedelta]] = {}
        self._start = clock.now()

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document | None:
        assert job.tenant_id is not None
        self.turns.append(job.tenant_id)
        self.begun_at.setdefault(job.tenant_id, []).append(self.clock.now() - self._start)
        self.clock.advance(A_JOB)
        return None


@pytest.mark.usefixtures("backfill")
def test_everybody_has_had_a_turn_before_the_noisy_one_has_its_second(
    db: Database, line: Line, clock: FixedClock, noisy: int, others: list[int]
) -> None:
    for tenant in others:
        line.ask(tenant, str(tenant))
    diary = Diary(clock)
    worker = Worker(db, {"work": diary}, clock)
    for _ in range(OTHERS + 2):
        assert worker.run_once()
    assert sorted(diary.turns[: OTHERS + 1]) == sorted([noisy, *others])
    assert diary.turns[OTHERS + 1] == noisy


@pytest.mark.usefixtures("backfill")
def test_two_workers_do_not_favour_the_noisy_one_either(
    db: Database, line: Line, clock: FixedClock, noisy: int, others: list[int]
) -> None:
    """Each goes its own round: together they give it two turns in a lap at most."""
    for tenant in others:
        line.ask(tenant, str(tenant))
    diary = Diary(clock)
    workers = [Worker(db, {"work": diary}, clock) for _ in range(2)]
    for number in range(OTHERS + 2):
        assert workers[number % 2].run_once()
    assert set(diary.turns) == {noisy, *others}
    assert diary.turns.count(noisy) <= 2


@pytest.mark.usefixtures("backfill")
def test_whoever_comes_in_the_midst_of_a_backfill_waits_for_one_job(
    db: Database, line: Line, clock: FixedClock, noisy: int, others: list[int]
) -> None:
    diary = Diary(clock)
    worker = Worker(db, {"work": diary}, clock)
    for tenant in others[:20]:
        for _ in range(3):
            worker.run_once()
        line.ask(tenant, str(tenant))
        asked = clock.now()
        while tenant not in diary.turns:
            worker.run_once()
        assert clock.now() - asked <= 2 * A_JOB, "one job of the noisy one, then its own"


@pytest.mark.usefixtures("backfill")
def test_an_urgent_job_goes_before_all_that_is_not(
    db: Database, line: Line, clock: FixedClock, others: list[int]
) -> None:
    line.ask(others[0], "a person waits for it", priority=1)
    diary = Diary(clock)
    Worker(db, {"work": diary}, clock).run_once()
    assert diary.turns == [others[0]]


class Standstill:
    """A handler whose noisy jobs do not end until told."""

    def __init__(self, noisy: int) -> None:
        self.noisy = noisy
        self.begun: list[int] = []
        self.go_on = threading.Event()

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document | None:
        assert job.tenant_id is not None
        self.begun.append(job.tenant_id)
        if job.tenant_id == self.noisy:
            self.go_on.wait(20)
        return None


@pytest.fixture
def standstill(noisy: int) -> Iterator[Standstill]:
    handler = Standstill(noisy)
    yield handler
    handler.go_on.set()


@pytest.mark.usefixtures("backfill")
def test_long_jobs_of_one_tenant_never_take_all_hands(
    db: Database, line: Line, noisy: int, others: list[int], standstill: Standstill
) -> None:
    """Its own cap leaves a hand for the others, however many of its jobs are due."""
    worker = Worker(db, {"work": standstill}, SystemClock(), threads=3, tenant_max=2, poll=0.02)
    with at_work(worker, 20):
        try:
            until(lambda: standstill.begun.count(noisy) == 2)
            for tenant in others[:10]:
                line.ask(tenant, str(tenant))
            until(lambda: set(others[:10]) <= set(standstill.begun))
            assert standstill.begun.count(noisy) == 2
        finally:
            worker.stop()
            standstill.go_on.set()
