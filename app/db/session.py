"""Transactions with a wall: every one names its role, and the tenant's names its tenant.

The role and the tenant are set by ``SET LOCAL`` as the transaction's first statement, so nothing
leaks over a pool, through pgbouncer, or to a Citus worker (``set_config`` is not sent there). What
whoever had the session before may have left in it is swept out by the same statement. The trace id is
the application's name for its length: it is in pg_stat_activity and the server's log.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, TextClause, create_engine, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.core.trace import HOUSE, Actor, current_actor, current_trace
from app.db.roles import APP, PLATFORM
from app.db.slow import SLOW, tell_slow

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
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
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
            wall = f"SET LOCAL app.tenant_id = '{int(tenant_id)}'"
            self._enter(session, APP, wall, trace, statement_timeout_ms)
            yield TenantTx(session, tenant_id, trace, current_actor())

    @contextmanager
    def platform(self) -> Iterator[PlatformTx]:
        """One transaction of the platform role."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            trace = current_trace()
            self._enter(session, PLATFORM, "SET LOCAL app.tenant_id = ''", trace, None)
            yield PlatformTx(session, trace, current_actor())

    def _enter(self, session: Session, role: str, tenant: str, trace: str, timeout_ms: int | None) -> None:
        timeout = self._timeout if timeout_ms is None else timeout_ms
        session.connection().exec_driver_sql(
            f"{_SWEEP}SET LOCAL ROLE {role}; {tenant}; SET LOCAL statement_timeout = {timeout}; "
            f"SET LOCAL application_name = 'ambar {_TRACE.sub('', trace)[:48]}'; "
            "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '15min'"
        )

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
