"""Long work asked for by people: collect now, recompute a period; and how it goes."""

from dataclasses import dataclass, replace
from datetime import date

import structlog

from app.core.errors import NotFound
from app.db.session import TenantTx
from app.queue.port import JobQueue, JobStatus, NewJob
from app.repositories.audit import append_audit
from app.services.analytics.common import Question
from app.services.analytics.reports import JobView

log = structlog.get_logger(__name__)

COLLECT, RECALC = "collect", "recalc"
"""Types of jobs; ``work.handlers`` says who does them."""

FIGURES = "figures"
"""The serial key of whatever writes an organisation's figures: a night and a recalculation of one
organisation would wait for each other's rows, so they never run at once."""

URGENT = 1
"""The priority of what somebody waits for, before the nights of all."""


PATIENT = -1
"""The priority of what nobody waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOrder:
    """Collect as a night would, now: from every cabinet, or from one just connected, which a collection
    that runs already knows nothing of."""

    account_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalcOrder:
    """Recompute these days, both included."""

    d_from: date
    d_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    """Which job."""

    job_id: int


@dataclass(frozen=True, slots=True)
class JobCase(Question):
    """Base: the queue besides the clock and the settings."""

    queue: JobQueue


class RequestCollect(JobCase):
    """Ask for a collection; one that waits or runs already is joined."""

    def __call__(self, tx: TenantTx, order: CollectOrder) -> JobView:
        d = self.yesterday()
        job = collect_job(tx.tenant_id, d, tx.trace_id, order.account_id)
        return _ask(self.queue, tx, job, "collect.asked")


class RequestRecalc(JobCase):
    """Ask for a recalculation of a period."""

    def __call__(self, tx: TenantTx, order: RecalcOrder) -> JobView:
        job = recalc_job(tx.tenant_id, order.d_from, order.d_to, tx.trace_id)
        return _ask(self.queue, tx, replace(job, priority=URGENT), "recalc.asked")


class ShowJob(JobCase):
    """How a job goes."""

    def __call__(self, tx: TenantTx, query: JobQuery) -> JobView:
        """Raises NotFound for a job of nobody or of another organisation."""
        status = self.queue.status(tx, query.job_id)
        if status is None:
            raise NotFound("Такой работы нет.")
        return view(status)


def collect_job(tenant_id: int, d: date, trace_id: str, account_id: int | None = None) -> NewJob:
    """A tenant's night for day ``d``: one at a time, however often it is asked for."""
    return NewJob(
        job_type=COLLECT,
        payload={"d": d.isoformat()} | ({"account": account_id} if account_id else {}),
        tenant_id=tenant_id,
        trace_id=trace_id,
        uniq=f"collect:{d}" + (f":{account_id}" if account_id else ""),
        serial=FIGURES,
    )


def backfill_job(tenant_id: int, d: date, days: int, trace_id: str, account_id: int) -> NewJob:
    """A new cabinet's older history, after everybody's nights: it may take days on a base token."""
    return NewJob(
        job_type=COLLECT,
        payload={"d": d.isoformat(), "days": days, "account": account_id},
        tenant_id=tenant_id,
        trace_id=trace_id,
        uniq=f"backfill:{account_id}",
        priority=PATIENT,
        serial=FIGURES,
    )


def recalc_job(tenant_id: int, d_from: date, d_to: date, trace_id: str) -> NewJob:
    """A recalculation of these days, both included; the same period is computed once."""
    return NewJob(
        job_type=RECALC,
        payload={"d_from": d_from.isoformat(), "d_to": d_to.isoformat()},
        tenant_id=tenant_id,
        trace_id=trace_id,
        uniq=f"recalc:{d_from}..{d_to}",
        serial=FIGURES,
    )


def view(status: JobStatus) -> JobView:
    """A job as a person sees it."""
    progress, result = status.progress, status.result or {}
    return JobView(
        job_id=status.id,
        state=status.state.value,
        done=progress.done if progress else 0,
        total=progress.total if progress else 0,
        stage=progress.stage if progress else "",
        error=status.error,
        summary=result.get("summary"),
    )


def _ask(queue: JobQueue, tx: TenantTx, job: NewJob, action: str) -> JobView:
    """The job's state now. A request that joins another's changes nothing, so it is no news."""
    ref = queue.enqueue(tx, replace(job, asked_by=tx.actor.user_id))
    log.info("job_asked", job_id=ref.job_id, job_type=job.job_type, is_new=ref.is_new)
    status = queue.status(tx, ref.job_id)
    if status is None:
        raise NotFound("Такой работы нет.")
    if ref.is_new:
        append_audit(tx, action, f"задача {ref.job_id}", after={"job": ref.job_id, **job.payload})
    return replace(view(status), trace_id=tx.trace_id)
