"""Two tenants with a row in every table: what each may read, write and learn of the other. Nothing."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg2
import pytest
from sqlalchemy import Connection, Table, create_engine, pool, text

from app.db.install import Urls
from app.db.models import Base
from app.db.partitions import PARTITIONED
from app.db.roles import APP, BACKUP, OWNER, PLATFORM
from app.db.session import Database, TenantTx
from tests.support.refusals import (
    CHECK_VIOLATED,
    DENIED,
    FOREIGN_KEY_VIOLATED,
    NOT_SUPPORTED,
    UNIQUE_VIOLATED,
    refused,
)
from tests.support.rows import Filled, fill, reflect

TENANT_TABLES = sorted(n for n, table in Base.metadata.tables.items() if table.info["wall"] == "tenant")
LEDGER = (
    "hold",
    "ledger_period",
    "ledger_seal",
    "stock",
    "stock_document",
    "stock_document_line",
    "stock_ledger",
)
"""Tables that only the posting function writes: the application's role may not even add to them."""

APPEND_ONLY = ("figure_change", "raw_payload", *LEDGER)
STOOD_ON = ("customer", "customer_order", "item", "location", "lot", "warehouse")
"""Rows that balances, holds and orders stand on: whoever deleted them would delete the ledger with them."""

PARTLY_SEEN = ("job", "membership", "outbox_event")
"""Platform tables of which the application sees its own tenant's rows."""

each_tenant_table = pytest.mark.parametrize("table", TENANT_TABLES)


@pytest.fixture(scope="module")
def filled(urls: Urls) -> Filled:
    with as_superuser(urls) as connection:
        return fill(connection)


@pytest.fixture(scope="module")
def tables(urls: Urls) -> Mapping[str, Table]:
    with as_superuser(urls) as connection:
        return reflect(connection)


@pytest.fixture(scope="module")
def mine(filled: Filled) -> int:
    return filled.tenants[0]


@pytest.fixture(scope="module")
def others(filled: Filled) -> int:
    return filled.tenants[1]


@contextmanager
def as_superuser(urls: Urls) -> Iterator[Connection]:
    engine = create_engine(urls.admin, poolclass=pool.NullPool)
    with engine.begin() as connection:
        yield connection


@contextmanager
def as_role(urls: Urls, role: str) -> Iterator[Connection]:
    """A transaction of a role, no tenant set, rolled back at the end."""
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        yield connection
        connection.rollback()


def tenants_in(tx: TenantTx | Connection, table: str) -> list[int]:
    ask = f"SELECT tenant_id FROM {table} ORDER BY 1"
    rows = tx.run(ask) if isinstance(tx, TenantTx) else tx.execute(text(ask))
    return [row.tenant_id for row in rows]


@pytest.mark.parametrize("table", [*TENANT_TABLES, *PARTLY_SEEN])
def test_a_tenant_reads_its_own_row_and_no_other(db: Database, mine: int, others: int, table: str) -> None:
    with db.tenant(mine) as tx:
        assert tenants_in(tx, table) == [mine]
        assert tx.run(f"SELECT count(*) FROM {table} WHERE tenant_id = :other", other=others).scalar() == 0


def test_a_tenant_reads_its_own_name_and_no_other(db: Database, mine: int, others: int) -> None:
    with db.tenant(mine) as tx:
        assert tx.run("SELECT array_agg(id) FROM tenant").scalar() == [mine]


@pytest.mark.parametrize("table", [name for name in TENANT_TABLES if name not in APPEND_ONLY])
def test_a_tenant_cannot_change_anothers_row(
    db: Database, urls: Urls, mine: int, others: int, table: str
) -> None:
    with db.tenant(mine) as tx:
        touch = tx.run(f"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = :other", other=others)
        assert touch.rowcount == 0
        assert tx.run(f"DELETE FROM {table} WHERE tenant_id = :other", other=others).rowcount == 0
    with as_superuser(urls) as connection:
        assert tenants_in(connection, table) == [mine, others]


@each_tenant_table
def test_a_tenant_cannot_write_a_row_as_another(
    db: Database, tables: Mapping[str, Table], filled: Filled, mine: int, others: int, table: str
) -> None:
    row, made = filled.rows[others][table], tables[table]
    insert = made.insert().values(**{name: row[name] for name in row if made.c[name].computed is None})
    why = "permission denied" if table in LEDGER else "row-level security"
    with refused(DENIED, saying=why), db.tenant(mine) as tx:
        tx.session.connection().execute(insert)


