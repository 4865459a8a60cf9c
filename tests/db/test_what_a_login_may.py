"""The application's login: what a statement of its own choosing could do, said plainly by tests.

The wall stands against forgotten filters, wrong ids and leaky queries, whoever wrote them. It is no
wall against a person who may run SQL of his own on the application's connection: the tenant is a
setting, and he could set another. Hence every value is bound, and what is not bound is swept here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, pool, text

import app
from app.core.trace import new_trace
from app.db.install import LOGIN, Urls
from app.db.roles import APP, BACKUP, OWNER, PLATFORM
from app.db.session import Database
from tests.support.databases import superuser
from tests.support.refusals import DENIED, refused
from tests.support.worlds import Cabinet


@pytest.fixture
def login(urls: Urls) -> Iterator[Connection]:
    """A connection of the application's login, in no transaction of ours."""
    with create_engine(urls.app, poolclass=pool.NullPool).connect() as connection:
        yield connection


def test_the_login_itself_has_no_right_to_any_relation(login: Connection) -> None:
    reachable = text(
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
        " AND (has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
        "      OR has_any_column_privilege(oid, 'SELECT, INSERT, UPDATE, REFERENCES'))"
    )
    assert list(login.scalars(reachable)) == []
    login.exec_driver_sql(f"SET LOCAL ROLE {APP}")
    assert len(list(login.scalars(reachable))) > 20


def test_the_login_becomes_the_two_roles_that_serve_and_no_other(login: Connection) -> None:
    for role in (APP, PLATFORM):
        login.exec_driver_sql(f"SET LOCAL ROLE {role}")
    for role in (OWNER, BACKUP, "postgres"):
        with refused(DENIED), login.begin_nested():
            login.exec_driver_sql(f"SET LOCAL ROLE {role}")


def test_reset_role_in_a_tenants_transaction_loses_rights_and_wins_none(db: Database, ours: Cabinet) -> None:
    with refused(DENIED), db.tenant(ours.tenant_id) as tx:
        tx.run("RESET ROLE")
        assert tx.run("SELECT current_user").scalar() == LOGIN
        tx.run("SELECT * FROM marketplace_account")


@pytest.mark.parametrize(
    "deed",
    [
        "COPY marketplace_account TO PROGRAM 'cat'",
        "COPY (SELECT 1) TO '/tmp/ambar-taken'",
        "CREATE TEMP TABLE t (x text); COPY t FROM '/etc/passwd'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_import('/etc/passwd')",
        "CREATE EXTENSION dblink",
        "CREATE SCHEMA mine",
        "SET session_replication_role = replica",
        "ALTER ROLE ambar_app BYPASSRLS",
        "GRANT ambar_owner TO ambar",
        "SELECT * FROM pg_statistic",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_user_mapping",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    ],
)
def test_a_tenants_transaction_reaches_nothing_of_the_server(db: Database, ours: Cabinet, deed: str) -> None:
    with refused(DENIED), db.tenant(ours.tenant_id) as tx:
        tx.session.connection().exec_driver_sql(deed)


CALL = re.compile(r"pg_notify|\b(NOTIFY|LISTEN)\s+[a-z]")

# ---- neighbours seen through the server's own windows

_ACTIVITY = "SELECT string_agg(a::text, ' ') FROM pg_stat_activity a WHERE pid <> pg_backend_pid()"


def test_anothers_statement_is_not_seen_with_its_values(
    db: Database, urls: Urls, ours: Cabinet, theirs: Cabinet
) -> None:
    with db.tenant(theirs.tenant_id) as busy:
        busy.run("SELECT :secret", secret="секрет-соседа")
        with db.tenant(ours.tenant_id) as tx:
            assert "секрет-соседа" not in tx.run(_ACTIVITY).scalar_one()
            assert tx.run("SELECT count(*) FROM pg_cursors").scalar() == 0
        with db.platform() as house:
            assert "секрет-соседа" not in house.run(_ACTIVITY).scalar_one()
        with superuser(urls.admin) as connection:
            assert "секрет-соседа" in connection.scalar(text(_ACTIVITY))


def test_a_neighbours_lock_is_not_felt(db: Database, ours: Cabinet, theirs: Cabinet) -> None:
    """Whether another's row is locked just now would tell that he works, and on what."""
    with db.tenant(theirs.tenant_id) as busy:
        assert busy.run("SELECT id FROM marketplace_account FOR UPDATE").scalars().all() == [theirs.id]
        with db.tenant(ours.tenant_id) as tx:
            for how in ("NOWAIT", "SKIP LOCKED"):
                found = tx.run(f"SELECT id FROM marketplace_account WHERE id > 0 FOR UPDATE {how}")
                assert found.scalars().all() == [ours.id]
            touched = tx.run("UPDATE marketplace_account SET name = name WHERE id = :id", id=theirs.id)
            assert touched.rowcount == 0


def test_nobody_calls_across_the_wall() -> None:
    """A channel of NOTIFY is heard by the whole database, so none is used."""
    product = Path(app.__file__).parent
    read = [path for path in product.rglob("*") if path.suffix in (".py", ".sql")]
    assert len(read) > 100
    assert [path.name for path in read if CALL.search(path.read_text(encoding="utf-8"))] == []
    assert CALL.search("SELECT pg_notify('jobs', '')")
    assert CALL.search('execute("NOTIFY jobs")')


# ---- the one thing that is put into a statement as text


@pytest.mark.parametrize(
    "trace",
    ["x'; SET LOCAL app.tenant_id = '{other}", "x'; RESET ROLE; --", "'" * 60, "\\'; --", "{other}\x00"],
)
def test_a_hostile_trace_names_the_session_and_does_nothing_else(
    db: Database, ours: Cabinet, theirs: Cabinet, trace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trace may come from outside one day, a header of a request; it is set as the session's name."""
    monkeypatch.setattr("app.db.session.current_trace", lambda: trace.format(other=theirs.tenant_id))
    with db.tenant(ours.tenant_id) as tx:
        row = tx.run("SELECT current_user AS who, current_setting('app.tenant_id') AS tenant").one()
        name = tx.run("SHOW application_name").scalar_one()
    assert (row.who, row.tenant) == (APP, str(ours.tenant_id))
    assert "'" not in name
    assert name.startswith("ambar")


def test_a_trace_is_what_the_servers_own_tools_show(db: Database, urls: Urls, ours: Cabinet) -> None:
    with db.tenant(ours.tenant_id) as tx:
        pid = tx.run("SELECT pg_backend_pid()").scalar()
        with superuser(urls.admin) as connection:
            shown = connection.scalar(
                text("SELECT application_name FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid}
            )
    assert shown == f"ambar {tx.trace_id}"
    assert len(new_trace()) == 16
