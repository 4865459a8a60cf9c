"""What a tenant's own SQL may learn of another: every relation of the catalogue through every channel.

Each channel is also seen with the wall taken down, when it must show the other's row: a look that
shows nothing either way would prove nothing.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
from sqlalchemy import create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.db.install import Urls
from app.db.roles import APP
from app.db.session import Database
from tests.db.channels import CHANNELS, looked, words_of
from tests.support.databases import superuser
from tests.support.refusals import DENIED, FOREIGN_KEY_VIOLATED
from tests.support.rows import Filled, fill, reflect

EXPOSED = "sku_barcode"
"""The table whose wall is taken down to see that a channel shows what is behind it; nothing stands on it."""

NAMES_OF_PEOPLE = frozenset({"fk_job_app_user", "fk_report_app_user", "fk_document_app_user"})
"""Keys to ``app_user``: that a person of some number exists is told; nothing else about them is."""

_RELATIONS = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class Two:
    """Two tenants whose ids are found in a text only if they are meant."""

    filled: Filled
    mine: int
    other: int


@pytest.fixture(scope="module")
def two(urls: Urls) -> Two:
    with create_engine(urls.admin, poolclass=pool.NullPool).begin() as connection:
        connection.execute(
            text("ALTER SEQUENCE tenant_id_seq INCREMENT BY 1000000007 RESTART WITH 7100200301")
        )
        filled = fill(connection)
    with superuser(urls.admin) as connection:
        connection.execute(text("ANALYZE"))
    return Two(filled, *filled.tenants)


@contextmanager
def inside(urls: Urls, tenant: int, *before: str) -> Iterator[Any]:
    """The driver's cursor in a transaction of the tenant, undone at the end; ``before`` it, sabotage."""
    engine = create_engine(urls.admin, poolclass=pool.NullPool)
    with engine.connect() as connection:
        for deed in before:
            connection.exec_driver_sql(deed)
        connection.exec_driver_sql(f"SET LOCAL ROLE {APP}; SET LOCAL app.tenant_id = '{tenant}'")
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor:
            yield cursor
        connection.rollback()


def relations(cursor: Any) -> list[str]:
    cursor.execute(_RELATIONS)
    return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("name", CHANNELS)
def test_no_relation_shows_another_tenant(urls: Urls, two: Two, name: str) -> None:
    with inside(urls, two.mine) as cursor:
        found = relations(cursor)
        shown = [r for r in found if str(two.other) in looked(cursor, CHANNELS[name], r, two.other)]
    assert len(found) > 50
    assert shown == []


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_shows_what_no_wall_hides(urls: Urls, two: Two, name: str) -> None:
    channel = CHANNELS[name]
    with inside(urls, two.mine) as cursor:
        walled = looked(cursor, channel, EXPOSED, two.other)
    assert (str(two.mine) in walled) == channel.shows_own, walled
    with inside(urls, two.mine, f"ALTER TABLE {EXPOSED} DISABLE ROW LEVEL SECURITY") as cursor:
        assert str(two.other) in looked(cursor, channel, EXPOSED, two.other)


@pytest.mark.parametrize(
    "deed",
    [
        f"CREATE VIEW peek AS SELECT * FROM {EXPOSED}; GRANT SELECT ON peek TO {APP}",
        f"CREATE MATERIALIZED VIEW peek AS SELECT * FROM {EXPOSED}; GRANT SELECT ON peek TO {APP}",
        f"CREATE TABLE peek AS SELECT * FROM {EXPOSED}; GRANT SELECT ON peek TO {APP}",
        "DO $$ DECLARE month regclass := (SELECT tableoid::regclass FROM daily_sales LIMIT 1); BEGIN"
        " EXECUTE 'GRANT SELECT ON ' || month || ' TO ambar_app';"
        " EXECUTE 'ALTER TABLE ' || month || ' DISABLE ROW LEVEL SECURITY'; END $$",
    ],
    ids=["a view", "a materialized view", "a table", "a month"],
)
def test_a_relation_that_forgot_its_wall_is_swept_up(urls: Urls, two: Two, deed: str) -> None:
    with inside(urls, two.mine, deed) as cursor:
        shown = [
            r for r in relations(cursor) if str(two.other) in looked(cursor, CHANNELS["rows"], r, two.other)
        ]
    assert len(shown) == 1


