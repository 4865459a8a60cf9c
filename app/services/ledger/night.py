"""What the ledger needs every night: lapsed promises go back, days that are over are sealed, all is proven.

Every step is transactions of its own and can be repeated: a night that is killed is made up for by the next.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog

from app.core.clock import Clock, SystemClock
from app.core.document import Document
from app.core.errors import BadInput, Conflict
from app.db.session import Database
from app.queue.port import ClaimedJob, NewJob, Report
from app.repositories import ledger_proof
from app.services.jobs import PATIENT
from app.services.ledger.allocate import ReleaseLapsed
from app.services.ledger.posting import PostStock, again_when_crowded
from app.services.ledger.verify import Proof, verify_ledger

log = structlog.get_logger(__name__)

LEDGER = "ledger"
"""The job's type."""

STAGE = "Складская книга"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Promises ``released``, days ``sealed``, and what the proof after them found."""

    released: int
    sealed: int
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepLedger:
    """Keeps one organisation's ledger. ``clock`` is the machine's: promises and seals go by real time."""

    db: Database
    clock: Clock
    release: ReleaseLapsed
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, tenant_id: int, report: Report = lambda *_: None) -> Kept:
        report(STAGE, 0, 3)
        released = self.release_lapsed(tenant_id)
        report(STAGE, 1, 3)
        sealed = self.seal(tenant_id)
        report(STAGE, 2, 3)
        proof = verify_ledger(self.db, tenant_id)
        report(STAGE, 3, 3)
        log.info(
            "ledger_kept", tenant_id=tenant_id, released=released, sealed=sealed, faults=len(proof.faults)
        )
        return Kept(released=released, sealed=sealed, proof=proof)

    def release_lapsed(self, tenant_id: int) -> int:
        """All promises that have lapsed, batch by batch; how many."""

        def batch() -> int:
            with self.db.tenant(tenant_id) as tx:
                return self.release(tx)

        total = 0
        while done := again_when_crowded(batch, self.sleep):
            total += done
        return total

    def seal(self, tenant_id: int) -> int:
        """Every day that is over and not sealed yet; how many.

        A day a transaction: whoever posts waits for one, and after a long absence would wait for years.
        """
        last = self.clock.now().date() - timedelta(days=1)
        total = 0
        while self._seal_next(tenant_id, last):
            total += 1
        return total

    def _seal_next(self, tenant_id: int, last: date) -> bool:
        with self.db.tenant(tenant_id, statement_timeout_ms=0) as tx:
            day = ledger_proof.first_unsealed(tx)
            return day is not None and day <= last and ledger_proof.seal(tx, day) > 0


def open_keeper(db: Database, day_timezone: str) -> KeepLedger:
    """By the machine's clock; ``day_timezone`` is whose day ends a lot."""
    clock = SystemClock()
    post = PostStock(clock=clock, day_zone=ZoneInfo(day_timezone))
    return KeepLedger(db=db, clock=clock, release=ReleaseLapsed(post=post, clock=clock))


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerWork:
    """An organisation's ledger night as a job. One that does not add up fails: it is looked at again a few
    times, and then the administrators are told."""

    keep: KeepLedger

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document:
        if job.tenant_id is None:
            raise BadInput("Складская книга — у каждой организации своя.")
        done = self.keep(job.tenant_id, report)
        if done.proof.faults:
            raise Conflict(
                f"Складская книга не сходится, расхождений: {len(done.proof.faults)}. "
                f"Подробно: ./ambar ledger verify --org {job.tenant_id}"
            )
        summary = f"Движений {done.proof.entries}, всё сходится; опечатано дней: {done.sealed}."
        if done.released:
            summary += f" Снято истёкших резервов: {done.released}."
        return {"summary": summary, "released": done.released, "sealed": done.sealed}


def ledger_job(tenant_id: int, trace_id: str) -> NewJob:
    """One at a time, however often it is asked for; after what somebody waits for."""
    return NewJob(
        job_type=LEDGER, payload={}, tenant_id=tenant_id, trace_id=trace_id, uniq=LEDGER, priority=PATIENT
    )
