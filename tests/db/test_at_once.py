"""A transaction in one message, and connections that are not asked whether they live before each use."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from app.db.install import Urls
from app.db.roles import PLATFORM
from app.db.session import Database
from tests.support.databases import superuser
from tests.support.leftovers import left_in
from tests.support.ports import free_port
from tests.support.refusals import DENIED, refused
from tests.support.worlds import Cabinet

NOTE = (
    "INSERT INTO audit_entry (tenant_id, actor, action, subject, trace_id)"
    " VALUES (:tenant_id, '', :action, '50 %', :trace_id) RETURNING id, action"
)


@pytest.fixture
def narrow(urls: Urls) -> Iterator[Database]:
    database = Database(urls.app, pool_size=1, statement_timeout_ms=1_000)
    yield database
    database.close()


def noted(db: Database, cabinet: Cabinet, action: str) -> int:
    with db.tenant(cabinet.tenant_id) as tx:
        sql = "SELECT count(*) FROM audit_entry WHERE tenant_id = :tenant_id AND action = :action"
        return int(tx.run(sql, action=action).scalar_one())


def test_it_is_committed_and_leaves_nothing_behind(narrow: Database, ours: Cabinet, theirs: Cabinet) -> None:
    ((_, action),) = narrow.at_once(ours.tenant_id, NOTE, action="once")
    assert action == "once"
    assert left_in(narrow.engine) == []
    assert (noted(narrow, ours, "once"), noted(narrow, theirs, "once")) == (1, 0)


def test_it_stays_within_the_wall(narrow: Database, ours: Cabinet, theirs: Cabinet) -> None:
    (seen,) = narrow.at_once(ours.tenant_id, "SELECT array_agg(DISTINCT tenant_id) FROM marketplace_account")
    assert seen == ([ours.tenant_id],)
    note = NOTE.replace(":tenant_id", str(theirs.tenant_id))
    with refused(DENIED):
        narrow.at_once(ours.tenant_id, note, action="over the wall")
    assert noted(narrow, theirs, "over the wall") == 0


def test_the_platforms_sees_no_tenants_row(narrow: Database, ours: Cabinet) -> None:
    (row,) = narrow.at_once(None, "SELECT current_user, current_setting('app.tenant_id')")
    assert row == (PLATFORM, "")
    assert (ours.tenant_id,) in narrow.at_once(None, "SELECT id FROM tenant")
    with refused(DENIED):
        narrow.at_once(None, "SELECT id FROM marketplace_account")


def test_a_server_that_is_away_is_told_as_a_session_tells_it() -> None:
    away = Database(f"postgresql+psycopg2://ambar:secret@127.0.0.1:{free_port()}/ambar", pool_size=1)
    try:
        with pytest.raises(OperationalError) as caught:
            away.at_once(1, "SELECT 1")
        assert "secret" not in str(caught.value)
    finally:
        away.close()


@pytest.mark.parametrize(
    "fails", ["SELECT 1 / 0 FROM made", "SELECT pg_sleep(5) FROM made"], ids=["refused", "out of time"]
)
def test_what_fails_was_never_there_and_the_next_is_a_transaction_again(
    narrow: Database, ours: Cabinet, fails: str
) -> None:
    with pytest.raises(DBAPIError) as caught:
        narrow.at_once(ours.tenant_id, f"WITH made AS ({NOTE}) {fails}", action="failed")
    assert not caught.value.connection_invalidated
    assert "failed" not in str(caught.value), "what was bound is not told"
    with suppress(ZeroDivisionError), narrow.tenant(ours.tenant_id) as tx:
        tx.run(NOTE, action="failed", trace_id="")
        raise ZeroDivisionError
    assert noted(narrow, ours, "failed") == 0
    assert left_in(narrow.engine) == []


def test_a_connection_that_died_at_rest_is_never_handed_out(
    narrow: Database, ours: Cabinet, urls: Urls
) -> None:
    for _ in range(2):
        kill(narrow, urls)
        assert narrow.at_once(ours.tenant_id, "SELECT 1") == [(1,)]
        kill(narrow, urls)
        with narrow.tenant(ours.tenant_id) as tx:
            assert tx.run("SELECT 1").scalar_one() == 1


def test_a_connection_that_dies_under_way_is_said_and_replaced(
    narrow: Database, ours: Cabinet, urls: Urls
) -> None:
    with narrow.platform() as tx:
        pid = tx.run("SELECT pg_backend_pid()").scalar_one()

    struck = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid AND state = 'active'"
    )

    def strike() -> None:
        with superuser(urls.admin) as connection:
            while not connection.scalar(struck, {"pid": pid}):
                pass

    with ThreadPoolExecutor(1) as hand:
        done = hand.submit(strike)
        with pytest.raises(DBAPIError) as caught:
            narrow.at_once(ours.tenant_id, "SELECT pg_sleep(0.2) FROM generate_series(1, 100)")
        done.result()
    assert caught.value.connection_invalidated
    assert narrow.at_once(ours.tenant_id, "SELECT 1") == [(1,)]


def kill(database: Database, urls: Urls) -> None:
    """The connection at rest in a pool of one, cut off by the server."""
    with database.platform() as tx:
        pid = tx.run("SELECT pg_backend_pid()").scalar_one()
    with superuser(urls.admin) as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
