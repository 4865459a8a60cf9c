"""What the worker does with a job: the same services that are called by hand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.core.clock import SystemClock
from app.core.config import Settings
from app.core.document import Document
from app.core.errors import BadInput, NotNow
from app.db.session import Database
from app.queue.port import ClaimedJob, Handler, Report, YieldUntil
from app.repositories import chunks
from app.services.housekeeping import HOUSEKEEPING, Housekeeper, HousekeepingWork
from app.services.jobs import COLLECT, RECALC
from app.services.names import source_name
from app.services.night import Night, policy_of
from app.services.recalc_metrics import recalc_metrics
from app.services.tell import Teller


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectWork:
    """A tenant's night as a job.

    It yields while a marketplace asks to wait, and is tried again where one does not answer: what is
    done by then is not done twice.
    """

    night: Night
    teller: Teller

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document:
        if job.tenant_id is None:
            raise BadInput("Сбор данных — работа организации.")
        d = date.fromisoformat(str(job.payload["d"]))
        days = job.payload.get("days")
        done = self.night.run(
            job.tenant_id,
            d,
            job.trace_id,
            lambda stage, ready, total: report(source_name(stage), ready, total),
            days=int(days) if days else None,
            account_id=job.payload.get("account"),
        )
        waits = done.wait_until is not None and done.wait_until < _next_night(d)
        again = done.is_down and job.attempt < job.max_attempt
        self.teller.night(done, comes_back=waits or again)
        failed = "; ".join(f"{source_name(name)}: {error}" for name, error in done.errors.items())
        if waits and done.wait_until is not None:
            raise YieldUntil(done.wait_until)
        if again:
            raise NotNow(failed)
        summary = f"Собрано строк: {sum(done.rows.values())}, изменилось: {done.written}."
        return {"summary": f"{summary} {failed}".strip(), "rows": done.rows, "written": done.written}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalcWork:
    """A recalculation by command, month by month: each is a transaction of its own and is not done again."""

    db: Database
    settings: Settings

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document:
        if job.tenant_id is None:
            raise BadInput("Пересчёт — работа организации.")
        d_from = date.fromisoformat(str(job.payload["d_from"]))
        d_to = date.fromisoformat(str(job.payload["d_to"]))
        with self.db.tenant(job.tenant_id) as tx:
            chunks.plan(tx, job.id, [_span(*month) for month in _months(d_from, d_to)])
        while (done := self._next_month(job.tenant_id, job)) is not None:
            report("Пересчёт", done.n, done.total)
        with self.db.tenant(job.tenant_id) as tx:
            results = chunks.results(tx, job.id)
        days, written = (sum(int(each[what]) for each in results) for what in ("days", "written"))
        return {"summary": f"Пересчитано дней: {days}, изменилось строк: {written}.", "written": written}

    def _next_month(self, tenant_id: int, job: ClaimedJob) -> chunks.Chunk | None:
        """One month and the note that it is done, in one transaction; None where all are."""
        with self.db.tenant(tenant_id, statement_timeout_ms=0) as tx:
            month = chunks.next_undone(tx, job.id)
            if month is not None:
                first, last = (date.fromisoformat(month.payload[end]) for end in ("d_from", "d_to"))
                done = recalc_metrics(tx, first, last, trace_id=job.trace_id, policy=policy_of(self.settings))
                result = {"days": len(done.sku_count), "written": done.count.written}
                chunks.mark_done(tx, job.id, month.n, result)
            return month


def _next_night(d: date) -> datetime:
    """From here on the next night's job asks for the same and more: waiting longer is in its way."""
    return datetime.combine(d + timedelta(days=2), time(), UTC)


def handlers(night: Night, teller: Teller) -> dict[str, Handler]:
    """Job type → who does it."""
    return {
        COLLECT: CollectWork(night=night, teller=teller),
        RECALC: RecalcWork(db=night.db, settings=night.settings),
        HOUSEKEEPING: HousekeepingWork(
            # Its days are real ones, whatever day the business is in.
            cleaner=Housekeeper(
                db=night.db, clock=SystemClock(), raw_keep_months=night.settings.raw_keep_months
            )
        ),
    }


def _span(d_from: date, d_to: date) -> Document:
    return {"d_from": d_from.isoformat(), "d_to": d_to.isoformat()}


_DAY, _MONTH = timedelta(days=1), timedelta(days=32)


def _months(d_from: date, d_to: date) -> list[tuple[date, date]]:
    """The period cut at the ends of months."""
    parts, start = [], d_from
    while start <= d_to:
        following = (start.replace(day=1) + _MONTH).replace(day=1)
        parts.append((start, min(d_to, following - _DAY)))
        start = following
    return parts
