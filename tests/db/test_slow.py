"""A slow statement is told with its trace, without what was bound; the server knows the trace meanwhile."""

import threading
import time
from collections.abc import Iterator

import pytest
import structlog
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from app.db.install import Urls
from app.db.session import Database


@pytest.fixture
def quick(urls: Urls) -> Iterator[Database]:
    """A database to which 0.1 s is slow."""
    db = Database(urls.app, pool_size=2, slow_after=0.1)
    yield db
    db.close()


def test_a_slow_statement_is_told_under_its_trace(quick: Database) -> None:
    with (
        structlog.contextvars.bound_contextvars(trace_id="trace-7"),
        capture_logs(processors=(structlog.contextvars.merge_contextvars,)) as logs,
        quick.platform() as tx,
    ):
        tx.run("SELECT pg_sleep(0.15),\n  CAST(:secret AS text)", secret="eyJsecret")
        tx.run("SELECT CAST(:secret AS text)", secret="eyJsecret")
    told = [entry for entry in logs if entry["event"] == "statement_slow"]
    assert [(entry["trace_id"], entry["log_level"], entry["failure"]) for entry in told] == [
        ("trace-7", "warning", "")
    ]
    assert told[0]["statement"].startswith("SELECT pg_sleep(0.15), CAST(%(secret)s AS text)")
    assert told[0]["seconds"] >= 0.15
    assert "eyJsecret" not in str(logs)


def test_one_that_was_cancelled_for_its_slowness_is_told_too(quick: Database) -> None:
    with capture_logs() as logs, pytest.raises(DBAPIError), quick.tenant(0, statement_timeout_ms=150) as tx:
        tx.run("SELECT pg_sleep(30)")
    told = [entry for entry in logs if entry["event"] == "statement_slow"]
    assert [entry["failure"] for entry in told] == ["QueryCanceled"]


def test_a_statement_on_the_server_carries_its_trace(db: Database, urls: Urls) -> None:
    def ask() -> None:
        with structlog.contextvars.bound_contextvars(trace_id="7c1f'; DROP"), db.platform() as tx:
            tx.run("SELECT pg_sleep(1.0) AS nap")

    asking = threading.Thread(target=ask)
    asking.start()
    found = None
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as server:
        while asking.is_alive() and found is None:
            found = server.scalar(
                text(
                    "SELECT application_name FROM pg_stat_activity"
                    " WHERE state = 'active' AND query LIKE '%nap%' AND pid <> pg_backend_pid()"
                )
            )
            server.rollback()
            time.sleep(0.02)
    asking.join()
    assert found == "ambar 7c1fDROP"
