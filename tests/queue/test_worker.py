"""A worker at work: results, errors of every class, progress, stopping, dying."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.clock import SystemClock
from app.core.document import Document
from app.core.errors import BadInput, Conflict, NotAllowed, NotFound, NotNow
from app.db.session import Database, PlatformTx
from app.queue.port import ClaimedJob, Handler, JobStatus, Progress, Report, YieldUntil
from app.queue.postgres import PostgresQueue
from app.queue.retry import PAUSES, Backoff, ErrorClass
from app.queue.states import State
from app.queue.worker import DIED, Worker
from tests.queue.conftest import Line, at_work


def raising(*errors: Exception | None) -> Handler:
    """A handler that meets these errors one after the other, then succeeds."""
    left = list(errors)

    def handle(job: ClaimedJob, report: Report) -> Document:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        return {"attempt": job.attempt}

    return handle


def worker_of(line: Line, handler: Handler, **options: object) -> Worker:
    """A worker whose waiting is the virtual clock's passing."""

    def pause(seconds: float) -> None:
        line.clock.advance(timedelta(seconds=seconds))

    return Worker(line.db, {"work": handler}, line.clock, pause=pause, **options)  # type: ignore[arg-type]


def run(line: Line, tenant: int, handler: Handler, hours: int = 24, **options: object) -> JobStatus:
    job_id = line.ask(tenant, max_attempt=3)
    worker_of(line, handler, **options).run_until_idle(timedelta(hours=hours))
    return line.status(job_id)


def test_a_handlers_answer_is_kept(line: Line, tenant: int) -> None:
    status = run(line, tenant, raising())
    assert (status.state, status.result, status.error) == (State.DONE, {"attempt": 1}, None)


def test_a_busy_marketplace_is_tried_again_until_it_answers(line: Line, tenant: int) -> None:
    began = line.clock.now()
    status = run(line, tenant, raising(NotNow("Площадка не отвечает."), NotNow("Площадка не отвечает.")))
    assert (status.state, status.attempt) == (State.DONE, 3)
    # Pauses of two and four minutes, each shortened by half at most.
    assert timedelta(minutes=3) <= line.clock.now() - began <= timedelta(minutes=6)


def test_the_last_attempt_ends_with_the_persons_sentence(line: Line, tenant: int) -> None:
    status = run(line, tenant, raising(*[Conflict("Отчёт уже меняется.")] * 3))
    assert (status.state, status.attempt, status.error) == (State.FAILED, 3, "Отчёт уже меняется.")


@pytest.mark.parametrize("kind", [BadInput, NotAllowed, NotFound])
def test_what_will_not_get_better_fails_at_once(
    line: Line, tenant: int, kind: type[BadInput | NotAllowed | NotFound]
) -> None:
    status = run(line, tenant, raising(kind("Токен не подходит.")))
    assert (status.state, status.attempt, status.error) == (State.FAILED, 1, "Токен не подходит.")


def test_a_fault_of_ours_is_tried_again_and_kept_without_its_text(line: Line, tenant: int) -> None:
    status = run(line, tenant, raising(*[ValueError("secret-token")] * 3))
    assert status.state is State.FAILED
    assert status.error is not None
    assert "ValueError" in status.error
    assert "trace-" in status.error
    assert "secret-token" not in status.error


def test_waiting_for_a_budget_costs_no_attempt(line: Line, tenant: int) -> None:
    waits = [YieldUntil(line.clock.now() + timedelta(hours=hour)) for hour in range(1, 9)]
    status = run(line, tenant, raising(*waits))
    assert (status.state, status.result) == (State.DONE, {"attempt": 1})
    assert line.clock.now() >= waits[-1].at


def test_a_result_that_json_cannot_hold_is_a_fault_and_blocks_nobody(line: Line, tenant: int) -> None:
    def handle(job: ClaimedJob, report: Report) -> Document:
        return {"when": job} if job.payload["name"] == "bad" else {}

    bad, good = line.ask(tenant, "bad", max_attempt=1), line.ask(tenant, "good")
    assert worker_of(line, handle).run_until_idle() == 2
    assert line.status(bad).state is State.FAILED
    assert line.status(good).state is State.DONE


def test_the_news_of_a_failure_commits_with_the_failure(line: Line, tenant: int) -> None:
    told: list[tuple[str, str]] = []

    def tell(tx: PlatformTx, job: ClaimedJob, sentence: str) -> None:
        row = tx.run("SELECT state FROM job WHERE id = :id", id=job.id).one()
        told.append((row.state, sentence))

    run(line, tenant, raising(BadInput("Нет такого.")), on_failed=tell)
    assert told == [("failed", "Нет такого.")]


