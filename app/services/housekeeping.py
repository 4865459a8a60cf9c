"""The house's own nightly work: months made ahead, raw replies let go by the month, what outlived its use.

Every step is small transactions of its own, and each can be repeated: a run that is killed is made up
for by the next. Facts, figures, the audit and documents are never touched.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

import structlog

from app.core.clock import Clock
from app.core.document import Document
from app.core.errors import NotNow
from app.db.partitions import MONTHS_AHEAD, ensure_months, shift_month
from app.db.session import Database
from app.queue.port import ClaimedJob, Report
from app.queue.retry import is_database_away
from app.repositories import upkeep
from app.repositories.audit import append_audit
from app.repositories.idempotency import forget_expired
from app.repositories.seals import every_tenant
from app.services.warehouse.drafts import forget_drafts

log = structlog.get_logger(__name__)

HOUSEKEEPING = "housekeeping"

MONTH = timedelta(days=30)
"""How long done work, told events and abandoned conversations are kept."""

SEASON = timedelta(days=90)
"""How long invites, firings and settled dead letters are kept."""

STAGE = "Уборка"

_LOCK_NOT_AVAILABLE = "55P03"

Step = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """Rows (months, for the partitions) by what they were; only what there was any of."""

    gone: dict[str, int]
    months_made: int
    left: tuple[str, ...] = ()
    """What could not be done this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeper:
    """Cleans. ``clock`` is the machine's: what is kept is counted in real days."""

    db: Database
    clock: Clock
    raw_keep_months: int

    def __call__(self, report: Report = lambda *_: None) -> Cleaned:
        """All of it; a step that fails does not stop the others."""
        now = self.clock.now()
        gone: Counter[str] = Counter()
        left: list[str] = []
        steps = list(self._steps(now))
        for done, (name, step) in enumerate(steps):
            report(STAGE, done, len(steps))
            try:
                gone[name] += step()
            except Exception as error:
                if is_database_away(error):
                    raise
                left.append(name)
                busy = getattr(getattr(error, "orig", None), "pgcode", None) == _LOCK_NOT_AVAILABLE
                log.warning("cleaning_failed", step=name, exc_info=None if busy else error, busy=busy)
        made = gone.pop("months_made", 0)
        counts = {name: count for name, count in sorted(gone.items()) if count}
        if counts:
            with self.db.platform() as tx:
                append_audit(tx, "house.cleaned", f"{now:%Y-%m-%d}", after=dict(counts))
        log.info("house_cleaned", gone=counts, months_made=made, left=left)
        report(STAGE, len(steps), len(steps))
        return Cleaned(gone=counts, months_made=made, left=tuple(dict.fromkeys(left)))

    def _steps(self, now: datetime) -> Iterator[tuple[str, Step]]:
        """Months first: a night that comes meanwhile must find its own."""
        yield "months_made", partial(self._make_months, now.date())
        yield "raw_month", partial(self._drop_raw, now.date())
        for what in upkeep.OUTLIVED:
            yield what, partial(self._outlived, what, now)
        with self.db.platform() as tx:
            tenants = every_tenant(tx)
        for tenant in tenants:
            for what in upkeep.TENANTS_OUTLIVED:
                yield what, partial(self._of_tenant, tenant, what, now)
            yield "idempotency_key", partial(self._forget, tenant, now)
            yield "stock_draft", partial(self._forget_drafts, tenant, now)

    def _make_months(self, today: date) -> int:
        with self.db.platform() as tx:
            return ensure_months(tx, today, shift_month(today.replace(day=1), MONTHS_AHEAD))

    def _drop_raw(self, today: date) -> int:
        with self.db.platform() as tx:
            return upkeep.drop_raw_months(tx, shift_month(today.replace(day=1), -self.raw_keep_months))

    def _outlived(self, what: str, now: datetime) -> int:
        def batch() -> int:
            with self.db.platform() as tx:
                return upkeep.delete_outlived(tx, what, month=now - MONTH, season=now - SEASON)

        return _all(batch)

    def _of_tenant(self, tenant_id: int, what: str, now: datetime) -> int:
        def batch() -> int:
            with self.db.tenant(tenant_id) as tx:
                return upkeep.delete_tenants_outlived(tx, what, month=now - MONTH, now=now)

        return _all(batch)

    def _forget(self, tenant_id: int, now: datetime) -> int:
        with self.db.tenant(tenant_id) as tx:
            return forget_expired(tx, now)

    def _forget_drafts(self, tenant_id: int, now: datetime) -> int:
        with self.db.tenant(tenant_id) as tx:
            return forget_drafts(tx, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingWork:
    """The cleaning as a job of the house's."""

    cleaner: Housekeeper

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document:  # noqa: ARG002
        done = self.cleaner(report)
        if done.left:
            raise NotNow(f"Уборка не закончена: {', '.join(done.left)}.")
        return {"summary": in_words(done), "gone": dict(done.gone)}


WORDS = {
    "raw_month": "месяцев ответов площадок",
    "job": "законченных работ",
    "failed_job": "списанных работ",
    "dead_letter": "решённых отказов",
    "outbox_event": "отправленных сообщений",
    "fsm_entry": "брошенных разговоров",
    "invite": "старых приглашений",
    "admin_code": "старых кодов",
    "firing": "отметок расписания",
    "chunk": "частей законченных работ",
    "job_checkpoint": "отметок законченных работ",
    "report": "устаревших отчётов",
    "idempotency_key": "ответов на повторы",
    "stock_draft": "складских документов, которые никто не провёл",
}


def in_words(done: Cleaned) -> str:
    """One sentence for a person."""
    told = ", ".join(f"{WORDS[name]} {count}" for name, count in done.gone.items())
    made = f" Новых месяцев в таблицах: {done.months_made}." if done.months_made else ""
    return (f"Убрано: {told}." if told else "Убирать нечего.") + made


def _all(batch: Step) -> int:
    total = 0
    while gone := batch():
        total += gone
    return total
