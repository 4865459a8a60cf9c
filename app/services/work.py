"""What the worker does with a job: the same services that are called by hand."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.clock import SystemClock
from app.core.config import Settings
from app.core.document import Document
from app.core.errors import BadInput, NotNow
from app.core.trace import new_trace
from app.db.session import Database
from app.queue.port import ClaimedJob, Handler, JobQueue, Report, YieldUntil
from app.repositories import chunks, workload
from app.services.dw import DW, DwWork, ask_refresh
from app.services.housekeeping import HOUSEKEEPING, Housekeeper, HousekeepingWork
from app.services.ingestion.forecast import told
from app.services.ingestion.plan import FIRST_NIGHT_DAYS
from app.services.jobs import COLLECT, RECALC, backfill_job
from app.services.ledger.night import LEDGER, LedgerWork, open_keeper
from app.services.names import source_name
from app.services.night import Night, NightReport, policy_of
from app.services.recalc_metrics import recalc_metrics
from app.services.tell import Teller
from app.services.warehouse.orders_from_postings import ORDERS, OrdersWork, has_shelf, open_orders, orders_job

WAITING = "Ждём площадку: лимит запросов."

BACKFILL_DAYS = 400
"""A year and a month: this month can be compared with that of last year."""

FIRST_HISTORY = timedelta(days=FIRST_NIGHT_DAYS + 7)
"""What a first collection brings, with the week that a report begins in."""

BACKFILL_PATIENCE = timedelta(days=14)
"""A base token has two finance calls in 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectWork:
    """A tenant's night as a job.

    It yields while a marketplace asks to wait, and is tried again where one does not answer: what is
    done by then is not done twice.
    """

    night: Night
    teller: Teller
    queue: JobQueue | None = None

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
        last_call = _next_night(d) + (BACKFILL_PATIENCE if days else timedelta())
        waits = done.wait_until is not None and done.wait_until < last_call
        again = done.is_down and job.attempt < job.max_attempt
        self.teller.night(done, comes_back=waits or again)
        self._take_orders(job.tenant_id, d, job.trace_id)
        failed = "; ".join(f"{source_name(name)}: {error}" for name, error in done.errors.items())
        if self.queue is not None:
            ask_refresh(self.night.db, self.queue, SystemClock(), job.trace_id)
        if waits and done.wait_until is not None:
            report(self._waiting(done), 0, 0)
            raise YieldUntil(done.wait_until)
        if again:
            raise NotNow(failed)
        if job.payload.get("account") and not days:
            self._go_on_backwards(job.tenant_id, d, int(job.payload["account"]))
        summary = f"Собрано строк: {sum(done.rows.values())}, изменилось: {done.written}."
        return {"summary": f"{summary} {failed}".strip(), "rows": done.rows, "written": done.written}

    def _go_on_backwards(self, tenant_id: int, d: date, account_id: int) -> None:
        """A cabinet just connected has what slides away: now its older history, once in its life."""
        if self.queue is None:
            return
        with self.night.db.tenant(tenant_id) as tx:
            if not workload.has_history(tx, account_id, d - FIRST_HISTORY):
                job = backfill_job(tenant_id, d, BACKFILL_DAYS, new_trace(), account_id)
                self.queue.enqueue(tx, job)

    def _take_orders(self, tenant_id: int, d: date, trace_id: str) -> None:
        """What has come of orders goes on to the shelf, where there is one; the rest may yet wait."""
        if self.queue is not None and has_shelf(self.night.db, tenant_id):
            with self.night.db.tenant(tenant_id) as tx:
                self.queue.enqueue(tx, orders_job(tenant_id, d, trace_id))

    def _waiting(self, done: NightReport) -> str:
        """What stands in the progress until the job goes on: «Ждём площадку. Закончит около 05:40»."""
        if done.is_busy:
            return "Кабинет занят другой задачей, ждём очереди."
        if done.finish_at is None:
            return WAITING
        zone = ZoneInfo(self.night.settings.app_timezone)
        return f"{WAITING} {told(done.finish_at, self.night.gateway.wall_clock.now(), zone)}"


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


def handlers(night: Night, teller: Teller, queue: JobQueue | None = None) -> dict[str, Handler]:
    """Job type → who does it. With a ``queue``, a new cabinet's history follows its first collection."""
    return {
        COLLECT: CollectWork(night=night, teller=teller, queue=queue),
        RECALC: RecalcWork(db=night.db, settings=night.settings),
        ORDERS: OrdersWork(keep=open_orders(night.db, night.settings.day_timezone)),
        LEDGER: LedgerWork(keep=open_keeper(night.db, night.settings.day_timezone)),
        DW: DwWork(db=night.db),
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