@pytest.mark.parametrize("table", [name for name in TENANT_TABLES if name not in APPEND_ONLY])
def test_a_tenant_cannot_give_its_row_away(db: Database, mine: int, others: int, table: str) -> None:
    with refused(DENIED, saying="row-level security"), db.tenant(mine) as tx:
        tx.run(f"UPDATE {table} SET tenant_id = :other WHERE tenant_id = :tenant_id", other=others)


@each_tenant_table
def test_without_a_tenant_there_are_no_rows(urls: Urls, filled: Filled, table: str) -> None:
    with as_role(urls, APP) as connection:
        assert tenants_in(connection, table) == []
        connection.execute(text("SET LOCAL app.tenant_id = ''"))
        assert tenants_in(connection, table) == []


def test_after_a_tenants_transaction_the_setting_is_empty_and_means_nobody(urls: Urls, mine: int) -> None:
    with create_engine(urls.app, poolclass=pool.NullPool).connect() as connection:
        connection.execute(text(f"SET LOCAL ROLE {APP}; SET LOCAL app.tenant_id = '{mine}'"))
        assert tenants_in(connection, "card") == [mine]
        connection.commit()
        assert connection.scalar(text("SELECT current_setting('app.tenant_id', true)")) == ""
        connection.execute(text(f"SET LOCAL ROLE {APP}"))
        assert tenants_in(connection, "card") == []


@pytest.mark.parametrize("table", PARTITIONED)
@pytest.mark.parametrize("role", [APP, PLATFORM])
def test_nobody_reads_a_month_by_its_name(urls: Urls, filled: Filled, role: str, table: str) -> None:
    with as_superuser(urls) as connection:
        month = connection.scalar(text(f"SELECT tableoid::regclass::text FROM {table} LIMIT 1"))
    assert month != table
    for deed in (
        f"SELECT * FROM {month}",
        f"DELETE FROM {month}",
        f"INSERT INTO {month} SELECT * FROM {month}",
    ):
        with as_role(urls, role) as connection, refused(DENIED):
            connection.execute(text(deed))


@each_tenant_table
def test_the_platform_sees_no_business_table(urls: Urls, filled: Filled, table: str) -> None:
    with as_role(urls, PLATFORM) as connection, refused(DENIED):
        connection.execute(text(f"SELECT * FROM {table}"))


@each_tenant_table
def test_the_owner_sees_all_so_that_data_migrations_do_something(
    urls: Urls, mine: int, others: int, table: str
) -> None:
    with as_role(urls, OWNER) as connection:
        assert tenants_in(connection, table) == [mine, others]
        assert connection.execute(text(f"UPDATE {table} SET tenant_id = tenant_id")).rowcount == 2
        delete = text(f"DELETE FROM {table} WHERE tenant_id = {mine}")
        if table in STOOD_ON:
            with refused(FOREIGN_KEY_VIOLATED):
                connection.execute(delete)
        else:
            assert connection.execute(delete).rowcount == 1


def test_the_dump_reads_every_table_month_and_sequence(urls: Urls, mine: int, others: int) -> None:
    with as_role(urls, BACKUP) as connection:
        for table in TENANT_TABLES:
            assert tenants_in(connection, table) == [mine, others]
        names = connection.scalars(
            text(
                "SELECT oid::regclass::text FROM pg_class "
                "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')"
            )
        ).all()
        assert len(names) > 80
        connection.execute(text("SET LOCAL row_security = off"))  # as pg_dump does
        for name in names:
            connection.execute(text(f"SELECT * FROM {name} LIMIT 1"))


def test_the_dump_only_reads(urls: Urls, filled: Filled) -> None:
    with as_role(urls, BACKUP) as connection, refused(DENIED):
        connection.execute(text("DELETE FROM card"))


def test_copy_out_obeys_the_wall(db: Database, mine: int) -> None:
    taken = io.StringIO()
    with db.tenant(mine) as tx:
        connection = tx.session.connection().connection.driver_connection
        assert connection is not None
        with connection.cursor() as cursor:
            cursor.copy_expert("COPY (SELECT tenant_id FROM daily_sales) TO STDOUT", taken)
    assert taken.getvalue().split() == [str(mine)]


