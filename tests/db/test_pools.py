"""A pool cannot carry a tenant from one transaction to the next, however the first one ended."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.copying import copy_rows, create_stage
from app.db.install import LOGIN, Urls
from app.db.session import Database, TenantTx
from tests.support.databases import superuser
from tests.support.leftovers import left_in, leftovers
from tests.support.refusals import DENIED, refused
from tests.support.worlds import Cabinet, make_cabinet

CANCEL, KILL = "pg_cancel_backend", "pg_terminate_backend"
MINE = "SELECT array_agg(tenant_id) FROM marketplace_account"


@pytest.fixture
def narrow(urls: Urls) -> Iterator[Database]:
    """A pool of one connection, so that whatever leaks is met again."""
    database = Database(urls.app, pool_size=1, statement_timeout_ms=5_000)
    yield database
    database.close()


# ---- ends of a transaction. Each is given the pool, its tenant, and a way to the superuser.

Deed = Callable[[Database, Cabinet, Urls], None]


def ends_well(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with pool.tenant(cabinet.tenant_id) as tx:
        stage(tx)


def an_exception_in_the_middle(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with suppress(ZeroDivisionError), pool.tenant(cabinet.tenant_id) as tx:
        stage(tx)
        raise ZeroDivisionError


def a_refused_statement(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with suppress(DBAPIError), pool.tenant(cabinet.tenant_id) as tx:
        stage(tx)
        tx.run("SELECT 1 / 0")


def a_refused_statement_that_somebody_swallowed(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with suppress(DBAPIError), pool.tenant(cabinet.tenant_id) as tx:
        stage(tx)
        with suppress(DBAPIError):
            tx.run("SELECT 1 / 0")


def a_statement_out_of_time(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with suppress(DBAPIError), pool.tenant(cabinet.tenant_id, statement_timeout_ms=20) as tx:
        tx.run("SELECT pg_sleep(5)")


def a_cancelled_statement(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with suppress(DBAPIError), pool.tenant(cabinet.tenant_id) as tx, hitting(tx, urls, CANCEL):
        tx.run("SELECT pg_sleep(5)")


def a_killed_backend(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with suppress(DBAPIError), pool.tenant(cabinet.tenant_id) as tx, hitting(tx, urls, KILL):
        tx.run("SELECT pg_sleep(5)")


def a_savepoint_taken_back(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with pool.tenant(cabinet.tenant_id) as tx:
        with suppress(DBAPIError), tx.session.begin_nested():
            stage(tx)
            tx.run("SELECT 1 / 0")
        assert tx.run(MINE).scalar() == [cabinet.tenant_id]


def a_rollback_by_hand(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with pool.tenant(cabinet.tenant_id) as tx:
        stage(tx)
        tx.session.rollback()


def a_generator_left_behind(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    def rows() -> Iterator[object]:
        with pool.tenant(cabinet.tenant_id) as tx:
            stage(tx)
            yield from tx.run("SELECT * FROM marketplace_account, generate_series(1, 100)")

    assert next(rows())  # the generator is nobody's after this line


def a_copy_cut_short(pool: Database, cabinet: Cabinet, urls: Urls) -> None:
    with suppress(Exception), pool.tenant(cabinet.tenant_id) as tx:
        create_stage(tx, "staged", "n int NOT NULL")
        copy_rows(tx, "staged", ("n",), [(1,), ("это не число",)])


ENDS: tuple[Deed, ...] = (
    ends_well,
    an_exception_in_the_middle,
    a_refused_statement,
    a_refused_statement_that_somebody_swallowed,
    a_statement_out_of_time,
    a_cancelled_statement,
    a_killed_backend,
    a_savepoint_taken_back,
    a_rollback_by_hand,
    a_generator_left_behind,
    a_copy_cut_short,
)


def stage(tx: TenantTx) -> None:
    create_stage(tx, "staged", "tenant_id bigint")
    tx.run("INSERT INTO staged SELECT tenant_id FROM marketplace_account")


@contextmanager
def hitting(tx: TenantTx, urls: Urls, how: str) -> Iterator[None]:
    """Somebody strikes the transaction's backend while the block runs."""
    pid = tx.run("SELECT pg_backend_pid()").scalar()

    def strike() -> None:
        time.sleep(0.05)
        with superuser(urls.admin) as connection:
            connection.execute(text(f"SELECT {how}(:pid)"), {"pid": pid})

    hand = threading.Thread(target=strike)
    hand.start()
    try:
        yield
    finally:
        hand.join()


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_after_any_end_the_pool_knows_nobody(
    narrow: Database, urls: Urls, ours: Cabinet, theirs: Cabinet, end: Deed
) -> None:
    end(narrow, ours, urls)
    with narrow.engine.connect() as connection:
        assert leftovers(connection) == []
        assert connection.scalar(text("SELECT current_user")) == LOGIN
        with refused(DENIED):
            connection.execute(text(MINE))
    with narrow.tenant(theirs.tenant_id) as tx:
        assert tx.run(MINE).scalar() == [theirs.tenant_id]


