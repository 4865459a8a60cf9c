"""The database goes away under a worker: it waits, comes back, and nothing is lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, make_url, pool, text

from app.core.clock import SystemClock
from app.db.install import Urls
from app.db.session import Database
from app.queue.port import ClaimedJob, Document, Report
from app.queue.postgres import PostgresQueue
from app.queue.states import State
from app.queue.worker import Worker
from tests.queue.conftest import Line


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
    inside, runs = threading.Event(), []

    def handle(job: ClaimedJob, report: Report) -> Document:
        runs.append(job.payload["name"])
        if runs == ["first"]:
            with db.tenant(tenant) as tx:
                inside.set()
                for _ in range(100):
                    tx.run("SELECT pg_sleep(0.05)")
        return {"attempt": job.attempt}

    first, second = line.ask(tenant, "first"), line.ask(tenant, "second")
    worker = Worker(db, {"work": handle}, clock, threads=1, poll=0.05)
    worker.start()
    assert inside.wait(5)
    try:
        go_away(urls)
        time.sleep(1.0)
    finally:
        come_back(urls)
    until = time.monotonic() + 30
    with_status = [first, second]
    # The first waits out a pause of its own (7.5 to 15 s): let it off.
    while time.monotonic() < until and any(line.status(j).state is not State.DONE for j in with_status):
        with db.platform() as tx:
            tx.run("UPDATE job SET run_at = now() WHERE state = 'todo'")
        time.sleep(0.2)
    worker.stop()
    assert worker.join(10)
    assert [line.status(j).result for j in with_status] == [{"attempt": 1}, {"attempt": 1}]
    assert sorted(runs) == ["first", "first", "second"]
