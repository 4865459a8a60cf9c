"""Sessions and pools through pgbouncer: everything that holds without it, and what is its own."""

# ruff: noqa: F403

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import make_url, text

from app.db.install import Urls
from app.db.session import Database
from tests.db.conftest import ours, theirs  # noqa: F401
from tests.db.test_merge import *
from tests.db.test_pools import *
from tests.db.test_session import *
from tests.support.bouncer import PORT, SESSIONS
from tests.support.databases import superuser
from tests.support.leftovers import leftovers
from tests.support.worlds import make_cabinet

_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'ambar'"


def test_many_clients_meet_in_few_sessions(urls: Urls, db: Database) -> None:
    """Ten clients of ten tenants on three sessions of the server: the proof that this is pgbouncer."""
    assert f"port={PORT}" in urls.app
    cabinets = [make_cabinet(db) for _ in range(10)]
    pools = [Database(urls.app, pool_size=1) for _ in cabinets]
    together = threading.Barrier(10)
    pids: set[int] = set()

    def take(turn: int) -> bool:
        cabinet, own = cabinets[turn], pools[turn]
        together.wait(20)
        seen = []
        for _ in range(20):
            with own.tenant(cabinet.tenant_id) as tx:
                row = tx.run(
                    "SELECT array_agg(tenant_id) AS whose, pg_backend_pid() AS pid FROM marketplace_account"
                ).one()
            pids.add(row.pid)
            seen.append(row.whose == [cabinet.tenant_id])
        return all(seen)

    with ThreadPoolExecutor(10) as threads:
        assert all(threads.map(take, range(10)))
    with superuser(make_url(urls.admin)) as connection:
        assert connection.scalar(text(_SESSIONS)) <= SESSIONS
    assert len(pids) <= SESSIONS
    for own in pools:
        own.close()


def test_a_client_wanders_between_sessions(urls: Urls, db: Database) -> None:
    """What is kept in a session is lost: the reason for SET LOCAL, for temporary tables that live in one
    transaction, and for no session's advisory lock anywhere."""
    cabinet = make_cabinet(db)
    seen = set()
    with db.engine.connect() as first, db.engine.connect() as second:
        for _ in range(10):
            seen.add(first.scalar(text("SELECT pg_backend_pid()")))
            first.commit()
            second.scalar(text("SELECT pg_backend_pid()"))  # takes the session that the first gave back
            with db.tenant(cabinet.tenant_id) as tx:
                seen.add(tx.run("SELECT pg_backend_pid()").scalar())
            second.commit()
        assert leftovers(first) == []
    assert len(seen) > 1
