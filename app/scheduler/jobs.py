"""The nightly functions: called directly, by the command line, or enqueued by the clock.

Called with no house they open one from the settings, work through every organisation and return
what they did; the scheduled firings enqueue jobs that call the same services.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from app.core.clock import business_day
from app.core.config import Settings, get_settings
from app.core.trace import new_trace
from app.db.session import Database, PlatformTx
from app.house import House, open_house
from app.queue.port import JobQueue, NewJob
from app.scheduler.clock import COLLECT_YESTERDAY, HOUSEKEEP, KEEP_LEDGER, RECALC_RECENT, OnFire
from app.services import recalc_metrics as recalculation
from app.services.housekeeping import HOUSEKEEPING
from app.services.jobs import collect_job, recalc_job
from app.services.ledger.night import ledger_job
from app.services.night import Progress, policy_of


def collect_yesterday_data(house: House | None = None, progress: Progress | None = None) -> dict[str, int]:
    """Every organisation's night for yesterday; {source: rows}."""
    rows: Counter[str] = Counter()
    with _house(house) as home:
        for tenant_id in tenants(home.db):
            report = home.night.run(tenant_id, home.night.yesterday(), new_trace(), progress or _quiet)
            rows.update(report.rows)
    return dict(rows)


def recalc_recent_metrics(days: int = 35, house: House | None = None) -> dict[str, int]:
    """Recompute the last ``days`` full days of every organisation; {date: sku_count}."""
    counts: Counter[date] = Counter()
    with _house(house) as home:
        last = home.night.yesterday()
        for tenant_id in tenants(home.db):
            with home.db.tenant(tenant_id, statement_timeout_ms=0) as tx:
                done = recalculation.recalc_metrics(
                    tx,
                    last - timedelta(days=days - 1),
                    last,
                    trace_id=new_trace(),
                    policy=policy_of(home.settings),
                )
            counts.update(done.sku_count)
    return {d.isoformat(): skus for d, skus in sorted(counts.items())}


def generate_supply_advice(d: date | None = None, house: House | None = None) -> int:
    """Advice of every organisation for day ``d`` (yesterday); how many rows it has."""
    total = 0
    with _house(house) as home:
        for tenant_id in tenants(home.db):
            with home.db.tenant(tenant_id, statement_timeout_ms=0) as tx:
                total += recalculation.generate_supply_advice(
                    tx, d or home.night.yesterday(), policy_of(home.settings)
                )
    return total


def tenants(db: Database) -> list[int]:
    """Every organisation, in order."""
    with db.platform() as tx:
        return [row.id for row in tx.run("SELECT id FROM tenant ORDER BY id")]


def on_fire(queue: JobQueue, settings: Settings) -> OnFire:
    """What a firing enqueues: the house's cleaning, or for every organisation its night, the safety
    net's recalculation or the keeping of its stock ledger."""

    def enqueue(tx: PlatformTx, job: str, fire_time: datetime) -> None:
        if job == HOUSEKEEP:
            queue.enqueue(tx, _housekeeping(fire_time))
            return
        d = business_day(fire_time, settings.day_timezone) - timedelta(days=1)
        for row in tx.run("SELECT id FROM tenant ORDER BY id").all():
            queue.enqueue(tx, _JOBS[job](row.id, d))

    return enqueue


def _recalc_job(tenant_id: int, d: date) -> NewJob:
    return recalc_job(tenant_id, d - timedelta(days=34), d, new_trace())


def _housekeeping(fire_time: datetime) -> NewJob:
    return NewJob(
        job_type=HOUSEKEEPING,
        payload={"d": fire_time.date().isoformat()},
        tenant_id=None,
        trace_id=new_trace(),
        uniq="housekeeping",
    )


_JOBS: Mapping[str, Callable[[int, date], NewJob]] = {
    COLLECT_YESTERDAY: lambda tenant_id, d: collect_job(tenant_id, d, new_trace()),
    RECALC_RECENT: _recalc_job,
    KEEP_LEDGER: lambda tenant_id, _: ledger_job(tenant_id, new_trace()),
}


@contextmanager
def _house(house: House | None) -> Iterator[House]:
    if house is not None:
        yield house
        return
    with open_house(get_settings()) as opened:
        yield opened


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""
