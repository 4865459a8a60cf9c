"""The scheduler's clock: decides when, never what.

APScheduler only wakes us. What is owed is found by looking at the table of firings, so a wake-up
too many does nothing and one that was missed (downtime, a dead leader, a database away) is made up
for by the next: of several missed periods the latest fires, once.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from app.core.clock import Clock
from app.core.config import Settings
from app.core.errors import BadInput
from app.core.pulse import Pulse
from app.db.session import Database, PlatformTx
from app.scheduler.leader import Leadership

log = structlog.get_logger(__name__)

COLLECT_YESTERDAY = "collect_yesterday_data"
RECALC_RECENT = "recalc_recent_metrics"
HOUSEKEEP = "keep_house"

KEEP_LEDGER = "keep_ledgers"

KEEP_LEDGER_AT = time(0, 45)
"""UTC, as the days that are sealed are: the one before has just ended."""

HOUSEKEEP_AT = time(0, 30)
"""UTC, before the first night begins: months are made and dropped while nobody writes into them."""

OnFire = Callable[[PlatformTx, str, datetime], None]
"""Enqueues a firing's work: (transaction of the firing, job, fire time in UTC)."""

_HH_MM = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

# No second firing within or after this one's period: a newer one makes an older needless, and a
# clock that was set back (or a schedule moved to a later hour) owes nothing.
_FIRE = """
INSERT INTO firing (job, fire_time, fired_at)
SELECT :job, :fire_time, :now
WHERE NOT EXISTS (SELECT FROM firing WHERE job = :job AND fire_time >= :fire_time)
ON CONFLICT DO NOTHING
RETURNING job
"""


@dataclass(frozen=True, slots=True)
class Daily:
    """A job of every day, at ``at`` UTC."""

    job: str
    at: time

    @classmethod
    def parse(cls, job: str, at: str, setting: str) -> "Daily":
        """``at`` as "HH:MM"; ``setting`` is the name to complain about.

        Raises:
            BadInput: anything else.
        """
        match = _HH_MM.fullmatch(at.strip())
        if match is None:
            raise BadInput(f"{setting}: «{at}» — не время. Нужно ЧЧ:ММ по UTC, например 02:00.")
        return cls(job, time(int(match[1]), int(match[2])))

    def latest(self, now: datetime) -> datetime:
        """The last fire time not after ``now``."""
        today = datetime.combine(now.astimezone(UTC).date(), self.at, UTC)
        return today if today <= now else today - timedelta(days=1)


def schedule_of(settings: Settings) -> tuple[Daily, ...]:
    """The night of this installation. Raises BadInput."""
    return (
        Daily.parse(COLLECT_YESTERDAY, settings.collect_at_utc, "COLLECT_AT_UTC"),
        Daily.parse(RECALC_RECENT, settings.recalc_at_utc, "RECALC_AT_UTC"),
        Daily(HOUSEKEEP, HOUSEKEEP_AT),
        Daily(KEEP_LEDGER, KEEP_LEDGER_AT),
    )


class SchedulerClock:
    """Fires what is owed, while it leads. As many processes as wanted may run one."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        schedule: Sequence[Daily],
        on_fire: OnFire,
        leadership: Leadership | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._schedule = tuple(schedule)
        self._on_fire = on_fire
        self._leadership = leadership or Leadership(db=db, clock=clock)
        self._settled: dict[str, datetime] = {}
        self._leads = False
        self._pulse = Pulse()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600},
        )

    def start(self) -> None:
        """Fire what was missed, then wait for the hours. Returns at once."""
        renewal = self._leadership.term / 3
        self._scheduler.add_job(
            self._wake,
            IntervalTrigger(seconds=max(1, int(renewal.total_seconds())), timezone=UTC),
            id="lead",
            next_run_time=datetime.now(UTC),
        )
        for daily in self._schedule:
            self._scheduler.add_job(
                self._wake,
                CronTrigger(hour=daily.at.hour, minute=daily.at.minute, timezone=UTC),
                id=daily.job,
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Finish the firing in hand and let another lead."""
        self._scheduler.shutdown(wait=True)
        try:
            self._leadership.resign()
        except Exception as error:
            log.warning("lease_not_returned", error=type(error).__name__)

    def tick(self) -> list[tuple[str, datetime]]:
        """Renew the lease and, where we lead, fire what is owed; what was fired."""
        leads = self._leadership.try_lead()
        if leads != self._leads:
            self._leads = leads
            log.info("leadership_taken" if leads else "leadership_lost", holder=self._leadership.holder)
        if not leads:
            self._settled.clear()
            return []
        now = self._clock.now()
        owed = sorted((daily.latest(now), daily.job) for daily in self._schedule)
        return [(job, at) for at, job in owed if self._settled.get(job) != at and self._try_fire(job, at)]

    def _try_fire(self, job: str, fire_time: datetime) -> bool:
        try:
            return self._fire(job, fire_time)
        except Exception as error:
            # Nothing was marked as fired: the next wake-up tries again; other jobs need not wait for it.
            log.error("firing_failed", job=job, fire_time=fire_time.isoformat(), exc_info=error)
            return False

    def _fire(self, job: str, fire_time: datetime) -> bool:
        """The row and the work it asks for commit together; False where the row was there."""
        with self._db.platform() as tx:
            row = tx.run(_FIRE, job=job, fire_time=fire_time, now=self._clock.now()).scalar()
            if row is not None:
                self._on_fire(tx, job, fire_time)
        self._settled[job] = fire_time
        if row is not None:
            log.info("fired", job=job, fire_time=fire_time.isoformat())
        return row is not None

    @property
    def patience(self) -> float:
        """Seconds of silence that are more than a slow database."""
        return self._leadership.term.total_seconds() * 10

    def silent_for(self) -> float:
        """Seconds since it last woke up, whatever came of that."""
        return self._pulse.silent_for()

    def _wake(self) -> None:
        self._pulse.beat()
        try:
            self.tick()
        except Exception as error:
            log.error("tick_failed", exc_info=error)
