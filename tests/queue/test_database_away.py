"""The database goes away under a worker: it waits, comes back, and nothing is lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, make_url, pool, text
from structlog.testing import capture_logs

from app.core.clock import SystemClock
from app.core.document import Document
from app.db.install import Urls
from app.db.session import Database
from app.queue.port import ClaimedJob, Report
from app.queue.postgres import PostgresQueue
from app.queue.states import State
from app.queue.worker import Worker
from tests.queue.conftest import Line, at_work


@contextmanager
def server(urls: Urls) -> Iterator[tuple[Connection, str]]:
    """The superuser, outside this database, and the database's name."""
    url = make_url(urls.admin)
    engine = create_engine(
        url.set(database="postgres"), poolclass=pool.NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection, str(url.database)
    engine.dispose()


def go_away(urls: Urls) -> None:
    """No new connections, and the present ones are cut."""
    with server(urls) as (connection, name):
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(cut), {"name": name})


def come_back(urls: Urls) -> None:
    with server(urls) as (connection, name):
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'))


def test_a_night_outlives_the_database(db: Database, urls: Urls, tenant: int) -> None:
    clock = SystemClock()
    line = Line(db, PostgresQueue(clock=clock), clock)  # type: ignore[arg-type]
    inside, both_hands = threading.Event(), threading.Barrier(2)
    runs: list[str] = []

    def handle(job: ClaimedJob, report: Report) -> Document:
        runs.append(job.payload["name"])
        if runs == ["cut off"]:
            with db.tenant(tenant) as tx:
                inside.set()
                for _ in range(100):
                    tx.run("SELECT pg_sleep(0.05)")
        if job.payload["name"] == "together":
            both_hands.wait(20)
        return {"attempt": job.attempt}

    jobs = [line.ask(tenant, "cut off")]
    worker = Worker(db, {"work": handle}, clock, threads=2, poll=0.05)
    with at_work(worker, 10):
        assert inside.wait(5)
        with capture_logs() as logs:
            try:
                go_away(urls)
                time.sleep(1.0)  # one hand in a unit, one looking for work: both find nobody there
            finally:
                come_back(urls)
        assert "database_away" in {entry["event"] for entry in logs}
        jobs += [line.ask(tenant, "together"), line.ask(tenant, "together")]
        until = time.monotonic() + 40
        while time.monotonic() < until and any(line.status(job).state is not State.DONE for job in jobs):
            with db.platform() as tx:  # the pause after an outage (8 to 15 s) is not what we test
                tx.run("UPDATE job SET run_at = :now WHERE state = 'todo'", now=clock.now())
            time.sleep(0.2)
    assert [line.status(job).result for job in jobs] == [{"attempt": 1}] * 3
    assert sorted(runs) == ["cut off", "cut off", "together", "together"]
