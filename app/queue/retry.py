"""What an error means for a job: wait, try again, or give up; and for how long to wait.

| class         | which errors                              | attempt    | pause                       |
|---------------|-------------------------------------------|------------|-----------------------------|
| asked to wait | YieldUntil                                | kept       | until the instant it names  |
| database away | unreachable, starting up, pool exhausted  | kept       | 7 to 15 s                   |
| hopeless      | BadInput, NotAllowed, NotFound            | no more    | none: fails at once         |
| crowded       | deadlock, serialisation, a lock not got   | spent      | 1, 2, 4 … 30 s              |
| not now       | NotNow: a marketplace or a neighbour      | spent      | 2, 4, 8 … 60 min            |
| fault         | anything else: ours                       | spent      | 15, 30, 60 s … 15 min       |

A pause is shortened by chance, by half at most. What has spent its last attempt fails.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.errors import AmbarError, BadInput, NotAllowed, NotFound, NotNow
from app.queue.port import ClaimedJob, YieldUntil


class ErrorClass(StrEnum):
    """The rows of the table above."""

    ASKED_TO_WAIT = "asked to wait"
    DATABASE_AWAY = "database away"
    HOPELESS = "hopeless"
    CROWDED = "crowded"
    NOT_NOW = "not now"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Doubling pauses with jitter, so that what failed together does not return together."""

    first: timedelta
    longest: timedelta
    chance: Callable[[], float] = random.random

    def delay(self, attempt: int) -> timedelta:
        """The pause after attempt ``attempt`` (from 1): between half of it and all of it."""
        doubled: timedelta = self.first * 2.0 ** min(attempt - 1, 20)
        whole = min(self.longest, doubled)
        return whole * (0.5 + self.chance() / 2)


PAUSES: Mapping[ErrorClass, Backoff] = {
    ErrorClass.DATABASE_AWAY: Backoff(first=timedelta(seconds=15), longest=timedelta(seconds=15)),
    ErrorClass.CROWDED: Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=30)),
    # Four pauses outlast a quarter of an hour of a marketplace's 500s even with the worst jitter.
    ErrorClass.NOT_NOW: Backoff(first=timedelta(minutes=2), longest=timedelta(hours=1)),
    ErrorClass.FAULT: Backoff(first=timedelta(seconds=15), longest=timedelta(minutes=15)),
}

KEPT = frozenset({ErrorClass.ASKED_TO_WAIT, ErrorClass.DATABASE_AWAY})
"""Classes that cost no attempt."""


@dataclass(frozen=True, slots=True)
class YieldJob:
    """Wait until ``at``; the attempt does not count."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RetryJob:
    """Try again at ``at``; ``error`` is the sentence kept meanwhile."""

    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class FailJob:
    """Give up with the sentence ``error``."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Errors to verdicts."""

    pauses: Mapping[ErrorClass, Backoff] = field(default_factory=lambda: PAUSES)

    def judge(self, error: Exception, job: ClaimedJob, now: datetime) -> YieldJob | RetryJob | FailJob:
        """What becomes of ``job`` after ``error``."""
        kind = classify(error)
        if isinstance(error, YieldUntil):
            return YieldJob(error.at)
        if kind in KEPT:
            return YieldJob(now + self.pauses[kind].delay(1))
        sentence = say(error, job.trace_id)
        if kind is ErrorClass.HOPELESS or job.attempt >= job.max_attempt:
            return FailJob(sentence)
        return RetryJob(now + self.pauses[kind].delay(job.attempt), sentence)


def classify(error: Exception) -> ErrorClass:
    """The row of the table that an error belongs to."""
    if isinstance(error, YieldUntil):
        return ErrorClass.ASKED_TO_WAIT
    if is_database_away(error):
        return ErrorClass.DATABASE_AWAY
    if isinstance(error, BadInput | NotAllowed | NotFound):
        return ErrorClass.HOPELESS
    if isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in _CROWDED:
        return ErrorClass.CROWDED
    if isinstance(error, NotNow):
        return ErrorClass.NOT_NOW
    return ErrorClass.FAULT


def say(error: Exception, trace_id: str) -> str:
    """The sentence to keep. A fault of ours is named by its kind only: its text may quote a secret."""
    if isinstance(error, AmbarError):
        return str(error)
    return f"Внутренняя ошибка ({type(error).__name__}). Подробности в журнале по номеру {trace_id}."


_CROWDED = frozenset({"40001", "40P01", "55P03"})
"""serialization_failure, deadlock_detected, lock_not_available"""


def is_database_away(error: Exception) -> bool:
    """The database cannot be reached, as against: it was reached and refused a statement.

    psycopg2 calls deadlocks and time-outs OperationalError too; they carry a SQLSTATE of their own.
    """
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return isinstance(error, DBAPIError) and error.connection_invalidated
    code: str | None = getattr(error.orig, "pgcode", None)
    # 08 connection exception, 57P01-57P05 shutting down or starting up, 53300 too many connections
    return error.connection_invalidated or code is None or code.startswith(("08", "57P", "53300"))
