"""The two doors: each transaction has its role and its tenant, and leaves nothing behind in the pool."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.db.install import LOGIN, Urls
from app.db.roles import APP, PLATFORM
from app.db.session import Database
from tests.support.databases import superuser
from tests.support.refusals import DENIED, refused
from tests.support.worlds import Cabinet, make_cabinet


@pytest.fixture
def narrow(urls: Urls) -> Iterator[Database]:
    """A pool of one connection, so that whatever leaks is met again."""
    database = Database(urls.app, pool_size=1)
    yield database
    database.close()


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    return make_cabinet(db)


def who(narrow: Database) -> tuple[str, str | None, str]:
    """Whom the pool's connection belongs to between transactions."""
    with narrow.engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT current_user, current_setting('app.tenant_id', true), current_setting('lock_timeout')"
            )
        ).one()
        return tuple(row)


def test_a_tenants_transaction_is_of_its_role_and_its_tenant(db: Database, cabinet: Cabinet) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        row = tx.run("SELECT current_user AS who, current_setting('app.tenant_id') AS tenant").one()
    assert (row.who, row.tenant) == (APP, str(cabinet.tenant_id))


def test_a_platform_transaction_is_of_its_role_and_of_no_tenant(narrow: Database, cabinet: Cabinet) -> None:
    with narrow.tenant(cabinet.tenant_id):
        pass
    with narrow.platform() as tx:
        row = tx.run("SELECT current_user AS who, current_setting('app.tenant_id') AS tenant").one()
    assert (row.who, row.tenant) == (PLATFORM, "")


def test_nothing_of_a_transaction_stays_in_the_pool(narrow: Database, cabinet: Cabinet) -> None:
    with narrow.tenant(cabinet.tenant_id):
        pass
    assert who(narrow) == (LOGIN, "", "0")
    with pytest.raises(ZeroDivisionError), narrow.tenant(cabinet.tenant_id):
        raise ZeroDivisionError
    assert who(narrow) == (LOGIN, "", "0")
    with refused(DENIED), narrow.tenant(cabinet.tenant_id) as tx:
        tx.run("SELECT * FROM app_user")
    assert who(narrow) == (LOGIN, "", "0")


def test_outside_of_a_transaction_of_ours_the_login_may_read_nothing(
    narrow: Database, cabinet: Cabinet
) -> None:
    with refused(DENIED), narrow.engine.connect() as connection:
        connection.execute(text("SELECT * FROM marketplace_account"))


def test_a_failed_block_leaves_no_row(db: Database, cabinet: Cabinet) -> None:
    with refused("22012"), db.tenant(cabinet.tenant_id) as tx:
        tx.run("UPDATE marketplace_account SET name = 'иное' WHERE tenant_id = :tenant_id")
        tx.run("SELECT 1 / 0")
    with db.tenant(cabinet.tenant_id) as tx:
        assert tx.run("SELECT name FROM marketplace_account").scalar() == "Кабинет"


def test_tenants_taking_turns_on_two_connections_never_meet(urls: Urls, db: Database) -> None:
    cabinets = [make_cabinet(db) for _ in range(4)]
    shared = Database(urls.app, pool_size=2)

    def look(turn: int) -> bool:
        cabinet = cabinets[turn % len(cabinets)]
        with shared.tenant(cabinet.tenant_id) as tx:
            return tx.run("SELECT array_agg(id) FROM marketplace_account").scalar() == [cabinet.id]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(look, range(200)))
    shared.close()


def test_the_tenants_id_is_a_number_or_nothing_is_opened(db: Database) -> None:
    with pytest.raises(ValueError, match="invalid literal"), db.tenant("1'; RESET ROLE; --"):  # type: ignore[arg-type]
        pass


def test_a_statement_that_takes_too_long_is_cut(urls: Urls, cabinet: Cabinet) -> None:
    quick = Database(urls.app, pool_size=1, statement_timeout_ms=50)
    with refused("57014"), quick.tenant(cabinet.tenant_id) as tx:
        tx.run("SELECT pg_sleep(5)")
    with quick.tenant(cabinet.tenant_id, statement_timeout_ms=5000) as tx:
        tx.run("SELECT pg_sleep(0.1)")
    quick.close()


def test_a_connection_that_the_server_dropped_is_replaced(narrow: Database, db: Database, urls: Urls) -> None:
    with narrow.platform() as tx:
        pid = tx.run("SELECT pg_backend_pid()").scalar()
    with superuser(urls.admin) as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    with narrow.platform() as tx:
        assert tx.run("SELECT 1").scalar() == 1
