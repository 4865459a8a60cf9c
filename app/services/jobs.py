"""Long work asked for by people: collect now, recompute a period; and how it goes."""

from dataclasses import dataclass
from datetime import date

from app.core.errors import NotFound
from app.core.trace import new_trace
from app.db.session import TenantTx
from app.queue.port import JobQueue, JobStatus, NewJob
from app.services.analytics.common import Question
from app.services.analytics.reports import JobView

COLLECT, RECALC = "collect", "recalc"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOrder:
    """Collect as a night would, now."""


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

    def __call__(self, tx: TenantTx, order: CollectOrder) -> JobView:  # noqa: ARG002
        d = self.yesterday()
        return _ask(self.queue, tx, collect_job(tx.tenant_id, d, new_trace()))


class RequestRecalc(JobCase):
    """Ask for a recalculation of a period."""

    def __call__(self, tx: TenantTx, order: RecalcOrder) -> JobView:
        job = NewJob(
            job_type=RECALC,
            payload={"d_from": order.d_from.isoformat(), "d_to": order.d_to.isoformat()},
            tenant_id=tx.tenant_id,
            trace_id=new_trace(),
            uniq=f"recalc:{order.d_from}..{order.d_to}",
            priority=1,
        )
        return _ask(self.queue, tx, job)


class ShowJob(JobCase):
    """How a job goes."""

    def __call__(self, tx: TenantTx, query: JobQuery) -> JobView:
        """Raises NotFound for a job of nobody or of another organisation."""
        status = self.queue.status(tx, query.job_id)
        if status is None:
            raise NotFound("Такой работы нет.")
        return view(status)


def collect_job(tenant_id: int, d: date, trace_id: str) -> NewJob:
    """A tenant's night for day ``d``: one at a time, however often it is asked for."""
    return NewJob(
        job_type=COLLECT,
        payload={"d": d.isoformat()},
        tenant_id=tenant_id,
        trace_id=trace_id,
        uniq=f"collect:{d}",
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


def _ask(queue: JobQueue, tx: TenantTx, job: NewJob) -> JobView:
    ref = queue.enqueue(tx, job)
    status = queue.status(tx, ref.job_id)
    if status is None:
        raise NotFound("Такой работы нет.")
    return view(status)
