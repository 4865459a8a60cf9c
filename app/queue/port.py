"""What the rest of the product knows of the queue and the outbox: requests, answers, errors.

Services get a ``JobQueue`` and an ``Outbox`` and use them inside their own transaction; nothing
here says where the rows live.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from app.core.document import Document
from app.db.session import PlatformTx, TenantTx
from app.queue.states import ENDS, State

Tx: TypeAlias = TenantTx | PlatformTx
Report: TypeAlias = Callable[[str, int, int], None]
"""Told by a handler after each unit: stage, units done, units in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A request for work.

    ``uniq`` names the work within its tenant: while a job of that name waits or runs, another
    request joins it. ``priority`` is urgency, set by our code only: a higher one goes first, before
    other tenants' lower ones; tenants of equal priority take turns. ``run_at`` None is at once.
    ``tenant_id`` None is the house's own work. Of one tenant's jobs with the same ``serial`` one runs at
    a time. ``asked_by`` is the person (app_user.id) who is told how it ended; None is the house itself.
    """

    job_type: str
    payload: Document
    tenant_id: int | None
    trace_id: str
    uniq: str | None = None
    priority: int = 0
    run_at: datetime | None = None
    max_attempt: int = 5
    serial: str | None = None
    asked_by: int | None = None


@dataclass(frozen=True, slots=True)
class JobRef:
    """The job that will do what was asked; ``is_new`` is False where the request joined it."""

    job_id: int
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a running job says it is."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """What can be told of a job; ``error`` is a Russian sentence, kept from the last attempt."""

    id: int
    job_type: str
    state: State
    attempt: int
    run_at: datetime
    progress: Progress | None
    result: Document | None
    error: str | None

    @property
    def is_over(self) -> bool:
        """It will not change any more."""
        return self.state in ENDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job in somebody's hands. Only the holder of ``lease_token`` may move it on."""

    id: int
    tenant_id: int | None
    job_type: str
    payload: Document
    attempt: int
    max_attempt: int
    lease_token: str
    trace_id: str
    asked_by: int | None = None
    created_at: datetime | None = None


class JobQueue(Protocol):
    """The side of the queue that services see."""

    def enqueue(self, tx: Tx, job: NewJob) -> JobRef:
        """Ask for work; it exists when the caller's transaction commits, and not before."""
        ...

    def status(self, tx: Tx, job_id: int) -> JobStatus | None:
        """What became of a job; None where this tenant has no such job."""
        ...

    def requeue(self, tx: PlatformTx, job_id: int) -> None:
        """A failed job goes back in line under its own number. Raises NotFound, Conflict."""
        ...

    def drop(self, tx: PlatformTx, job_id: int) -> None:
        """A failed job stays failed, and nobody is asked about it any more. Raises NotFound, Conflict."""
        ...


class Handler(Protocol):
    """Does one job's work and returns its result, or raises.

    It is called at least once, so what it writes is idempotent. ``report`` may raise
    ``Interrupted``: everything up to there must be safe, and is gone on with at the next attempt.
    """

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to be told outside. ``attempt`` counts deliveries begun, this one included."""

    id: int
    tenant_id: int | None
    topic: str
    key: str
    payload: Document
    attempt: int
    trace_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UntoldEvent:
    """An event that has not been told: it waits, or it was given up (``given_up_at``) with ``error``."""

    id: int
    tenant_id: int | None
    topic: str
    key: str
    attempts: int
    created_at: datetime
    next_try_at: datetime
    given_up_at: datetime | None
    error: str | None
    trace_id: str


class Outbox(Protocol):
    """The side of the outbox that services see."""

    def append(
        self,
        tx: Tx,
        topic: str,
        key: str,
        payload: Document,
        *,
        trace_id: str,
        uniq: str | None = None,
        tenant_id: int | None = None,
    ) -> bool:
        """Write an event in the business transaction; False where ``uniq`` was already told.

        Events of one topic and ``key`` are delivered in the order of their writing; an empty key
        waits for nobody. ``tenant_id`` is for platform transactions; a tenant's names its own.
        """
        ...

    def list(
        self, tx: Tx, *, tenant_id: int | None = None, given_up: bool = False, limit: int = 100
    ) -> Sequence[UntoldEvent]:
        """What is yet to be told, oldest first; with ``given_up`` what nobody tries to tell any more.

        ``tenant_id`` is for platform transactions (None: everybody's); a tenant's sees its own.
        """
        ...

    def mark_published(self, tx: PlatformTx, ids: Sequence[int]) -> int:
        """These are told (or are not to be); how many were not yet."""
        ...


class Consumer(Protocol):
    """Delivers one event; called at least once for each, in order per key.

    Returning is having delivered. May raise ``RetryAfter``; any other error is tried again later.
    """

    def __call__(self, event: Event, /) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNote:
    """What is called out of a job that is due: a hint to look, never the job itself."""

    job_id: int
    tenant_id: int | None
    trace_id: str
    job_type: str
    attempt: int = 0


class Wakeups(Protocol):
    """How idle hands learn that there is work, before they would look anyway.

    Nothing may depend on it: what is called out may be lost, late or told twice, and the hands look
    again after ``wait`` whatever happened.
    """

    def announce(self, jobs: Sequence[JobNote], /) -> None:
        """Call out jobs whose transaction has committed. Returns at once, never raises."""
        ...

    def wait(self, seconds: float, /) -> None:
        """Rest for so long, or less where something was called out. Never raises."""
        ...


class YieldUntil(Exception):
    """A handler's word: not before ``at`` (UTC). The job waits and its attempt is not counted."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"not before {at:%Y-%m-%d %H:%M:%S%z}")
        self.at = at


class RetryAfter(Exception):
    """A consumer's word: the receiver asks for ``seconds`` of peace. The attempt is not counted.

    ``everybody``: no event of the topic may be delivered before, whosever it is.
    """

    def __init__(self, seconds: float, *, everybody: bool = False) -> None:
        super().__init__(f"again in {seconds:g} s")
        self.seconds = seconds
        self.everybody = everybody


class LeaseLost(Exception):
    """Somebody else holds the job now (or nobody does): what we know of it is not news any more."""

    def __init__(self, job_id: int) -> None:
        super().__init__(f"the lease of job {job_id} is lost")
        self.job_id = job_id


class Interrupted(BaseException):
    """Raised by ``report`` when the worker stops or the lease is lost.

    Not an ``Exception``: a handler that outlives the failure of any one source must not outlive this.
    """