def test_no_sequence_tells_how_far_it_is_or_moves(urls: Urls, two: Two) -> None:
    asked = (
        "SELECT last_value FROM {}",
        "SELECT nextval('{}')",
        "SELECT setval('{}', 1)",
        "SELECT 1/count(*) FROM pg_sequences WHERE format('%I.%I', schemaname, sequencename) = '{}'"
        " AND last_value IS NOT NULL",
    )
    with inside(urls, two.mine) as cursor:
        cursor.execute(
            "SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM pg_class WHERE relkind = 'S'"
        )
        names = [name for (name,) in cursor.fetchall()]
        told = [name for name in names for ask in asked if _answers(cursor, ask.format(name))]
    assert len(names) > 10
    assert told == []
    with inside(urls, two.mine, f"GRANT ALL ON SEQUENCE card_id_seq TO {APP}") as cursor:
        assert all(_answers(cursor, ask.format("public.card_id_seq")) for ask in asked)


def _answers(cursor: Any, sql: str) -> bool:
    cursor.execute("SAVEPOINT ask")
    try:
        cursor.execute(sql)
        return True
    except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.DivisionByZero):
        return False
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT ask")


# ---- functions

_CALLABLE = f"""
    SELECT p.oid::regprocedure::text AS name, p.proname, p.prosecdef,
           ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t) AS types
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
      AND (p.prosecdef OR has_function_privilege('{APP}', p.oid, 'EXECUTE'))
"""
_ARGUMENTS = {
    "bigint": "{other}",
    "integer": "1",
    "text": "'warehouse'",
    "date": "'2026-11-01'",
    "jsonb": "'{{}}'",
    "boolean": "false",
    "bytea": "''",
    "timestamp with time zone": "now()",
    "integer[]": "'{{1}}'",
    "bigint[]": "'{{{other}}}'",
    "text[]": "'{{warehouse}}'",
    "timestamp with time zone[]": "ARRAY[now()]",
}


def calls(cursor: Any, other: int) -> dict[str, str]:
    """Each function of ours, called with the other tenant's arguments: what it told, or its refusal."""
    cursor.execute(_CALLABLE)
    told: dict[str, str] = {}
    for name, proname, _definer, types in cursor.fetchall():
        arguments = ", ".join(_ARGUMENTS[kind] for kind in types).format(other=other)
        cursor.execute("SAVEPOINT call")
        try:
            cursor.execute(f"SELECT * FROM {proname}({arguments})")
            told[name] = str(cursor.fetchall())
        except psycopg2.Error as refusal:
            told[name] = words_of(refusal)
        cursor.execute("ROLLBACK TO SAVEPOINT call")
    return told


def test_no_function_answers_about_another_tenant(urls: Urls, two: Two) -> None:
    with inside(urls, two.mine) as cursor:
        told = calls(cursor, two.other)
        assert {name for name, words in told.items() if words.startswith(DENIED)} >= {
            "ambar_drop_raw_months(date)"
        }
        assert not any(str(two.other) in words for words in told.values()), told
    peek = (
        "CREATE FUNCTION peek(tenant bigint) RETURNS SETOF warehouse LANGUAGE sql SECURITY DEFINER AS"
        " 'SELECT * FROM warehouse WHERE tenant_id = tenant'"
    )
    with inside(urls, two.mine, peek) as cursor:
        assert str(two.other) in calls(cursor, two.other)["peek(bigint)"]


def test_a_months_maker_makes_months_and_nothing_else(urls: Urls, two: Two) -> None:
    with inside(urls, two.mine) as cursor:
        for parent in ("card", "pg_class", "raw_payload; DROP TABLE card", "daily_sales_2026_11"):
            assert not _makes(cursor, parent)
        assert _makes(cursor, "raw_payload")


def _makes(cursor: Any, parent: str) -> bool:
    cursor.execute("SAVEPOINT make")
    try:
        cursor.execute("SELECT ambar_make_partitions(%s, '2025-01-01', '2025-01-01')", (parent,))
        return True
    except psycopg2.errors.RaiseException:
        return False
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT make")


# ---- writing blind

_FOREIGN_KEYS = f"""
    SELECT k.conname AS key, c.relname AS tbl, f.relname AS parent,
           ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, i)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY i) AS columns,
           ARRAY(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i)
                 JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY i) AS parents
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
    WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
      AND f.relname <> 'tenant' AND has_table_privilege('{APP}', c.oid, 'INSERT')
"""


