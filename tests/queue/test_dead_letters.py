"""A job that was given up: what is kept with it, in one transaction, and the two ways on from there."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from app.core.errors import Conflict, NotFound
from app.core.trace import Actor, acting
from app.db.session import Database, PlatformTx
from app.queue import board
from app.queue.port import ClaimedJob, NewJob
from app.queue.states import State
from app.queue.worker import DIED, Worker
from tests.queue.conftest import Line


def letters(db: Database, job_id: int) -> list[Any]:
    with db.platform() as tx:
        return list(tx.run("SELECT * FROM dead_letter WHERE job_id = :id ORDER BY id", id=job_id))


def audited(db: Database, job_id: int) -> list[Any]:
    with db.platform() as tx:
        found = "SELECT * FROM audit_entry WHERE subject = :subject AND action LIKE 'job.%' ORDER BY id"
        return list(tx.run(found, subject=f"задача {job_id}"))


def failed(line: Line, tenant_id: int | None, **asked: Any) -> int:
    """A job that was given up at its second attempt."""
    job_id = line.ask(tenant_id, "ночь", **asked)
    with line.db.platform() as tx:
        line.queue.retry(tx, line.claimed(), line.clock.now(), "не вышло")
    line.fail(line.claimed(), "токен отозван")
    return job_id


def test_the_letter_holds_the_job_as_it_was_and_the_audit_says_so(
    db: Database, line: Line, tenant: int
) -> None:
    job_id = failed(line, tenant)
    (letter,) = letters(db, job_id)
    assert (letter.tenant_id, letter.job_type, letter.payload, letter.attempt, letter.error) == (
        tenant,
        "work",
        {"name": "ночь"},
        2,
        "токен отозван",
    )
    assert (letter.trace_id, letter.resolution) == ("trace-ночь", None)
    (entry,) = audited(db, job_id)
    assert (entry.action, entry.tenant_id, entry.actor, entry.trace_id) == (
        "job.failed",
        tenant,
        "Амбар",
        "trace-ночь",
    )
    assert entry.after == {"job_type": "work", "attempt": 2, "error": "токен отозван"}


def test_letter_audit_state_and_news_are_one_transaction(db: Database, line: Line, tenant: int) -> None:
    """Whatever breaks on the way, nothing of it is there; the lease then brings the job back."""

    def break_off(tx: PlatformTx, job: ClaimedJob, sentence: str) -> None:
        raise RuntimeError

    def refuse(job: ClaimedJob, report: object) -> None:
        raise NotFound("нет такого")

    job_id = line.ask(tenant)
    with pytest.raises(RuntimeError):
        Worker(db, {"work": refuse}, line.clock, on_failed=break_off).run_once()
    assert line.status(job_id).state is State.DOING
    assert (letters(db, job_id), audited(db, job_id)) == ([], [])


def test_a_job_whose_workers_all_died_leaves_a_letter_too(db: Database, line: Line, tenant: int) -> None:
    told: list[str] = []
    job_id = line.ask(tenant, "ночь", max_attempt=1)
    line.claimed()
    line.clock.advance(line.queue.lease)
    worker = Worker(db, {}, line.clock, on_failed=lambda tx, job, sentence: told.append(sentence))
    worker.run_once()
    (letter,) = letters(db, job_id)
    (entry,) = audited(db, job_id)
    assert (letter.error, entry.trace_id, told) == (DIED, "trace-ночь", [DIED])


def test_a_letter_put_back_is_the_same_job_with_all_its_attempts(
    db: Database, line: Line, tenant: int
) -> None:
    job_id = failed(line, tenant)
    line.clock.advance(timedelta(hours=1))
    with acting(Actor(None, "оператор")), db.platform() as tx:
        line.queue.requeue(tx, job_id)
    status = line.status(job_id)
    assert (status.state, status.attempt, status.error) == (State.TODO, 0, None)
    (letter,) = letters(db, job_id)
    assert (letter.resolution, letter.resolved_at) == ("requeued", line.clock.now())
    assert [(each.action, each.actor) for each in audited(db, job_id)] == [
        ("job.failed", "Амбар"),
        ("job.requeued", "оператор"),
    ]
    job = line.claimed()
    assert (job.id, job.attempt) == (job_id, 1)
    line.fail(job, "опять")
    assert [each.resolution for each in letters(db, job_id)] == ["requeued", None]


def test_a_letter_dropped_is_asked_about_no_more(db: Database, line: Line, tenant: int) -> None:
    job_id = failed(line, tenant)
    with db.platform() as tx:
        assert [each.id for each in board.jobs(tx, State.FAILED, 10)] == [job_id]
        line.queue.drop(tx, job_id)
        assert board.jobs(tx, State.FAILED, 10) == []
        assert board.counts(tx) == {}
    assert line.status(job_id).state is State.FAILED
    assert audited(db, job_id)[-1].action == "job.dropped"


def test_a_letter_is_decided_once(db: Database, line: Line, tenant: int) -> None:
    requeued, dropped = failed(line, tenant), failed(line, None)
    with db.platform() as tx:
        line.queue.drop(tx, dropped)
        line.queue.requeue(tx, requeued)
    for job_id in (requeued, dropped):
        for deed in (line.queue.requeue, line.queue.drop):
            with pytest.raises(Conflict, match="решения не ждёт"), db.platform() as tx:
                deed(tx, job_id)
    with pytest.raises(NotFound), db.platform() as tx:
        line.queue.requeue(tx, 10**9)


def test_work_that_was_asked_for_anew_meanwhile_is_not_put_back(
    db: Database, line: Line, tenant: int
) -> None:
    job_id = failed(line, tenant, uniq="ночь:19")
    line.ask(tenant, uniq="ночь:19")
    with pytest.raises(Conflict, match="уже в очереди или идёт"), db.platform() as tx:
        line.queue.requeue(tx, job_id)
    (letter,) = letters(db, job_id)
    assert letter.resolution is None, "the letter waits on: the refusal has changed nothing"


def test_work_asked_for_anew_at_this_very_moment_wins(db: Database, line: Line, tenant: int) -> None:
    job_id = failed(line, tenant, uniq="ночь:19")
    refused: list[str] = []

    def put_back() -> None:
        try:
            with db.platform() as tx:
                line.queue.requeue(tx, job_id)
        except Conflict as conflict:
            refused.append(str(conflict))

    with db.tenant(tenant) as tx:
        job = NewJob(job_type="work", payload={}, tenant_id=tenant, trace_id="t", uniq="ночь:19")
        assert line.queue.enqueue(tx, job).is_new
        other = threading.Thread(target=put_back)
        other.start()
        other.join(0.3)
    other.join(5)
    assert len(refused) == 1
    assert line.status(job_id).state is State.FAILED


def test_the_wall_shows_a_tenant_its_own_failures_only(
    db: Database, line: Line, tenant: int, neighbour: int
) -> None:
    mine, theirs, house = failed(line, tenant), failed(line, neighbour), failed(line, None)
    with db.tenant(tenant) as tx:
        assert [each.id for each in board.jobs(tx, State.FAILED, 10)] == [mine]
        assert board.counts(tx) == {State.FAILED: 1}
        assert board.job(tx, theirs) is None
    with db.platform() as tx:
        assert {each.id for each in board.jobs(tx, State.FAILED, 10)} == {mine, theirs, house}
        assert board.job(tx, theirs, tenant) is None
