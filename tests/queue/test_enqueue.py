"""Asking for work: in one's own transaction, once, for one's own tenant."""

import threading

import pytest
from sqlalchemy.exc import ProgrammingError

from app.db.models.platform import JOB_STATES
from app.db.session import Database
from app.queue.port import JobRef, NewJob
from app.queue.states import ENDS, STEPS, State, check_step
from tests.queue.conftest import Line


def night(tenant_id: int, uniq: str | None = "night:2026-11-19") -> NewJob:
    return NewJob(job_type="work", payload={"д": 1}, tenant_id=tenant_id, trace_id="t", uniq=uniq)


def test_a_second_request_joins_the_first_until_that_is_over(db: Database, line: Line, tenant: int) -> None:
    with db.tenant(tenant) as tx:
        first = line.queue.enqueue(tx, night(tenant))
        assert first.is_new
        assert line.queue.enqueue(tx, night(tenant)) == JobRef(first.job_id, is_new=False)
    job = line.claimed()
    with db.tenant(tenant) as tx:
        assert line.queue.enqueue(tx, night(tenant)) == JobRef(first.job_id, is_new=False)
    with db.platform() as tx:
        line.queue.ack(tx, job, None)
    with db.tenant(tenant) as tx:
        assert line.queue.enqueue(tx, night(tenant)).is_new


def test_the_same_name_at_another_tenant_is_other_work(
    db: Database, line: Line, tenant: int, neighbour: int
) -> None:
    with db.platform() as tx:
        assert line.queue.enqueue(tx, night(tenant)).is_new
        assert line.queue.enqueue(tx, night(neighbour)).is_new


def test_work_of_the_house_joins_too(line: Line) -> None:
    assert line.ask(None, uniq="partitions") == line.ask(None, uniq="partitions")


def test_nameless_work_is_never_joined(line: Line, tenant: int) -> None:
    assert line.ask(tenant) != line.ask(tenant)


def test_work_exists_only_if_the_asking_transaction_commits(db: Database, line: Line, tenant: int) -> None:
    def ask_and_break() -> None:
        with db.tenant(tenant) as tx:
            line.queue.enqueue(tx, night(tenant))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        ask_and_break()
    assert line.claim() is None


def test_nobody_asks_for_work_at_a_neighbours(db: Database, line: Line, tenant: int, neighbour: int) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), db.tenant(tenant) as tx:
        line.queue.enqueue(tx, night(neighbour))


def test_a_neighbours_job_is_not_there(db: Database, line: Line, tenant: int, neighbour: int) -> None:
    job_id = line.ask(tenant)
    with db.tenant(tenant) as tx:
        assert line.queue.status(tx, job_id) is not None
    with db.tenant(neighbour) as tx:
        assert line.queue.status(tx, job_id) is None


def test_of_eight_requests_at_one_moment_one_is_new(db: Database, line: Line, tenant: int) -> None:
    refs: list[JobRef] = []
    together = threading.Barrier(8)

    def ask() -> None:
        with db.tenant(tenant) as tx:
            together.wait(5)
            refs.append(line.queue.enqueue(tx, night(tenant)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(refs) == 8
    assert len({ref.job_id for ref in refs}) == 1
    assert sum(ref.is_new for ref in refs) == 1


def test_the_database_and_the_map_know_the_same_states() -> None:
    assert {name.strip(" '") for name in JOB_STATES.split(",")} == {state.value for state in State}
    assert set(STEPS) == set(State)
    assert {State.DONE, State.FAILED} == ENDS


def test_a_job_does_not_fail_without_passing_the_dead_letters() -> None:
    with pytest.raises(ValueError, match="does not go"):
        check_step(State.DOING, State.FAILED)
