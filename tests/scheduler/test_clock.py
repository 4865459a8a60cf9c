"""The night comes once a day, whoever winds the clock, and is not forgotten after a bad one."""

import threading
import time as time_module
from datetime import UTC, datetime, time, timedelta

import pytest
from structlog.testing import capture_logs

from app.core.clock import FixedClock, SystemClock
from app.core.config import Settings
from app.core.errors import BadInput
from app.db.session import Database, PlatformTx
from app.queue.port import NewJob
from app.queue.postgres import PostgresQueue
from app.scheduler.clock import (
    COLLECT_YESTERDAY,
    HOUSEKEEP,
    HOUSEKEEP_AT,
    KEEP_LEDGER,
    KEEP_LEDGER_AT,
    RECALC_RECENT,
    Daily,
    SchedulerClock,
    schedule_of,
)
from app.scheduler.leader import Leadership

NIGHT = (Daily(COLLECT_YESTERDAY, time(2)), Daily(RECALC_RECENT, time(3)))


@pytest.fixture(autouse=True)
def clean(db: Database) -> None:
    with db.platform() as tx:
        for table in ("firing", "lease", "job"):
            tx.run(f"DELETE FROM {table}")


class Fired:
    """Remembers what was fired; ``trouble`` is raised once."""

    def __init__(self) -> None:
        self.jobs: list[tuple[str, datetime]] = []
        self.trouble: Exception | None = None

    def __call__(self, tx: PlatformTx, job: str, fire_time: datetime) -> None:
        if self.trouble is not None:
            error, self.trouble = self.trouble, None
            raise error
        self.jobs.append((job, fire_time))


@pytest.fixture
def fired() -> Fired:
    return Fired()


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_job_fires_at_its_hour_once(db: Database, fired: Fired) -> None:
    clock = FixedClock(at(20, 1))
    scheduler = SchedulerClock(db, clock, NIGHT, fired)
    scheduler.tick()
    fired.jobs.clear()
    for _ in range(4 * 24):
        clock.advance(timedelta(minutes=15))
        scheduler.tick()
    assert fired.jobs == [(COLLECT_YESTERDAY, at(20, 2)), (RECALC_RECENT, at(20, 3))]


def test_after_days_of_downtime_only_the_latest_night_is_made_up_for(db: Database, fired: Fired) -> None:
    clock = FixedClock(at(16, 4))
    SchedulerClock(db, clock, NIGHT, fired).tick()
    fired.jobs.clear()
    clock.advance(timedelta(days=4))
    restarted = SchedulerClock(db, clock, NIGHT, fired)
    assert restarted.tick() == [(COLLECT_YESTERDAY, at(20, 2)), (RECALC_RECENT, at(20, 3))]
    assert restarted.tick() == []
    assert fired.jobs == [(COLLECT_YESTERDAY, at(20, 2)), (RECALC_RECENT, at(20, 3))]


def test_a_restart_within_the_day_fires_nothing(db: Database, fired: Fired) -> None:
    clock = FixedClock(at(20, 4))
    SchedulerClock(db, clock, NIGHT, fired).tick()
    fired.jobs.clear()
    clock.advance(timedelta(hours=5))
    assert SchedulerClock(db, clock, NIGHT, fired).tick() == []


def test_a_schedule_moved_to_a_later_hour_owes_no_second_night(db: Database, fired: Fired) -> None:
    clock = FixedClock(at(20, 2))
    assert SchedulerClock(db, clock, [Daily(COLLECT_YESTERDAY, time(2))], fired).tick() == [
        (COLLECT_YESTERDAY, at(20, 2))
    ]
    clock.advance(timedelta(hours=1))
    moved = SchedulerClock(db, clock, [Daily(COLLECT_YESTERDAY, time(4))], fired)
    assert moved.tick() == []
    clock.advance(timedelta(hours=1))
    assert moved.tick() == [(COLLECT_YESTERDAY, at(20, 4))]


def test_a_firing_that_failed_is_tried_again_and_stops_no_other(db: Database, fired: Fired) -> None:
    scheduler = SchedulerClock(db, FixedClock(at(20, 4)), NIGHT, fired)
    fired.trouble = RuntimeError("база моргнула")
    assert scheduler.tick() == [(RECALC_RECENT, at(20, 3))]
    assert scheduler.tick() == [(COLLECT_YESTERDAY, at(20, 2))]


def test_the_firing_and_its_work_commit_together(db: Database) -> None:
    clock = FixedClock(at(20, 4))
    queue = PostgresQueue(clock=clock)

    def enqueue_then_break(tx: PlatformTx, job: str, fire_time: datetime) -> None:
        queue.enqueue(tx, NewJob(job_type=job, payload={}, tenant_id=None, trace_id="t"))
        raise RuntimeError

    assert SchedulerClock(db, clock, NIGHT, enqueue_then_break).tick() == []
    with db.platform() as tx:
        assert tx.run("SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM firing)").scalar() == 0


