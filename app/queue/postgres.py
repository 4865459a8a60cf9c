"""The queue in PostgreSQL: every method is one step in the caller's transaction.

All instants are the given clock's, never the server's ``now()``, so that one clock rules run_at,
leases and back-off, in tests too. Clocks of several machines may differ by seconds: a lease
is long against that, and the token, not the time, decides who may finish a job.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from app.core.clock import Clock
from app.core.document import Document, to_json
from app.db.named_sql import load_sql
from app.db.session import PlatformTx, TenantTx
from app.queue import dead_letters
from app.queue.port import (
    ClaimedJob,
    JobNote,
    JobRef,
    JobStatus,
    LeaseLost,
    NewJob,
    Progress,
    Tx,
    Wakeups,
)
from app.queue.states import State, check_step
from app.queue.wakeups import announce_after_commit

SQL = load_sql(Path(__file__).with_name("job.sql"))

JOB_CREATED = "job.created"
"""The topic of the event that commits with a new job; ``announcer`` is its consumer."""

LEASE = timedelta(seconds=60)
JOIN_TRIES = 10
NO_CAP = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresQueue:
    """The queue's table.

    ``lease`` is how long a silent holder keeps a job; ``tenant_max`` how many jobs of one tenant run at
    once, on all workers together; ``wakeups`` is told of new jobs after their commit.
    """

    clock: Clock
    lease: timedelta = LEASE
    tenant_max: int = NO_CAP
    wakeups: Wakeups | None = None

    def enqueue(self, tx: Tx, job: NewJob) -> JobRef:
        """See ``JobQueue.enqueue``. The application may ask for its own tenant's work only."""
        # The unique index holds NULLs equal, so work without a name gets one that nobody shares.
        uniq = f"once:{secrets.token_hex(16)}" if job.uniq is None else job.uniq
        now = self.clock.now()
        params = {
            "tenant_id": job.tenant_id,
            "job_type": job.job_type,
            "payload": to_json(job.payload),
            "priority": job.priority,
            "run_at": job.run_at or now,
            "max_attempt": job.max_attempt,
            "uniq": uniq,
            "serial": job.serial,
            "asked_by": job.asked_by,
            "trace_id": job.trace_id,
            "topic": JOB_CREATED,
            "now": now,
        }
        for _ in range(JOIN_TRIES):
            created = tx.run(SQL["enqueue"], **params).scalar()
            if created is not None:
                self._call_out(tx, created, job)
                return JobRef(created, is_new=True)
            first = tx.run(SQL["find_active"], tenant_id=job.tenant_id, uniq=uniq).scalar()
            if first is not None:
                return JobRef(first, is_new=False)
            # The first one finished between the two statements: ask again.
        raise RuntimeError(f"{job.job_type}: {uniq} is neither new nor there")

    def status(self, tx: Tx, job_id: int) -> JobStatus | None:
        """See ``JobQueue.status``."""
        whose = tx.tenant_id if isinstance(tx, TenantTx) else None
        row = tx.run(SQL["status"], id=job_id, tenant_id=whose).one_or_none()
        if row is None:
            return None
        return JobStatus(
            id=row.id,
            job_type=row.job_type,
            state=State(row.state),
            attempt=row.attempt,
            run_at=row.run_at,
            progress=Progress(**row.progress) if row.progress else None,
            result=row.result,
            error=row.error,
        )

    def claim(self, tx: PlatformTx, job_types: Iterable[str], served_last: int = 0) -> ClaimedJob | None:
        """Take one due job of these types, or None; ``served_last`` is the tenant whose turn is over."""
        return next(iter(self.claim_many(tx, job_types, 1, served_last)), None)

    def claim_many(
        self, tx: PlatformTx, job_types: Iterable[str], at_most: int, served_last: int = 0
    ) -> list[ClaimedJob]:
        """Take up to so many jobs, one a tenant and urgency, in the order of their turns.

        The tenants served stay locked until the transaction ends: commit at once.
        """
        now = self.clock.now()
        rows = tx.run(
            SQL["claim"],
            types=list(job_types),
            served_last=served_last,
            at_most=at_most,
            tenant_max=self.tenant_max,
            now=now,
            token=secrets.token_hex(16) + ":",
            lease_until=now + self.lease,
        )
        return [_claimed(row) for row in rows]

    def expired(self, tx: PlatformTx) -> list[ClaimedJob]:
        """Jobs whose holder went silent, locked for this transaction, to be retried or failed."""
        return [_claimed(row) for row in tx.run(SQL["expired"], now=self.clock.now())]

    def extend(self, tx: PlatformTx, held: Collection[ClaimedJob]) -> set[str]:
        """A heartbeat; the tokens that still hold."""
        until = self.clock.now() + self.lease
        ids, tokens = [job.id for job in held], [job.lease_token for job in held]
        return set(tx.run(SQL["extend"], ids=ids, tokens=tokens, lease_until=until).scalars())

    def report(self, tx: PlatformTx, job: ClaimedJob, progress: Progress) -> None:
        """Note how far the job is. Raises LeaseLost."""
        document = to_json({"stage": progress.stage, "done": progress.done, "total": progress.total})
        until = self.clock.now() + self.lease
        self._run_held(tx, "progress", job, progress=document, lease_until=until)

    def ack(self, tx: PlatformTx, job: ClaimedJob, result: Document | None) -> None:
        """The job is done. Raises LeaseLost."""
        document = None if result is None else to_json(result)
        self._finish(tx, job, State.DOING, State.DONE, result=document, error=None)

    def retry(self, tx: PlatformTx, job: ClaimedJob, at: datetime, error: str) -> None:
        """Back in line not before ``at``; the attempt counts. Raises LeaseLost."""
        self._hand_back(tx, job, at, refund=0, error=error)

    def yield_until(self, tx: PlatformTx, job: ClaimedJob, at: datetime) -> None:
        """Back in line not before ``at``; the attempt does not count. Raises LeaseLost."""
        self._hand_back(tx, job, at, refund=1, error=None)

    def fail(self, tx: PlatformTx, job: ClaimedJob, error: str) -> None:
        """Give a job up: its letter, the audit entry and its three steps are this one transaction's.

        Raises LeaseLost.
        """
        self._step(tx, job, State.DOING, State.DLQ_PENDING, error)
        dead_letters.write(tx, job, error, self.clock.now())
        self._step(tx, job, State.DLQ_PENDING, State.DLQ_RECORDED, error)
        self._finish(tx, job, State.DLQ_RECORDED, State.FAILED, result=None, error=error)

    def requeue(self, tx: PlatformTx, job_id: int) -> None:
        """Put a failed job back in line as it was, its attempts anew. Raises NotFound, Conflict."""
        job = dead_letters.requeue(tx, job_id, self.clock.now())
        self._call_out(tx, job_id, job)

    def drop(self, tx: PlatformTx, job_id: int) -> None:
        """A failed job is not worth another look. Raises NotFound, Conflict."""
        dead_letters.drop(tx, job_id, self.clock.now())

    def next_run_at(self, tx: PlatformTx, job_types: Iterable[str]) -> datetime | None:
        """When the next waiting job is due; None where none waits."""
        at: datetime | None = tx.run(SQL["next_run_at"], types=list(job_types)).scalar()
        return at

    def _call_out(self, tx: Tx, job_id: int, job: NewJob) -> None:
        """Wake somebody once this has committed."""
        if self.wakeups is not None:
            note = JobNote(
                job_id=job_id, tenant_id=job.tenant_id, trace_id=job.trace_id, job_type=job.job_type
            )
            announce_after_commit(tx, self.wakeups, note)

    def _hand_back(
        self, tx: PlatformTx, job: ClaimedJob, at: datetime, *, refund: int, error: str | None
    ) -> None:
        check_step(State.DOING, State.TODO)
        self._run_held(
            tx, "hand_back", job, was="doing", to_state="todo", run_at=at, refund=refund, error=error
        )

    def _step(self, tx: PlatformTx, job: ClaimedJob, was: State, to: State, error: str) -> None:
        check_step(was, to)
        self._run_held(tx, "step", job, was=was.value, to_state=to.value, error=error)

    def _finish(
        self,
        tx: PlatformTx,
        job: ClaimedJob,
        was: State,
        to: State,
        *,
        result: str | None,
        error: str | None,
    ) -> None:
        check_step(was, to)
        now = self.clock.now()
        self._run_held(
            tx, "finish", job, was=was.value, to_state=to.value, result=result, error=error, now=now
        )

    def _run_held(self, tx: PlatformTx, name: str, job: ClaimedJob, **params: object) -> None:
        """A statement that touches the job only while we hold it."""
        if tx.run(SQL[name], id=job.id, token=job.lease_token, **params).rowcount != 1:
            raise LeaseLost(job.id)


def _claimed(row: Row[Any]) -> ClaimedJob:
    return ClaimedJob(**row._asdict())