@pytest.mark.parametrize("table", ["card", "daily_sales"])
def test_copy_into_a_table_behind_the_wall_is_refused(db: Database, mine: int, table: str) -> None:
    with db.tenant(mine) as tx:
        connection = tx.session.connection().connection.driver_connection
        assert connection is not None
        with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as caught:
            cursor.copy_expert(f"COPY {table} (tenant_id) FROM STDIN", io.StringIO(f"{mine}\n"))
        assert caught.value.pgcode == NOT_SUPPORTED
        tx.session.rollback()


@pytest.mark.parametrize(
    "deed",
    [
        "TRUNCATE card",
        "ALTER TABLE card NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant_wall ON card",
        "CREATE TABLE public.stray (x int)",
        "CREATE FUNCTION public.stray() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE ambar_owner",
        "SET ROLE ambar_backup",
        "SET row_security = off; SELECT * FROM card",
        "SELECT * FROM alembic_version",
        "SELECT * FROM app_user",
        "SELECT * FROM rate_budget",
        "SELECT nextval('card_id_seq')",
        "UPDATE job SET state = 'done'",
        "DELETE FROM outbox_event",
        "INSERT INTO membership (tenant_id, user_id, role) VALUES (1, 1, 'owner')",
        "UPDATE tenant SET name = 'x'",
        "UPDATE installation SET day_timezone = 'UTC'",
        *[f"UPDATE {table} SET tenant_id = tenant_id" for table in APPEND_ONLY],
        *[f"DELETE FROM {table}" for table in APPEND_ONLY],
    ],
)
def test_the_application_may_not(db: Database, mine: int, deed: str) -> None:
    with refused(DENIED), db.tenant(mine) as tx:
        tx.run(deed)


def test_a_tenant_cannot_enqueue_or_tell_in_anothers_name(db: Database, mine: int, others: int) -> None:
    for insert in (
        "INSERT INTO job (tenant_id, job_type, trace_id) VALUES (:other, 'x', 'x')",
        "INSERT INTO outbox_event (tenant_id, topic, trace_id) VALUES (:other, 'x', 'x')",
        "INSERT INTO outbox_event (tenant_id, topic, trace_id) VALUES (NULL, 'x', 'x')",
    ):
        with refused(DENIED), db.tenant(mine) as tx:
            tx.run(insert, other=others)


def test_a_tenant_cannot_take_the_name_of_anothers_event(db: Database, mine: int, others: int) -> None:
    with refused(CHECK_VIOLATED, saying="uniq_names_owner"), db.tenant(mine) as tx:
        tx.run(
            "INSERT INTO outbox_event (tenant_id, topic, trace_id, uniq) VALUES (:tenant_id, '', '', :name)",
            name=f"{others}:night",
        )


def test_equal_natural_keys_of_two_tenants_do_not_meet(db: Database, filled: Filled) -> None:
    """The filling itself gave both the same marketplace, seller_key, nm_id, code, review_id…"""
    first, second = (filled.rows[tenant] for tenant in filled.tenants)
    assert first["marketplace_account"]["seller_key"] == second["marketplace_account"]["seller_key"]
    assert first["sku"]["nm_id"] == second["sku"]["nm_id"]


def test_an_error_tells_nothing_of_another_tenant(
    db: Database, urls: Urls, filled: Filled, mine: int, others: int
) -> None:
    account = filled.rows[others]["marketplace_account"]["id"]
    secret = 8_200_451_337
    with as_superuser(urls) as connection:
        connection.execute(
            text("UPDATE card SET external_id = :secret WHERE tenant_id = :other"),
            {"secret": secret, "other": others},
        )
    add = "INSERT INTO card (tenant_id, account_id, external_id) VALUES (:tenant_id, :account, :nm)"
    with refused(FOREIGN_KEY_VIOLATED) as said, db.tenant(mine) as tx:
        tx.run(add, account=account, nm=secret)
    assert "Key (" not in said[0]
    own = filled.rows[mine]["marketplace_account"]["id"]
    with db.tenant(mine) as tx:  # the other's number is free here, so trying it teaches nothing
        tx.run(add, account=own, nm=secret)
    with refused(UNIQUE_VIOLATED) as said, db.tenant(mine) as tx:
        tx.run(add, account=own, nm=secret)
    assert "Key (" not in said[0]
    with db.tenant(mine) as tx:
        tx.run("DELETE FROM card WHERE tenant_id = :tenant_id AND external_id = :nm", nm=secret)