def test_who_does_not_lead_does_not_fire_and_takes_over_when_the_leader_is_silent(
    db: Database, fired: Fired
) -> None:
    clock = FixedClock(at(20, 1))
    leader, other = (SchedulerClock(db, clock, NIGHT, fired) for _ in range(2))
    leader.tick()
    fired.jobs.clear()
    clock.instant = at(20, 2)
    leader._leadership.try_lead()  # alive, but busy
    assert other.tick() == []
    clock.advance(timedelta(seconds=30))
    assert other.tick() == [(COLLECT_YESTERDAY, at(20, 2))]
    assert leader.tick() == []


def test_two_schedulers_that_both_believe_to_lead_fire_once(db: Database, fired: Fired) -> None:
    clock = FixedClock(at(20, 4))

    def slowly(tx: PlatformTx, job: str, fire_time: datetime) -> None:
        fired(tx, job, fire_time)
        time_module.sleep(0.3)  # the others come while this firing is not committed yet

    schedulers = [
        SchedulerClock(db, clock, NIGHT, slowly, Leadership(db=db, clock=clock, name=f"split-{number}"))
        for number in range(4)
    ]
    together = threading.Barrier(4)
    results: list[list[tuple[str, datetime]]] = []

    def tick(scheduler: SchedulerClock) -> None:
        together.wait(5)
        results.append(scheduler.tick())

    threads = [threading.Thread(target=tick, args=(scheduler,)) for scheduler in schedulers]
    with capture_logs() as logs:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(results) == 4
    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert sorted(fired.jobs) == [(COLLECT_YESTERDAY, at(20, 2)), (RECALC_RECENT, at(20, 3))]


def test_the_lease_is_one_holders_until_it_runs_out_or_is_given_back(db: Database, clock: FixedClock) -> None:
    first, second = (Leadership(db=db, clock=clock) for _ in range(2))
    assert first.try_lead()
    assert not second.try_lead()
    clock.advance(timedelta(seconds=20))
    assert first.try_lead()
    clock.advance(timedelta(seconds=20))
    assert not second.try_lead()
    clock.advance(timedelta(seconds=10))
    assert second.try_lead()
    assert not first.try_lead()
    first.resign()  # what is not ours cannot be given back
    assert not first.try_lead()
    second.resign()
    assert first.try_lead()


def test_a_running_clock_makes_up_for_what_is_owed_and_waits_for_the_hours(
    db: Database, fired: Fired
) -> None:
    clock = SystemClock()
    told = threading.Event()

    def on_fire(tx: PlatformTx, job: str, fire_time: datetime) -> None:
        fired(tx, job, fire_time)
        if len(fired.jobs) == 2:
            told.set()

    scheduler = SchedulerClock(db, clock, NIGHT, on_fire)
    scheduler.start()
    try:
        assert told.wait(5)
        jobs = {job.id: job for job in scheduler._scheduler.get_jobs()}
        assert set(jobs) == {"lead", COLLECT_YESTERDAY, RECALC_RECENT}
        assert (jobs[COLLECT_YESTERDAY].next_run_time.hour, jobs[RECALC_RECENT].next_run_time.hour) == (2, 3)
        assert all(job.coalesce and job.max_instances == 1 for job in jobs.values())
        assert all(job.misfire_grace_time == 3600 for job in jobs.values())
    finally:
        scheduler.stop()
    assert sorted(job for job, _ in fired.jobs) == [COLLECT_YESTERDAY, RECALC_RECENT]
    with db.platform() as tx:
        assert tx.run("SELECT count(*) FROM lease").scalar() == 0


def test_the_hour_itself_wakes_the_clock(db: Database, fired: Fired) -> None:
    """APScheduler's cron trigger reaches ``on_fire`` without waiting for a renewal."""
    clock = FixedClock(at(20, 1))
    calm = Leadership(db=db, clock=clock, term=timedelta(hours=3))
    scheduler = SchedulerClock(db, clock, NIGHT, fired, calm)
    scheduler.tick()
    fired.jobs.clear()
    scheduler.start()
    try:
        clock.instant = at(20, 2)
        scheduler._scheduler.modify_job(COLLECT_YESTERDAY, next_run_time=datetime.now(UTC))
        for _ in range(100):
            if fired.jobs:
                break
            threading.Event().wait(0.05)
    finally:
        scheduler.stop()
    assert fired.jobs == [(COLLECT_YESTERDAY, at(20, 2))]


def test_the_settings_name_the_hours(settings: Settings) -> None:
    assert schedule_of(settings) == (
        *NIGHT,
        Daily(HOUSEKEEP, HOUSEKEEP_AT),
        Daily(KEEP_LEDGER, KEEP_LEDGER_AT),
    )


@pytest.mark.parametrize("wrong", ["25:00", "2:00", "02-00", "", "02:60", "02:00:00", "ночью"])
def test_an_hour_that_is_none_is_refused_with_its_setting(settings: Settings, wrong: str) -> None:
    changed = settings.model_copy(update={"collect_at_utc": wrong})
    with pytest.raises(BadInput, match=r"COLLECT_AT_UTC: .* — не время\. Нужно ЧЧ:ММ по UTC"):
        schedule_of(changed)
