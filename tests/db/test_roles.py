"""The roles: made where that is allowed, told as statements where it is not, and narrow either way."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL

from app.core.config import Settings
from app.core.errors import NotAllowed
from app.db.install import check_day_timezone, migrate
from app.db.roles import APP, BACKUP, OWNER, PLATFORM, RoleGap, ensure_roles, find_gap, refusal
from app.db.session import Database
from tests.db.walls import breaches
from tests.support.databases import empty_database, plain_login, shown, superuser, virgin_server
from tests.support.refusals import DENIED, refused
from tests.support.worlds import make_cabinet, make_tenant

ROLES = (OWNER, APP, PLATFORM, BACKUP)


def gap_of(url: URL) -> tuple[str, ...]:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        return find_gap(connection).statements


def printed_by(error: NotAllowed) -> list[str]:
    """The statements as an operator copies them from the screen."""
    return [line.strip() for line in str(error).splitlines() if line.startswith("  ")]


def refused_statements(login: URL) -> list[str]:
    with pytest.raises(NotAllowed) as caught:
        migrate(shown(login))
    assert "администратора PostgreSQL" in str(caught.value)
    return printed_by(caught.value)


def run_as_administrator(database: URL, statements: list[str]) -> None:
    with superuser(database) as connection:
        for statement in statements:
            connection.execute(text(statement))


def check_ambar_works(login: URL) -> None:
    """One login for everything, as the README's recipe has it: migrated, walled, and usable."""
    assert gap_of(login) == ()
    migrate(shown(login))  # a second time changes nothing
    check_day_timezone(shown(login), Settings(_env_file=None))  # type: ignore[call-arg]
    with create_engine(login, poolclass=pool.NullPool).connect() as connection:
        assert breaches(connection) == []
    db = Database(shown(login))
    try:
        ours, theirs = make_tenant(db, "наши"), make_tenant(db, "чужие")
        make_cabinet(db, tenant_id=ours)
        for tenant, seen in ((ours, 1), (theirs, 0)):
            with db.tenant(tenant) as tx:
                assert tx.run("SELECT count(*) FROM marketplace_account").scalar() == seen
        # Outside our transactions the login has none of the owner's rights, though it may take them.
        with refused(DENIED), db.engine.connect() as connection:
            connection.execute(text("SELECT * FROM marketplace_account"))
    finally:
        db.close()


def test_a_login_without_rights_is_told_what_to_run_and_then_it_works() -> None:
    with virgin_server() as server, plain_login(server) as login, empty_database(server, login) as database:
        seller = database.set(username=login, password=login)
        statements = refused_statements(seller)
        for role in ROLES:
            assert any(sql.startswith(f"CREATE ROLE {role} ") for sql in statements)
            assert any(sql.startswith(f"GRANT {role} TO {login}") for sql in statements)
        assert all(sql.endswith(";") for sql in statements)
        run_as_administrator(database, statements)
        migrate(shown(seller))
        check_ambar_works(seller)


def test_where_the_roles_are_there_a_login_is_told_what_it_lacks(server_url: URL, template: str) -> None:
    with plain_login(server_url) as login, empty_database(server_url, login) as database:
        seller = database.set(username=login, password=login)
        statements = refused_statements(seller)
        assert not any("CREATE ROLE" in sql for sql in statements)
        assert [role for role in ROLES if f"GRANT {role} TO {login}" in "".join(statements)] == list(ROLES)
        run_as_administrator(database, statements)
        migrate(shown(seller))
        check_ambar_works(seller)


def test_a_hardened_schema_is_opened_to_the_roles(server_url: URL, template: str) -> None:
    with empty_database(server_url) as database:
        with superuser(database) as connection:
            connection.execute(text("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
        assert gap_of(database) == (
            f"GRANT CREATE ON DATABASE {database.database} TO {OWNER}",
            f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}",
            *(f"GRANT USAGE ON SCHEMA public TO {role}" for role in (APP, PLATFORM, BACKUP)),
        )
        migrate(shown(database))
        assert gap_of(database) == ()


def test_being_a_member_is_not_enough_where_set_role_is_a_right_of_its_own(
    server_url: URL, template: str
) -> None:
    with superuser(server_url) as connection:
        if connection.scalar(text("SELECT current_setting('server_version_num')::int")) < 160000:
            pytest.skip("до PostgreSQL 16 член роли всегда может стать ею")
    with plain_login(server_url) as login, empty_database(server_url, login) as database:
        with superuser(server_url) as connection:
            for role in ROLES:
                connection.execute(text(f"GRANT {role} TO {login} WITH SET {role != OWNER}"))
        lacking = gap_of(database.set(username=login, password=login))
        granted = [sql for sql in lacking if " ON " not in sql]
        assert granted == [f"GRANT {OWNER} TO {login} WITH INHERIT FALSE, SET TRUE"]


def test_two_installations_at_once_make_the_roles_once() -> None:
    with virgin_server() as server, empty_database(server) as first, empty_database(server) as second:
        with ThreadPoolExecutor(2) as both:
            for done in [both.submit(install_roles, url) for url in (first, second) * 3]:
                done.result()
        assert gap_of(first) == gap_of(second) == ()
        with superuser(server) as connection:
            bypassing = connection.scalars(
                text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'ambar%' AND rolbypassrls")
            )
            assert list(bypassing) == [BACKUP]
            assert not connection.scalar(
                text("SELECT bool_or(rolcanlogin OR rolsuper) FROM pg_roles WHERE rolname LIKE 'ambar%'")
            )


def install_roles(database: URL) -> None:
    with create_engine(database, poolclass=pool.NullPool).connect() as connection:
        ensure_roles(connection)


def test_the_refusal_lists_a_statement_a_line() -> None:
    assert printed_by(NotAllowed(refusal(RoleGap(("CREATE ROLE a", "GRANT a TO b"))))) == [
        "CREATE ROLE a;",
        "GRANT a TO b;",
    ]