def test_progress_can_be_read_while_the_job_runs(db: Database, line: Line, tenant: int) -> None:
    seen: list[Progress | None] = []

    def handle(job: ClaimedJob, report: Report) -> None:
        report("wb.sales", 1, 3)
        seen.append(line.status(job.id).progress)
        report("wb.stock", 0, 2)
        seen.append(line.status(job.id).progress)

    run(line, tenant, handle)
    assert seen == [
        Progress(stage="wb.sales", done=1, total=3),
        Progress(stage="wb.stock", done=0, total=2),
    ]


def test_a_dead_workers_job_is_done_by_another(line: Line, tenant: int) -> None:
    job_id = line.ask(tenant)
    line.claimed()  # and never heard of again
    worker = worker_of(line, raising())
    assert worker.run_until_idle() == 0
    line.clock.advance(line.queue.lease)
    assert worker.run_until_idle() == 1
    assert line.status(job_id).result == {"attempt": 2}


def test_a_job_that_kills_its_workers_is_given_up_at_last(line: Line, tenant: int) -> None:
    job_id = line.ask(tenant, max_attempt=2)
    worker = worker_of(line, raising())
    for _ in range(2):
        line.claimed()
        line.clock.advance(line.queue.lease)
        with line.db.platform() as tx:
            for job in line.queue.expired(tx):
                if job.attempt < 2:
                    line.queue.retry(tx, job, line.clock.now(), DIED)
    assert worker.run_until_idle() == 0
    assert (line.status(job_id).state, line.status(job_id).error) == (State.FAILED, DIED)


def test_who_lost_the_lease_neither_goes_on_nor_writes(line: Line, tenant: int) -> None:
    went_on = False

    def handle(job: ClaimedJob, report: Report) -> None:
        nonlocal went_on
        with line.db.platform() as tx:  # somebody thought us dead
            line.queue.retry(tx, job, line.clock.now() + timedelta(days=1), "другой")
        report("x", 1, 2)
        went_on = True

    job_id = line.ask(tenant)
    assert worker_of(line, handle).run_once()
    status = line.status(job_id)
    assert (status.state, status.error, went_on) == (State.TODO, "другой", False)


def test_stopping_finishes_the_unit_and_hands_the_rest_back(db: Database, tenant: int) -> None:
    clock = SystemClock()
    line = Line(db, PostgresQueue(clock=clock), clock)  # type: ignore[arg-type]
    busy, units = threading.Event(), []

    def handle(job: ClaimedJob, report: Report) -> None:
        for unit in range(1, 1000):
            busy.set()
            time.sleep(0.02)
            units.append(unit)
            report("wb.sales", unit, 1000)

    job_id = line.ask(tenant)
    worker = Worker(db, {"work": handle}, clock, threads=2, poll=0.05)
    with at_work(worker):
        assert busy.wait(5)
    status = line.status(job_id)
    assert (status.state, status.attempt) == (State.TODO, 0)
    assert len(units) < 1000
    assert line.claim() is not None  # at once, by whoever comes


def test_idle_hands_find_new_work_and_beat_for_long_work(db: Database, tenant: int) -> None:
    clock = SystemClock()
    line = Line(db, PostgresQueue(clock=clock), clock)  # type: ignore[arg-type]
    done = threading.Event()

    def handle(job: ClaimedJob, report: Report) -> None:
        time.sleep(1.2)  # two leases long
        done.set()

    worker = Worker(db, {"work": handle}, clock, threads=1, poll=0.05, lease=timedelta(seconds=0.6))
    rival = Worker(db, {"work": handle}, clock, threads=1, poll=0.05, lease=timedelta(seconds=0.6))
    with at_work(worker):
        time.sleep(0.1)
        job_id = line.ask(tenant)
        time.sleep(0.9)
        assert not rival.run_once()  # a sweep finds nothing to take: the first still beats
        assert done.wait(5)
    assert (line.status(job_id).state, line.status(job_id).attempt) == (State.DONE, 1)


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, [1, 2, 4, 5]), (1.0, [2, 4, 8, 10])])
def test_pauses_double_up_to_their_longest_and_differ(chance: float, minutes: list[int]) -> None:
    backoff = Backoff(first=timedelta(minutes=2), longest=timedelta(minutes=10), chance=lambda: chance)
    assert [backoff.delay(attempt) for attempt in (1, 2, 3, 40)] == [timedelta(minutes=m) for m in minutes]


def test_the_worst_jitter_still_outlasts_ten_minutes_of_500s() -> None:
    not_now = replace(PAUSES[ErrorClass.NOT_NOW], chance=lambda: 0.0)
    pauses = [not_now.delay(attempt) for attempt in range(1, 5)]
    assert sum(pauses, timedelta(0)) > timedelta(minutes=10)
