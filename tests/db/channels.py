"""Every way in which one transaction of the application may look at a relation, told as text.

A channel returns all that came back: rows, notices, counts, the words of an error. Whether another
tenant shows in it is the tests' question; here is only how to look. Not among them, because PostgreSQL
tells it to everybody: how large a table is altogether (pg_class, the row counts of EXPLAIN).
"""

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg2

Look = Callable[[Any, str, int], str]
"""(the driver's cursor, the relation's name, the other tenant's id) → everything that came back."""


@dataclass(frozen=True, slots=True)
class Channel:
    """``shows_own``: of a table that the looker may read, its own row is in the answer."""

    look: Look
    shows_own: bool = True


def query(sql: str) -> Look:
    """A statement with ``{t}`` the relation and ``{other}`` the other tenant; its rows."""

    def look(cursor: Any, relation: str, other: int) -> str:
        cursor.execute(sql.format(t=relation, other=other))
        return "\n".join(map(str, cursor.fetchall()))

    return look


def count(sql: str) -> Look:
    """A statement that answers with a number of rows: any of the other's is told as its id."""

    def look(cursor: Any, relation: str, other: int) -> str:
        cursor.execute(sql.format(t=relation, other=other))
        return str(other) if cursor.rowcount else ""

    return look


def copy_out(sql: str) -> Look:
    def look(cursor: Any, relation: str, other: int) -> str:
        taken = io.StringIO()
        cursor.copy_expert(sql.format(t=relation, other=other), taken)
        return taken.getvalue()

    return look


def whispered(cursor: Any, relation: str, other: int) -> str:
    """A function that costs nothing and tells what it was given: it must not be asked before the wall."""
    cursor.execute(
        "CREATE FUNCTION pg_temp.whisper(told text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
        " $$ BEGIN RAISE NOTICE '%', told; RETURN true; END $$"
    )
    cursor.connection.notices.clear()
    cursor.execute(f"SELECT FROM {relation} WHERE pg_temp.whisper(tenant_id::text)")
    return "\n".join(cursor.connection.notices)


def asked_by_a_function(cursor: Any, relation: str, other: int) -> str:
    """The application's own definer's function is the application still."""
    cursor.execute(
        "CREATE FUNCTION pg_temp.ask() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS"
        f" $$ BEGIN RETURN QUERY EXECUTE 'SELECT t::text FROM public.{relation} t'; END $$"
    )
    cursor.execute("SELECT * FROM pg_temp.ask()")
    return str(cursor.fetchall())


CHANNELS: Mapping[str, Channel] = {
    "rows": Channel(query("SELECT * FROM {t}")),
    "rows of a named tenant": Channel(query("SELECT * FROM {t} WHERE tenant_id = {other}"), shows_own=False),
    "rows by their place": Channel(
        query(
            "SELECT * FROM {t} WHERE ctid = ANY (ARRAY(SELECT format('(0,%s)', n)::tid"
            " FROM generate_series(1, 9) n))"
        )
    ),
    "a sample": Channel(query("SELECT * FROM {t} TABLESAMPLE SYSTEM (100)")),
    "text": Channel(query("SELECT t::text FROM {t} t")),
    "JSON": Channel(query("SELECT to_jsonb(t) FROM {t} t")),
    "a query in a function": Channel(asked_by_a_function),
    "an aggregate": Channel(query("SELECT max(tenant_id), min(tenant_id) FROM {t}")),
    "a held cursor": Channel(query("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM {t}; FETCH ALL FROM c")),
    "rows to lock": Channel(query("SELECT * FROM {t} FOR UPDATE NOWAIT")),
    "rows that nobody locks": Channel(query("SELECT * FROM {t} FOR UPDATE SKIP LOCKED")),
    "COPY TO": Channel(copy_out("COPY {t} TO STDOUT")),
    "COPY of a query": Channel(copy_out("COPY (SELECT * FROM {t}) TO STDOUT")),
    "COPY of a change": Channel(copy_out("COPY (DELETE FROM {t} RETURNING *) TO STDOUT")),
    "UPDATE RETURNING": Channel(query("UPDATE {t} SET tenant_id = tenant_id RETURNING *")),
    "DELETE RETURNING": Channel(query("DELETE FROM {t} RETURNING *")),
    "MERGE": Channel(
        count(
            "MERGE INTO {t} USING (VALUES ({other}::bigint)) s(id) ON tenant_id = s.id "
            "WHEN MATCHED THEN UPDATE SET tenant_id = s.id"
        ),
        shows_own=False,
    ),
    "a function that tells": Channel(whispered),
    "an error that tells": Channel(
        query(
            "SELECT * FROM {t} WHERE CASE WHEN tenant_id = {other} THEN (tenant_id || '?')::int END IS NULL"
        )
    ),
    "statistics": Channel(
        query("SELECT * FROM pg_stats WHERE schemaname = 'public' AND tablename = '{t}'"), shows_own=False
    ),
}


def words_of(refusal: psycopg2.Error) -> str:
    """What the server says in refusing, without the statement that it quotes back to whoever sent it."""
    said = refusal.diag
    parts = (said.message_primary, said.message_detail, said.message_hint, said.context)
    return f"{refusal.pgcode} " + " | ".join(part for part in parts if part)


def looked(cursor: Any, channel: Channel, relation: str, other: int) -> str:
    """What the channel tells of the relation, a refusal's words included; nothing stays of the look."""
    cursor.execute("SAVEPOINT look")
    try:
        return channel.look(cursor, relation, other)
    except psycopg2.Error as refusal:
        return words_of(refusal)
    finally:
        with suppress(psycopg2.ProgrammingError):
            cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT look")
