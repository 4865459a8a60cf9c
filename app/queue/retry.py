"""What an error means for a job: wait, try again, or give up; and for how long to wait."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.errors import AmbarError, BadInput, NotAllowed, NotFound, NotNow
from app.queue.port import ClaimedJob, YieldUntil


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
    """Errors to verdicts. Four pauses of ``not_now`` outlast a quarter of an hour of a marketplace's
    500s even with the worst jitter."""

    not_now: Backoff = field(
        default_factory=lambda: Backoff(first=timedelta(minutes=2), longest=timedelta(hours=1))
    )
    fault: Backoff = field(
        default_factory=lambda: Backoff(first=timedelta(seconds=15), longest=timedelta(minutes=15))
    )

    def judge(self, error: Exception, job: ClaimedJob, now: datetime) -> YieldJob | RetryJob | FailJob:
        """What becomes of ``job`` after ``error``."""
        if isinstance(error, YieldUntil):
            return YieldJob(error.at)
        if is_database_away(error):
            return YieldJob(now + self.fault.delay(1))
        sentence = say(error, job.trace_id)
        if isinstance(error, BadInput | NotAllowed | NotFound) or job.attempt >= job.max_attempt:
            return FailJob(sentence)
        backoff = self.not_now if isinstance(error, NotNow) else self.fault
        return RetryJob(now + backoff.delay(job.attempt), sentence)


def say(error: Exception, trace_id: str) -> str:
    """The sentence to keep. A fault of ours is named by its kind only: its text may quote a secret."""
    if isinstance(error, AmbarError):
        return str(error)
    return f"Внутренняя ошибка ({type(error).__name__}). Подробности в журнале по номеру {trace_id}."


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