def test_a_reference_to_anothers_row_is_refused_like_one_to_nowhere(urls: Urls, two: Two) -> None:
    """Else a tenant could count another's cabinets and cards by trying."""
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        tables = reflect(connection)
        keys = connection.execute(text(_FOREIGN_KEYS)).all()
        connection.rollback()
    swept = [key for key in keys if key.key not in NAMES_OF_PEOPLE]
    assert len(swept) > 5
    for key in swept:
        mine, others = two.filled.rows[two.mine][key.tbl], two.filled.rows[two.other][key.parent]
        said = []
        for row in (others, {name: _nowhere(others[name]) for name in key.parents}):
            values = dict(mine) | {
                c: row[p] for c, p in zip(key.columns, key.parents, strict=True) if c != "tenant_id"
            }
            deed = tables[key.tbl].update().where(tables[key.tbl].c.tenant_id == two.mine).values(values)
            said.append(refusal_of(urls, two.mine, deed))
        assert said[0] == said[1], key.key
        assert said[0].startswith(FOREIGN_KEY_VIOLATED), said[0]
        assert "Key (" not in said[0]


def _nowhere(value: Any) -> Any:
    return value + 987_654_321 if isinstance(value, int) else "нигде"


def refusal_of(urls: Urls, tenant: int, deed: Any) -> str:
    with create_engine(urls.app, poolclass=pool.NullPool, hide_parameters=True).connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {APP}; SET LOCAL app.tenant_id = '{tenant}'")
        with pytest.raises(DBAPIError) as caught:
            connection.execute(deed)
        assert isinstance(caught.value.orig, psycopg2.Error)
        return words_of(caught.value.orig)


_SHARED_KEYS = f"""
    SELECT i.relname FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
    WHERE (x.indisunique OR x.indisexclusion) AND c.relnamespace = 'public'::regnamespace
      AND (has_any_column_privilege('{APP}', c.oid, 'INSERT')
           OR has_any_column_privilege('{APP}', c.oid, 'UPDATE'))
      AND pg_get_indexdef(i.oid, 1, true) NOT IN ('tenant_id', 'COALESCE(tenant_id, 0::bigint)') ORDER BY 1
"""


def test_keys_that_two_tenants_share_tell_a_number_at_most(urls: Urls, two: Two) -> None:
    """A duplicate's refusal says that somebody has the key: of what the application writes, only row
    numbers, and an event's name, which a CHECK makes begin with its owner."""
    with superuser(urls.admin) as connection:
        found = list(connection.scalars(text(_SHARED_KEYS)))
    assert found == ["pk_audit_entry", "pk_job", "pk_outbox_event", "uq_outbox_event_uniq"]


def test_an_upsert_over_anothers_key_is_a_row_of_ones_own(db: Database, urls: Urls, two: Two) -> None:
    key = "ключ-чужого"
    add = (
        "INSERT INTO idempotency_key (tenant_id, operation, key, request_hash, response, trace_id,"
        " expires_at) VALUES (:tenant_id, 'x', :key, 'x', to_jsonb(CAST(:whose AS text)), 'x', now())"
        " ON CONFLICT (tenant_id, operation, key) DO UPDATE SET response = excluded.response"
        " RETURNING (xmax = 0) AS is_new"
    )
    for tenant in (two.other, two.mine):
        with db.tenant(tenant) as tx:
            assert tx.run(add, key=key, whose=str(tenant)).scalar() is True
    with superuser(urls.admin) as connection:
        kept = connection.execute(
            text("SELECT tenant_id::text, response #>> '{}' AS whose FROM idempotency_key WHERE key = :key"),
            {"key": key},
        )
        assert all(row.tenant_id == row.whose for row in kept)


def test_a_row_that_a_check_refuses_is_not_repeated_in_the_error(urls: Urls, two: Two) -> None:
    """The server would quote the whole row; behind row security it quotes none."""
    secret = "не для журнала"
    deed = text(f"UPDATE report SET state = 'failed', name = '{secret}'")
    words = refusal_of(urls, two.mine, deed)
    assert "ck_report_content" in words
    assert secret not in words
    with superuser(urls.admin) as connection, pytest.raises(DBAPIError, match=secret):
        connection.execute(deed)


def test_copy_writes_into_no_relation(urls: Urls, two: Two) -> None:
    """Under row security COPY FROM would pass the policies by, so PostgreSQL refuses it."""
    with inside(urls, two.mine) as cursor:
        found = relations(cursor)
        taken = [name for name in found if _takes_copy(cursor, name)]
        assert taken == []
    with inside(urls, two.mine, f"ALTER TABLE {EXPOSED} DISABLE ROW LEVEL SECURITY") as cursor:
        assert _takes_copy(cursor, EXPOSED)


def _takes_copy(cursor: Any, relation: str) -> bool:
    cursor.execute("SAVEPOINT copy")
    try:
        cursor.copy_expert(f"COPY {relation} FROM STDIN", io.StringIO(""))
        return True
    except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.FeatureNotSupported):
        return False
    finally:
        cursor.execute("ROLLBACK TO SAVEPOINT copy")
