"""Keeping the warehouse of figures (schema ``dw``) up to date: now, or once for all that happens in a while.

Whoever changes what it shows asks by ``ask_refresh``: requests of the same five minutes are one job, due when
they are over. So it is refreshed at most once in that time, and never before what was asked for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from app.core.clock import Clock
from app.core.document import Document
from app.core.errors import NotNow
from app.db.session import Database
from app.queue.port import ClaimedJob, JobQueue, JobRef, NewJob, Report
from app.repositories import dw
from app.services.jobs import PATIENT

log = structlog.get_logger(__name__)

DW = "dw"
"""The job's type."""

EVERY = timedelta(minutes=5)
_BUSY = "55P03"


@dataclass(frozen=True, slots=True, kw_only=True)
class DwRefreshed:
    """The copy of the shelf is as of ``at``; versions of products, warehouses, customers ``closed``
    because they hold no more and ``opened`` because they hold now."""

    at: datetime
    closed: int
    opened: int


def refresh_dw(db: Database) -> DwRefreshed:
    """All of it now, for every organisation, in one transaction. Nobody who reads it waits.

    Raises NotNow where somebody else is refreshing it.
    """
    with db.platform() as tx:
        try:
            at = dw.refresh_stock(tx)
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != _BUSY:
                raise
            raise NotNow("Свод для аналитики уже обновляется. Подождите минуту.") from error
        done = [dw.refresh_dimension(tx, each) for each in dw.DIMENSIONS]
    refreshed = DwRefreshed(
        at=at, closed=sum(each.closed for each in done), opened=sum(each.opened for each in done)
    )
    log.info("dw_refreshed", closed=refreshed.closed, opened=refreshed.opened)
    return refreshed


def refresh_job(now: datetime, trace_id: str) -> NewJob:
    """The refresh that shows what has happened until ``now``, due at the end of these five minutes."""
    due = datetime.fromtimestamp((now.timestamp() // EVERY.total_seconds() + 1) * EVERY.total_seconds(), UTC)
    return NewJob(
        job_type=DW,
        payload={},
        tenant_id=None,
        trace_id=trace_id,
        # Named by its time: one that runs already may have looked before this was asked for.
        uniq=f"{DW}:{due:%Y-%m-%dT%H:%M}",
        run_at=due,
        priority=PATIENT,
    )


def ask_refresh(db: Database, queue: JobQueue, clock: Clock, trace_id: str) -> JobRef:
    """Ask for a refresh after a change that is committed; the house's work, not a tenant's.

    ``clock`` is the machine's: the five minutes are real ones.
    """
    with db.platform() as tx:
        return queue.enqueue(tx, refresh_job(clock.now(), trace_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class DwWork:
    """The refresh as a job."""

    db: Database

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document:  # noqa: ARG002
        return {"summary": in_words(refresh_dw(self.db))}


def in_words(done: DwRefreshed) -> str:
    """One sentence for a person."""
    if not done.opened and not done.closed:
        return "Свод для аналитики обновлён; справочники не изменились."
    return f"Свод для аналитики обновлён; в справочниках новых версий: {done.opened}, закрыто: {done.closed}."
