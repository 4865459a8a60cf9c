"""Redis wakes the hands sooner; away, hung, emptied or killed it costs time and nothing else."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core.clock import SystemClock
from app.core.document import Document
from app.db.session import Database
from app.queue.port import ClaimedJob, JobNote, NewJob, Report
from app.queue.postgres import PostgresQueue
from app.queue.redis_wakeups import GROUP, KEPT, RedisWakeups
from app.queue.wakeups import announce_after_commit
from app.queue.worker import Worker
from tests.queue.conftest import at_work
from tests.support.redis_server import PASSWORD, RedisServer
from tests.support.shop import until

NAME = "ambar:test"
SOON = 1.5
"""Seconds in which a hint arrives (a few thousandths, usually), on a machine that is very busy."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("redis")


@pytest.fixture(scope="module")
def process(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    server.start()
    yield server
    server.thaw()
    server.kill()


@pytest.fixture
def redis(process: RedisServer) -> RedisServer:
    """A server that answers and knows nothing."""
    process.thaw()
    if not process.is_running:
        process.start()
    with process.client() as client:
        client.flushall()
    return process


@pytest.fixture
def wakeups(redis: RedisServer) -> Iterator[RedisWakeups]:
    made = RedisWakeups(redis.dsn, NAME)
    made.wait(0.01)  # from now on it hears
    yield made
    made.close()


def note(number: int = 1) -> JobNote:
    return JobNote(job_id=number, tenant_id=7, trace_id="t", job_type="work")


def waited(wakeups: RedisWakeups, seconds: float) -> float:
    begun = time.monotonic()
    wakeups.wait(seconds)
    return time.monotonic() - begun


def events(logs: list[Any]) -> list[str]:
    return [entry["event"] for entry in logs if entry.get("use") == "wakeups"]


# -- hints ---------------------------------------------------------------------------------------------


def test_an_idle_hand_hears_at_once(wakeups: RedisWakeups) -> None:
    threading.Timer(0.1, wakeups.announce, [[note()]]).start()
    assert waited(wakeups, 5) < 0.1 + SOON


def test_a_rest_is_a_few_questions_and_no_more(redis: RedisServer, wakeups: RedisWakeups) -> None:
    with redis.client() as client:
        asked = client.info()["total_commands_processed"]  # type: ignore[index]
        assert waited(wakeups, 1.2) > 1.1
        assert client.info()["total_commands_processed"] - asked < 20  # type: ignore[index]


def test_a_hint_says_which_job_it_is(redis: RedisServer, wakeups: RedisWakeups) -> None:
    wakeups.announce(
        [note(42), JobNote(job_id=43, tenant_id=None, trace_id="u", job_type="sweep", attempt=2)]
    )
    with redis.client() as client:
        until(lambda: client.xlen(NAME) == 2)
        told = [fields for _, fields in client.xrange(NAME)]  # type: ignore[union-attr]
    assert told == [
        {"job_id": "42", "tenant_id": "7", "trace_id": "t", "job_type": "work", "attempt": "0"},
        {"job_id": "43", "tenant_id": "", "trace_id": "u", "job_type": "sweep", "attempt": "2"},
    ]


def test_of_idle_hands_one_a_job_is_woken(redis: RedisServer) -> None:
    """In two processes."""
    hands = [RedisWakeups(redis.dsn, NAME) for _ in range(2)]
    took: list[float] = []
    threads = [
        threading.Thread(target=lambda each=each: took.append(waited(each, 2.5))) for each in hands * 2
    ]
    for thread in threads:
        thread.start()
    with redis.client() as client:
        until(lambda: len(client.client_list(_type="normal")) > 4)
        time.sleep(0.2)
    hands[0].announce([note(1), note(2)])
    for thread in threads:
        thread.join()
    assert sorted(seconds < SOON for seconds in took) == [False, False, True, True]
    for each in hands:
        each.close()


def test_what_was_called_out_while_all_were_busy_is_worth_one_look(
    redis: RedisServer, wakeups: RedisWakeups
) -> None:
    wakeups.announce([note(number) for number in range(900)])
    with redis.client() as client:
        until(lambda: client.xlen(NAME) == 900)
    assert waited(wakeups, 5) < SOON
    assert waited(wakeups, 0.5) > 0.45
    with redis.client() as client:
        assert client.xpending(NAME, GROUP)["pending"] == 0  # type: ignore[index]


def test_the_stream_is_capped(redis: RedisServer, wakeups: RedisWakeups) -> None:
    for _ in range(3):
        wakeups.announce([note(number) for number in range(KEPT // 2)])
        with redis.client() as client:
            until(lambda: not wakeups.untold)
    with redis.client() as client:
        assert KEPT * 0.4 < client.xlen(NAME) < KEPT * 1.1  # type: ignore[operator]


def test_what_a_dead_reader_heard_is_heard_by_another(redis: RedisServer) -> None:
    dead, alive = (RedisWakeups(redis.dsn, NAME, dead_after=0.3) for _ in range(2))
    dead.wait(0.01)
    dead.announce([note()])
    assert waited(dead, 5) < SOON
    with redis.client() as client:
        assert client.xpending(NAME, GROUP)["pending"] == 1  # type: ignore[index]
        time.sleep(0.35)
        assert waited(alive, 5) < SOON
        alive.wait(0.1)
        assert client.xpending(NAME, GROUP)["pending"] == 0  # type: ignore[index]
    for each in (dead, alive):
        each.close()


def test_whoever_leaves_says_the_rest_and_is_off_the_list(redis: RedisServer, wakeups: RedisWakeups) -> None:
    leaving = RedisWakeups(redis.dsn, NAME)
    leaving.wait(0.01)
    leaving.announce([note()])
    assert waited(leaving, 5) < SOON
    with redis.client() as client:
        assert client.xinfo_groups(NAME)[0]["consumers"] == 1  # type: ignore[index]
        leaving.announce([note()])
        leaving.close()
        assert client.xinfo_groups(NAME)[0]["consumers"] == 0  # type: ignore[index]
        leaving.announce([note()])
        assert waited(leaving, 5) < SOON
        assert client.xlen(NAME) == 2


# -- after the commit ----------------------------------------------------------------------------------


class Heard:
    """Remembers what was called out."""

    def __init__(self) -> None:
        self.jobs: list[int] = []

    def announce(self, jobs: Any, /) -> None:
        self.jobs += [job.job_id for job in jobs]

    def wait(self, seconds: float, /) -> None:
        raise AssertionError


def test_a_job_is_called_out_when_it_is_committed(db: Database, tenant: int) -> None:
    heard = Heard()
    with db.tenant(tenant) as tx:
        announce_after_commit(tx, heard, note(1))
        with tx.session.begin_nested():
            announce_after_commit(tx, heard, note(2))
        assert heard.jobs == []
    assert heard.jobs == [1, 2]


def test_a_job_that_was_never_committed_is_not_called_out(db: Database, tenant: int) -> None:
    heard = Heard()
    with db.tenant(tenant) as tx:
        announce_after_commit(tx, heard, note(1))
        tx.session.rollback()
    assert heard.jobs == []


def test_asking_for_work_calls_it_out(db: Database, tenant: int) -> None:
    heard = Heard()
    queue = PostgresQueue(clock=SystemClock(), wakeups=heard)
    with db.tenant(tenant) as tx:
        ref = queue.enqueue(tx, NewJob(job_type="work", payload={}, tenant_id=tenant, trace_id="t"))
    assert heard.jobs == [ref.job_id]


# -- absence -------------------------------------------------------------------------------------------


def test_without_redis_a_rest_is_a_rest(redis: RedisServer) -> None:
    redis.kill()
    wakeups = RedisWakeups(redis.dsn, NAME)
    with capture_logs() as logs:
        begun, worked = time.monotonic(), time.process_time()
        for _ in range(3):
            wakeups.announce([note()])
            assert 0.35 < waited(wakeups, 0.4) < 0.4 + SOON
        assert time.monotonic() - begun < 3
        assert time.process_time() - worked < 0.2
        redis.start()
        until(lambda: waited(wakeups, 0.2) < 0 or events(logs)[-1] == "redis_back", 5)
    assert events(logs) == ["redis_away", "redis_back"]
    wakeups.close()


def test_a_server_that_hangs_holds_nobody(redis: RedisServer, wakeups: RedisWakeups) -> None:
    redis.freeze()
    with capture_logs() as logs:
        begun = time.monotonic()
        wakeups.announce([note()])
        assert time.monotonic() - begun < 0.1
        assert waited(wakeups, 0.3) < 0.3 + 0.75 + SOON
        assert waited(wakeups, 0.3) < 0.3 + 0.75 + SOON
    assert events(logs) == ["redis_away"]


def test_a_server_that_forgot_everything_is_told_again(redis: RedisServer, wakeups: RedisWakeups) -> None:
    with redis.client() as client:
        client.flushall()
    with capture_logs() as logs:
        wakeups.wait(0.2)
        threading.Timer(0.1, wakeups.announce, [[note()]]).start()
        assert waited(wakeups, 5) < 0.1 + SOON
    assert events(logs) == []


def test_a_server_that_refuses_is_as_good_as_away(redis: RedisServer) -> None:
    """Another password, and a key of another kind; neither the log nor the reader shows the address."""
    with redis.client() as client:
        client.set("ambar:taken", "by somebody else")
    strangers = RedisWakeups(redis.dsn.replace(PASSWORD, "hunter2"), NAME)
    taken = RedisWakeups(redis.dsn, "ambar:taken")
    with capture_logs() as logs:
        for wakeups in (strangers, taken):
            for _ in range(3):
                wakeups.announce([note()])
                assert 0.15 < waited(wakeups, 0.2) < 0.2 + SOON
    assert events(logs) == ["redis_away", "redis_away"]
    assert "hunter2" not in str(logs)
    for wakeups in (strangers, taken):
        wakeups.close()


def test_killed_in_mid_run_it_loses_no_job_and_doubles_none(
    db: Database, tenant: int, redis: RedisServer
) -> None:
    """Jobs asked for before, while and after it is dead; then the wake-ups are back."""
    poll = 1.0
    lock, done, started = threading.Lock(), list[str](), dict[str, float]()

    def handle(job: ClaimedJob, report: Report) -> Document:
        with lock:
            started[job.payload["name"]] = time.monotonic()
        time.sleep(0.02)
        with lock:
            done.append(job.payload["name"])
        return {}

    wakeups = RedisWakeups(redis.dsn, NAME)
    queue = PostgresQueue(clock=SystemClock(), wakeups=wakeups)

    def ask(*names: str) -> float:
        with db.platform() as tx:
            for name in names:
                job = NewJob(job_type="work", payload={"name": name}, tenant_id=tenant, trace_id=name)
                queue.enqueue(tx, job)
        return time.monotonic()

    worker = Worker(db, {"work": handle}, SystemClock(), threads=3, poll=poll, wakeups=wakeups)
    with capture_logs() as logs, at_work(worker):
        ask(*(f"before {number}" for number in range(40)))
        until(lambda: len(done) > 5)
        redis.kill()
        for number in range(5):
            ask(f"while {number}")
        until(lambda: len(done) == 45)
        redis.start()
        until(lambda: events(logs)[-1:] == ["redis_back"])
        lags = []
        for number in range(4):
            time.sleep(0.1)
            asked = ask(f"after {number}")
            until(lambda name=f"after {number}": name in started)  # type: ignore[misc]
            lags.append(started[f"after {number}"] - asked)
        until(lambda: len(done) == 49)
        with redis.client() as client:
            heard = client.xinfo_groups(NAME)[0]["entries-read"]  # type: ignore[index]
    assert sorted(done) == sorted(set(done))
    with db.platform() as tx:
        states = dict(tx.run("SELECT state, count(*) FROM job GROUP BY state").all())  # type: ignore[arg-type]
    assert states == {"done": 49}
    assert heard == 4
    assert min(lags) < poll / 2
    assert events(logs) == ["redis_away", "redis_back"]
    wakeups.close()
