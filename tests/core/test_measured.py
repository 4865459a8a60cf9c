"""What is counted of jobs and deliveries, and how a hand that is stuck is found."""

import math
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from app.bot.counting import counted
from app.core.exposition import Meters
from app.queue.measured import measured
from app.queue.patrol import Patrol
from app.queue.port import ClaimedJob, Event, Interrupted, RetryAfter, YieldUntil
from tests.support.shop import until

NOW = datetime(2026, 11, 20, tzinfo=UTC)
JOB = ClaimedJob(
    id=1, tenant_id=1, job_type="collect", payload={}, attempt=1, max_attempt=5, lease_token="x", trace_id="t"
)


def sample(meters: Meters, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(each.labels.values()): each.value
        for family in meters.registry.collect()
        for each in family.samples
        if each.name == name
    }


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (None, "done"),
        (YieldUntil(NOW), "yielded"),
        (Interrupted(), "handed_back"),
        (ValueError("broken"), "failed"),
        (OperationalError("SELECT 1", {}, Exception("gone")), "yielded"),
    ],
)
def test_a_run_is_counted_by_how_it_ended_and_the_end_passes_on(
    raised: BaseException | None, outcome: str
) -> None:
    def handler(job: ClaimedJob, report: object, /) -> dict[str, str]:
        if raised is not None:
            raise raised
        return {"summary": "всё"}

    meters = Meters()
    run = measured({"collect": handler}, meters)["collect"]
    if raised is None:
        assert run(JOB, lambda *_: None) == {"summary": "всё"}
    else:
        with pytest.raises(type(raised)):
            run(JOB, lambda *_: None)
    assert sample(meters, "ambar_job_runs_total") == {("collect", outcome): 1}
    assert sample(meters, "ambar_job_seconds_count") == {("collect",): 1}


@pytest.mark.parametrize(
    ("raised", "outcome"), [(None, "delivered"), (RetryAfter(3), "postponed"), (OSError(), "failed")]
)
def test_a_delivery_is_counted_by_how_it_ended(raised: Exception | None, outcome: str) -> None:
    def consumer(event: Event, /) -> None:
        if raised is not None:
            raise raised

    meters = Meters()
    event = Event(
        id=1, tenant_id=1, topic="telegram", key="", payload={}, attempt=1, trace_id="t", created_at=NOW
    )
    deliver = counted(consumer, "telegram", meters)
    if raised is None:
        deliver(event)
    else:
        with pytest.raises(type(raised)):
            deliver(event)
    assert sample(meters, "ambar_event_deliveries_total") == {("telegram", outcome): 1}


def test_a_hand_that_goes_round_is_heard_one_that_is_stuck_is_not_one_that_died_never() -> None:
    stuck, go_on = threading.Event(), threading.Event()

    def step() -> bool:
        if stuck.is_set() and threading.current_thread().name.endswith("-1"):
            go_on.wait(20)
        return False

    patrol = Patrol("hand", step, threads=2, poll=0.01)
    assert patrol.silent_for() == 0
    patrol.start()
    until(lambda: patrol.silent_for() < 0.05)
    stuck.set()
    until(lambda: patrol.silent_for() > 0.3)
    go_on.set()
    stuck.clear()
    until(lambda: patrol.silent_for() < 0.05)
    patrol.stop()
    assert patrol.join(5)
    assert patrol.silent_for() == math.inf


def test_a_long_step_beats_when_it_reports() -> None:
    go_on = threading.Event()

    def step() -> bool:
        while not go_on.wait(0.02):
            patrol.beat()
        return False

    patrol = Patrol("hand", step, threads=1, poll=0.01)
    patrol.start()
    try:
        assert not go_on.wait(0.4)
        assert patrol.silent_for() < 0.3
    finally:
        go_on.set()
        patrol.stop()
        patrol.join(5)


def test_all_hands_together_have_the_time_that_was_given() -> None:
    go_on = threading.Event()
    patrol = Patrol("hand", lambda: not go_on.wait(20), threads=5, poll=0.01)
    patrol.start()
    patrol.stop()
    begun = datetime.now(UTC)
    assert not patrol.join(0.3)
    assert datetime.now(UTC) - begun < timedelta(seconds=1.2)  # five times that, once
    go_on.set()
    assert patrol.join(5)
