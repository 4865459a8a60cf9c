"""Transactions with a wall: every one names its role, and the tenant's names its tenant.

The role and the tenant are set by ``SET LOCAL`` as the transaction's first statement, so nothing
leaks over a pool, through pgbouncer, or to a Citus worker (``set_config`` is not sent there). What
whoever had the session before may have left in it is swept out by the same statement. The trace id is
the application's name for its length: it is in pg_stat_activity and the server's log.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg2
from sqlalchemy import Dialect, Engine, TextClause, create_engine, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.trace import HOUSE, Actor, current_actor, current_trace
from app.db.roles import APP, PLATFORM
from app.db.slow import SLOW, tell_if_slow, tell_slow

_TRACE = re.compile(r"[^0-9A-Za-z:._-]")
"""What a trace id may not hold: it is set by a statement, and is seen in pg_stat_activity."""

_SWEEP = (
    "RESET ROLE; RESET ALL; CLOSE ALL; DISCARD TEMP; UNLISTEN *; DEALLOCATE ALL; "
    "SELECT pg_advisory_unlock_all(); "
)
"""DISCARD ALL, which no transaction may hold, but for the plans of foreign keys, which are worth keeping.

Our own code leaves nothing. But a temporary table hides a real one of its name, and behind pgbouncer the
session may come from anybody: about 40 µs buy that no discipline is needed.
"""


@lru_cache(maxsize=2048)
def _clause(sql: str) -> TextClause:
    """Named SQL read once: looking for its parameters costs as much as a small question does."""
    return text(sql)


@lru_cache(maxsize=256)
def _spelled(sql: str, dialect: Dialect) -> str:
    """Named SQL as the driver wants it."""
    return str(_clause(sql).compile(dialect=dialect))


@dataclass(frozen=True, slots=True)
class PlatformTx:
    """A transaction of the platform role: people, tenants, jobs, the outbox, budgets."""

    session: Session
    trace_id: str = ""
    actor: Actor = HOUSE

    def run(self, sql: str, **params: Any) -> CursorResult[Any]:
        """Execute one statement of named SQL."""
        return self.session.connection().execute(_clause(sql), params)


@dataclass(frozen=True, slots=True)
class TenantTx:
    """A transaction inside one tenant's wall."""

    session: Session
    tenant_id: int
    trace_id: str = ""
    actor: Actor = HOUSE

    def run(self, sql: str, **params: Any) -> CursorResult[Any]:
        """Execute one statement; ``:tenant_id`` is always bound, the second lock on the door."""
        return self.session.connection().execute(_clause(sql), {"tenant_id": self.tenant_id, **params})


class Database:
    """The pool and the two doors. Thread-safe; one per process."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        statement_timeout_ms: int = 60_000,
        slow_after: float = SLOW,
    ) -> None:
        self.pool_size = pool_size
        self._timeout = statement_timeout_ms
        self._slow_after = slow_after
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            # A look at the socket would be cheaper, but pgbouncer keeps a dead server to itself.
            pool_pre_ping=True,
            pool_timeout=30,
            hide_parameters=True,  # an error's text must not carry what was bound
        )
        tell_slow(self.engine, slow_after)

    @contextmanager
    def tenant(
        self, tenant_id: int, *, statement_timeout_ms: int | None = None, one_snapshot: bool = False
    ) -> Iterator[TenantTx]:
        """One transaction of this tenant: committed when the block ends well, else rolled back.

        ``one_snapshot``: all its questions are answered as of its beginning.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if one_snapshot:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            trace = current_trace()
            self._enter(session, APP, _wall(tenant_id), trace, statement_timeout_ms)
            yield TenantTx(session, tenant_id, trace, current_actor())

    @contextmanager
    def platform(self) -> Iterator[PlatformTx]:
        """One transaction of the platform role."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            trace = current_trace()
            self._enter(session, PLATFORM, _NO_WALL, trace, None)
            yield PlatformTx(session, trace, current_actor())

    def at_once(self, tenant_id: int | None, sql: str, **params: Any) -> list[tuple[Any, ...]]:
        """A transaction of this tenant (None: of the platform) that is one statement: its rows, with all of
        it committed.

        The door, the statement and the commit are one message, which the server takes as one transaction: one
        round trip and not five. ``:tenant_id`` and ``:trace_id`` are always bound.

        Raises DBAPIError, as a statement in a transaction does. Where the connection was lost on the way
        nobody knows whether it was committed: for what may be said twice.
        """
        trace, dialect = current_trace(), self.engine.dialect
        role, wall = (PLATFORM, _NO_WALL) if tenant_id is None else (APP, _wall(tenant_id))
        message = f"{self._door(role, wall, trace, None)}; {_spelled(sql, dialect)}"
        try:
            pooled = self.engine.raw_connection()
        except psycopg2.Error as error:  # nobody is there: told as a session tells it
            raise DBAPIError.instance(sql, None, error, psycopg2.Error, hide_parameters=True) from error
        link: Any = pooled.dbapi_connection
        started, failure = time.monotonic(), ""
        try:
            link.autocommit = True  # the driver would begin by a message of its own
            with link.cursor() as cursor:
                cursor.execute(message, {"tenant_id": tenant_id, "trace_id": trace, **params})
                rows: list[tuple[Any, ...]] = cursor.fetchall()
            link.autocommit = False
        except psycopg2.Error as error:
            failure = type(error).__name__
            lost = dialect.is_disconnect(error, link, None)
            if lost:
                pooled.invalidate(error)
            else:
                link.autocommit = False
            raise DBAPIError.instance(
                sql, None, error, psycopg2.Error, hide_parameters=True, connection_invalidated=lost
            ) from error
        except BaseException as error:
            pooled.invalidate(error)  # nobody knows what state it is in
            raise
        finally:
            pooled.close()
            tell_if_slow(started, sql, self._slow_after, failure)
        return rows

    def _enter(self, session: Session, role: str, tenant: str, trace: str, timeout_ms: int | None) -> None:
        session.connection().exec_driver_sql(self._door(role, tenant, trace, timeout_ms))

    def _door(self, role: str, tenant: str, trace: str, timeout_ms: int | None) -> str:
        timeout = self._timeout if timeout_ms is None else timeout_ms
        return (
            f"{_SWEEP}SET LOCAL ROLE {role}; {tenant}; SET LOCAL statement_timeout = {timeout}; "
            f"SET LOCAL application_name = 'ambar {_TRACE.sub('', trace)[:48]}'; "
            "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '15min'"
        )

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


_NO_WALL = "SET LOCAL app.tenant_id = ''"


def _wall(tenant_id: int) -> str:
    return f"SET LOCAL app.tenant_id = '{int(tenant_id)}'"
