"""The table of error classes: which error is which, and what each costs."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.clock import FixedClock
from app.core.errors import BadInput, Conflict, NotAllowed, NotFound, NotNow
from app.db.session import Database
from app.queue import retry
from app.queue.port import ClaimedJob, YieldUntil
from app.queue.retry import (
    KEPT,
    PAUSES,
    ErrorClass,
    FailJob,
    RetryJob,
    RetryPolicy,
    YieldJob,
    classify,
)
from tests.queue.conftest import Line

MINUTE = timedelta(minutes=1)


def job(attempt: int = 1) -> ClaimedJob:
    return ClaimedJob(
        id=1,
        tenant_id=1,
        job_type="work",
        payload={},
        attempt=attempt,
        max_attempt=5,
        lease_token="",
        trace_id="t",
    )


class Refused(Exception):
    """As psycopg2 tells it."""

    def __init__(self, pgcode: str | None) -> None:
        super().__init__("refused")
        self.pgcode = pgcode


def database(pgcode: str | None) -> OperationalError:
    return OperationalError("SELECT 1", {}, Refused(pgcode))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotNow("Площадка не отвечает."), ErrorClass.NOT_NOW),
        (BadInput("Нет."), ErrorClass.HOPELESS),
        (NotAllowed("Нет."), ErrorClass.HOPELESS),
        (NotFound("Нет."), ErrorClass.HOPELESS),
        (Conflict("Уже."), ErrorClass.FAULT),
        (ZeroDivisionError(), ErrorClass.FAULT),
        (PoolTimeout(), ErrorClass.DATABASE_AWAY),
        (database(None), ErrorClass.DATABASE_AWAY),
        (database("57P01"), ErrorClass.DATABASE_AWAY),
        (database("53300"), ErrorClass.DATABASE_AWAY),
        (database("40P01"), ErrorClass.CROWDED),
        (database("40001"), ErrorClass.CROWDED),
        (database("57014"), ErrorClass.FAULT),
    ],
    ids=str,
)
def test_every_error_has_its_class(error: Exception, expected: ErrorClass) -> None:
    assert classify(error) is expected


def test_a_lock_that_was_not_got_is_crowdedness(db: Database, line: Line, tenant: int) -> None:
    def fight() -> None:
        with db.platform() as other:
            other.run("SET LOCAL lock_timeout = '20ms'")
            other.run("SELECT 1 FROM job FOR UPDATE")

    line.ask(tenant)
    with db.platform() as tx:
        tx.run("SELECT 1 FROM job FOR UPDATE")
        with pytest.raises(DBAPIError) as told:
            fight()
    assert classify(told.value) is ErrorClass.CROWDED


def test_the_table_to_read_is_the_table_that_rules() -> None:
    rows = [line.split("|") for line in str(retry.__doc__).splitlines() if line.startswith("| ")]
    table = {cells[1].strip(): cells[3].strip() for cells in rows[1:]}
    assert set(table) == {str(each) for each in ErrorClass}
    assert {name for name, said in table.items() if said == "kept"} == {str(each) for each in KEPT}
    assert {name for name, said in table.items() if said == "no more"} == {str(ErrorClass.HOPELESS)}
    assert set(PAUSES) == set(ErrorClass) - {ErrorClass.ASKED_TO_WAIT, ErrorClass.HOPELESS}


@pytest.mark.parametrize("kind", sorted(PAUSES))
def test_every_pause_has_jitter_by_half_and_an_end(kind: ErrorClass) -> None:
    pause = PAUSES[kind]
    seen = {pause.delay(3) for _ in range(50)}
    whole = min(pause.longest, pause.first * 4)
    assert len(seen) > 10
    assert whole / 2 <= min(seen) <= max(seen) <= whole
    assert pause.delay(10_000) <= pause.longest


@pytest.mark.parametrize("attempt", [1, 5])
def test_what_the_job_is_not_to_blame_for_costs_it_nothing(attempt: int, clock: FixedClock) -> None:
    policy, now = RetryPolicy(), clock.now()
    assert policy.judge(YieldUntil(now + MINUTE), job(attempt), now) == YieldJob(now + MINUTE)
    verdict = policy.judge(database(None), job(attempt), now)
    assert isinstance(verdict, YieldJob)
    assert timedelta(seconds=7) < verdict.at - now <= timedelta(seconds=15)


def test_what_may_get_better_is_tried_to_the_last_attempt(clock: FixedClock) -> None:
    policy, now = RetryPolicy(), clock.now()
    for error, longest in ((NotNow("Занято."), 2 * MINUTE), (database("40P01"), timedelta(seconds=1))):
        verdict = policy.judge(error, job(1), now)
        assert isinstance(verdict, RetryJob)
        assert longest / 2 <= verdict.at - now <= longest
        assert isinstance(policy.judge(error, job(5), now), FailJob)
    assert policy.judge(BadInput("Нет."), job(1), now) == FailJob("Нет.")
