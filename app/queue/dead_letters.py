"""Jobs that were given up: what is kept of them, and the two ways on from there.

Every deed here is audited in its own transaction. Who may do it is the caller's question.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from app.core.document import Document, to_json
from app.core.errors import Conflict, NotFound
from app.db.named_sql import load_sql
from app.db.session import PlatformTx
from app.queue.port import ClaimedJob, NewJob
from app.queue.states import State, check_step
from app.repositories.audit import append_audit

SQL = load_sql(Path(__file__).with_name("dead_letter.sql"))

FAILED, REQUEUED, DROPPED = "job.failed", "job.requeued", "job.dropped"


def write(tx: PlatformTx, job: ClaimedJob, error: str, now: datetime) -> None:
    """Keep the job as it was when it was given up."""
    tx.run(
        SQL["write"],
        tenant_id=job.tenant_id,
        job_id=job.id,
        job_type=job.job_type,
        payload=to_json(job.payload),
        attempt=job.attempt,
        error=error,
        trace_id=job.trace_id,
        now=now,
    )
    told = {"job_type": job.job_type, "attempt": job.attempt, "error": error}
    _audit(tx, FAILED, job.id, job.tenant_id, job.trace_id, told)


def requeue(tx: PlatformTx, job_id: int, now: datetime) -> NewJob:
    """Back in line under its own number, all attempts before it; what was asked for.

    Raises:
        NotFound: there is no such job.
        Conflict: its letter is closed, or the same work was asked for anew meanwhile.
    """
    job = _resolve(tx, job_id, "requeued", now)
    check_step(State.FAILED, State.TODO)
    try:
        tx.run(SQL["revive"], id=job_id, now=now)
    except IntegrityError:
        raise Conflict(
            f"Такая же работа уже в очереди или идёт: задачу {job_id} повторять не нужно."
        ) from None
    _audit(tx, REQUEUED, job_id, job.tenant_id, job.trace_id, {"job_type": job.job_type})
    return job


def drop(tx: PlatformTx, job_id: int, now: datetime) -> None:
    """Close the letter; the job stays failed. Raises as ``requeue`` does."""
    job = _resolve(tx, job_id, "dropped", now)
    _audit(tx, DROPPED, job_id, job.tenant_id, job.trace_id, {"job_type": job.job_type})


def _resolve(tx: PlatformTx, job_id: int, resolution: str, now: datetime) -> NewJob:
    row = tx.run(SQL["find"], id=job_id).one_or_none()
    if row is None:
        raise NotFound(f"Задачи {job_id} нет.")
    closed = tx.run(SQL["resolve"], id=job_id, resolution=resolution, now=now, user=tx.actor.user_id).rowcount
    if row.state != State.FAILED or not closed:
        raise Conflict(f"Задача {job_id} решения не ждёт: она не провалена либо её уже повторили или сняли.")
    return NewJob(job_type=row.job_type, payload=row.payload, tenant_id=row.tenant_id, trace_id=row.trace_id)


def _audit(
    tx: PlatformTx, action: str, job_id: int, tenant_id: int | None, trace_id: str, told: Document
) -> None:
    """Under the job's own trace, whoever's hand it is: one number leads from the letter to the log."""
    append_audit(replace(tx, trace_id=trace_id), action, f"задача {job_id}", after=told, tenant_id=tenant_id)
