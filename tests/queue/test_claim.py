"""Whose turn it is, who holds what, and what a lost lease means."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.db.session import Database, PlatformTx
from app.queue.heart import Heart
from app.queue.port import ClaimedJob, LeaseLost, Progress
from app.queue.states import State
from tests.queue.conftest import Line


def names_in_turn(line: Line, count: int) -> list[str]:
    served_last, names = 0, []
    for _ in range(count):
        job = line.claim(served_last)
        assert job is not None
        served_last = job.tenant_id or 0
        names.append(job.payload["name"])
    return names


def test_tenants_take_turns_however_long_ones_line_is(line: Line, tenant: int, neighbour: int) -> None:
    for number in range(1, 5):
        line.ask(tenant, f"a{number}")
    line.ask(neighbour, "b1")
    line.ask(neighbour, "b2")
    assert names_in_turn(line, 6) == ["a1", "b1", "a2", "b2", "a3", "a4"]


def test_urgent_work_goes_first(line: Line, tenant: int, neighbour: int) -> None:
    line.ask(tenant, "night")
    line.ask(tenant, "backfill", priority=-10)
    line.ask(neighbour, "asked in the chat", priority=10)
    assert names_in_turn(line, 3) == ["asked in the chat", "night", "backfill"]


def test_work_waits_for_its_hour(line: Line, tenant: int, clock: FixedClock) -> None:
    line.ask(tenant, after=timedelta(minutes=1))
    assert line.claim() is None
    clock.advance(timedelta(minutes=1))
    assert line.claim() is not None


def test_of_one_tenants_work_the_longest_due_goes_first(line: Line, tenant: int, clock: FixedClock) -> None:
    for name, minutes in (("c", 3), ("a", 1), ("b", 2)):
        line.ask(tenant, name, after=timedelta(minutes=minutes))
    clock.advance(timedelta(minutes=5))
    assert names_in_turn(line, 3) == ["a", "b", "c"]


def test_only_known_types_are_taken(line: Line, tenant: int) -> None:
    line.ask(tenant, job_type="of a newer version")
    assert line.claim() is None
    assert line.claim(job_type="of a newer version") is not None


def test_a_job_is_given_to_one_of_many_hands(db: Database, line: Line, tenant: int, neighbour: int) -> None:
    for number in range(40):
        line.ask(tenant if number % 2 else neighbour, str(number))
    taken: list[str] = []

    def take() -> None:
        # A hand that finds all candidates locked by others looks again.
        misses = 0
        while misses < 20:
            job = line.claim()
            misses = misses + 1 if job is None else 0
            if job is not None:
                taken.append(job.payload["name"])

    hands = [threading.Thread(target=take) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(30)
    assert sorted(taken, key=int) == [str(number) for number in range(40)]


def test_a_candidate_being_taken_is_passed_over_for_the_next_tenants(
    db: Database, line: Line, tenant: int, neighbour: int
) -> None:
    line.ask(tenant, "a1")
    line.ask(tenant, "a2")
    line.ask(neighbour, "b1")
    with db.platform() as tx:
        first = line.queue.claim(tx, ["work"])
        assert first is not None
        # Another transaction, while the first is open: it does not wait for that tenant.
        other = line.claimed()
    assert [job.payload["name"] for job in (first, other, line.claimed())] == ["a1", "b1", "a2"]


def test_a_silent_holders_job_is_taken_up_and_the_old_token_is_worth_nothing(
    db: Database, line: Line, tenant: int, clock: FixedClock
) -> None:
    job_id = line.ask(tenant)
    first = line.claimed()
    clock.advance(line.queue.lease)
    with db.platform() as tx:
        (expired,) = line.queue.expired(tx)
        line.queue.retry(tx, expired, clock.now(), "тишина")
    second = line.claimed()
    assert (second.id, second.attempt) == (job_id, 2)
    assert second.lease_token != first.lease_token

    def try_all(job: ClaimedJob) -> None:
        queue = line.queue
        for move in (
            lambda tx: queue.ack(tx, job, {}),
            lambda tx: queue.retry(tx, job, clock.now(), "нет"),
            lambda tx: queue.yield_until(tx, job, clock.now()),
            lambda tx: queue.fail(tx, job, "нет"),
            lambda tx: queue.report(tx, job, Progress(stage="x", done=1, total=2)),
        ):
            with pytest.raises(LeaseLost), db.platform() as tx:
                move(tx)

    try_all(first)
    assert line.status(job_id).state is State.DOING
    with db.platform() as tx:
        line.queue.ack(tx, second, {"rows": 1})
    assert line.status(job_id).result == {"rows": 1}
    try_all(second)  # what is over is nobody's any more


def test_a_heartbeat_keeps_the_lease_and_a_missing_one_is_noticed(
    db: Database, line: Line, tenant: int, clock: FixedClock
) -> None:
    line.ask(tenant)
    job = line.claimed()
    heart = Heart(db, line.queue)
    with heart.holding(job):
        clock.advance(line.queue.lease * 0.9)
        heart.beat()
        clock.advance(line.queue.lease * 0.9)
        with db.platform() as tx:
            assert line.queue.expired(tx) == []
        assert not heart.is_lost(job)
        with db.platform() as tx:
            line.queue.retry(tx, job, clock.now(), "отобрали")
        heart.beat()
        assert heart.is_lost(job)
    assert not heart.is_lost(job)


def test_yielding_keeps_the_attempt_and_retrying_spends_it(
    db: Database, line: Line, tenant: int, clock: FixedClock
) -> None:
    job_id = line.ask(tenant)
    with db.platform() as tx:
        line.queue.yield_until(tx, line.claimed(), clock.now() + timedelta(minutes=5))
    assert line.status(job_id).attempt == 0
    assert line.claim() is None
    clock.advance(timedelta(minutes=5))
    with db.platform() as tx:
        line.queue.retry(tx, line.claimed(), clock.now(), "не вышло")
    status = line.status(job_id)
    assert (status.attempt, status.state, status.error) == (1, State.TODO, "не вышло")


def test_giving_up_passes_every_state_in_order_and_keeps_the_error(
    db: Database, line: Line, tenant: int
) -> None:
    job_id = line.ask(tenant)
    job = line.claimed()
    seen: list[tuple[str, str | None, int]] = []
    queue = line.queue
    with db.platform() as tx:

        class Watched(PlatformTx):
            def run(self, sql: str, **params: Any) -> Any:
                done = tx.run(sql, **params)
                row = tx.run("SELECT state, error FROM job WHERE id = :id", id=job_id).one()
                count = tx.run("SELECT count(*) FROM dead_letter WHERE job_id = :id", id=job_id)
                seen.append((row.state, row.error, count.scalar_one()))
                return done

        queue.fail(Watched(tx.session, tx.trace_id, tx.actor), job, "токен отозван")
    steps = [("dlq_pending", 0), ("dlq_pending", 1), ("dlq_recorded", 1), ("failed", 1)]
    assert list(dict.fromkeys(seen)) == [(state, "токен отозван", letters) for state, letters in steps]
    status = line.status(job_id)
    assert status.is_over
    assert status.error == "токен отозван"


def test_giving_up_is_all_or_nothing(db: Database, line: Line, tenant: int) -> None:
    job_id = line.ask(tenant)
    job = line.claimed()

    def fail_and_break() -> None:
        with db.platform() as tx:
            line.queue.fail(tx, job, "беда")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_and_break()
    assert line.status(job_id).state is State.DOING