class Loose(Database):
    """How it is mostly done: the tenant set for the session, and trust that the next one sets its own."""

    def _enter(self, session: Session, role: str, tenant: str, trace: str, timeout_ms: int | None) -> None:
        session.connection().exec_driver_sql(f"SET ROLE {role}; {tenant}".replace("SET LOCAL", "SET"))


def test_a_looser_door_is_noticed(urls: Urls, narrow: Database, ours: Cabinet) -> None:
    loose = Loose(urls.app, pool_size=1)
    try:
        ends_well(loose, ours, urls)
        assert left_in(loose.engine) == ["role ambar_app", f"tenant {ours.tenant_id}"]
    finally:
        loose.close()
        with narrow.platform():
            pass  # behind pgbouncer the session outlives this test


# ---- what no code of ours does: dirt on purpose, which the next transaction sweeps out

DIRT = {
    "a tenant for the session": "SET app.tenant_id = '{tenant}'",
    "a role for the session": "RESET ROLE; SET ROLE ambar_platform",
    "another search path": "SET search_path = pg_temp, public",
    "a temporary table under a real name": (
        "CREATE TEMP TABLE marketplace_account AS SELECT tenant_id FROM marketplace_account"
    ),
    "a temporary view": "CREATE TEMP VIEW marketplace_account AS SELECT {tenant}::bigint AS tenant_id",
    "an open cursor": "DECLARE theirs CURSOR WITH HOLD FOR SELECT * FROM marketplace_account",
    "a prepared statement": "PREPARE theirs AS SELECT * FROM marketplace_account WHERE tenant_id = {tenant}",
    "an ear": "LISTEN theirs",
    "a lock": "SELECT pg_advisory_lock({tenant})",
}


@pytest.mark.parametrize("dirt", DIRT.values(), ids=list(DIRT))
def test_dirt_left_on_purpose_is_swept_out(
    narrow: Database, ours: Cabinet, theirs: Cabinet, dirt: str
) -> None:
    with narrow.tenant(ours.tenant_id) as tx:
        tx.session.connection().exec_driver_sql(dirt.format(tenant=ours.tenant_id))
    assert left_in(narrow.engine) != []  # the dirt is real
    with narrow.tenant(theirs.tenant_id) as tx:
        assert tx.run(MINE).scalar() == [theirs.tenant_id]
    assert left_in(narrow.engine) == []


def test_unswept_dirt_would_show_one_tenant_to_the_next(
    narrow: Database, ours: Cabinet, theirs: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.db.session._SWEEP", "")
    with narrow.tenant(ours.tenant_id) as tx:
        tx.session.connection().exec_driver_sql(DIRT["a temporary table under a real name"])
    with narrow.tenant(theirs.tenant_id) as tx:
        assert tx.run(MINE).scalar() == [ours.tenant_id]
    monkeypatch.undo()
    with narrow.platform():
        pass  # behind pgbouncer the session outlives this test


def test_a_prepared_question_is_asked_for_whoever_executes_it(
    narrow: Database, ours: Cabinet, theirs: Cabinet
) -> None:
    """PostgreSQL plans anew for another role or tenant; a plan that kept the wall would keep the tenant."""
    with narrow.engine.connect() as connection:
        for cabinet in (ours, theirs, ours):
            connection.exec_driver_sql(
                f"SET LOCAL ROLE ambar_app; SET LOCAL app.tenant_id = '{cabinet.tenant_id}'"
            )
            if cabinet is ours and not connection.scalar(text("SELECT count(*) FROM pg_prepared_statements")):
                connection.exec_driver_sql(f"PREPARE mine AS {MINE}")
            assert connection.scalar(text("EXECUTE mine")) == [cabinet.tenant_id]
            connection.commit()
        connection.exec_driver_sql("DEALLOCATE ALL")


def test_the_platforms_transaction_is_swept_too(narrow: Database, ours: Cabinet) -> None:
    with narrow.tenant(ours.tenant_id) as tx:
        tx.session.connection().exec_driver_sql("CREATE TEMP TABLE tenant (id bigint)")
    with narrow.platform() as tx:
        assert tx.run("SELECT count(*) FROM tenant").scalar() >= 1


# ---- all of it at once


def test_many_tenants_on_two_connections_with_every_mishap_never_meet(urls: Urls, db: Database) -> None:
    """Eight threads, two connections, six tenants, each transaction ending in its own way."""
    cabinets = [make_cabinet(db) for _ in range(6)]
    shared = Database(urls.app, pool_size=2, statement_timeout_ms=5_000)
    quick = [end for end in ENDS if end is not a_cancelled_statement]
    chance = random.Random(7)
    turns = [(chance.choice(cabinets), chance.choice(quick), chance.random() < 0.15) for _ in range(240)]

    def take(turn: tuple[Cabinet, Deed, bool]) -> bool:
        cabinet, end, is_rough = turn
        if is_rough:
            end(shared, cabinet, urls)
        with shared.tenant(cabinet.tenant_id) as tx:
            return tx.run(MINE).scalar() == [cabinet.tenant_id]

    try:
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(take, turns))
        assert left_in(shared.engine) == []
    finally:
        shared.close()
