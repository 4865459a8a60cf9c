"""Transactions with a wall: every one names its role, and the tenant's names its tenant.

The role and the tenant are set by ``SET LOCAL`` as the transaction's first statement, so nothing
leaks over a pool, through pgbouncer, or to a Citus worker (``set_config`` is not sent there).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.db.roles import APP, PLATFORM


@dataclass(frozen=True, slots=True)
class PlatformTx:
    """A transaction of the platform role: people, tenants, jobs, the outbox, budgets."""

    session: Session

    def run(self, sql: str, **params: Any) -> CursorResult[Any]:
        """Execute one statement of named SQL."""
        return self.session.connection().execute(text(sql), params)


@dataclass(frozen=True, slots=True)
class TenantTx:
    """A transaction inside one tenant's wall."""

    session: Session
    tenant_id: int

    def run(self, sql: str, **params: Any) -> CursorResult[Any]:
        """Execute one statement; ``:tenant_id`` is always bound, the second lock on the door."""
        return self.session.connection().execute(text(sql), {"tenant_id": self.tenant_id, **params})


class Database:
    """The pool and the two doors. Thread-safe; one per process."""

    def __init__(self, url: str, *, pool_size: int = 10, statement_timeout_ms: int = 60_000) -> None:
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

    @contextmanager
    def tenant(self, tenant_id: int, *, statement_timeout_ms: int | None = None) -> Iterator[TenantTx]:
        """One transaction of this tenant: committed when the block ends well, else rolled back."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            self._enter(session, APP, f"SET LOCAL app.tenant_id = '{int(tenant_id)}'", statement_timeout_ms)
            yield TenantTx(session, tenant_id)

    @contextmanager
    def platform(self) -> Iterator[PlatformTx]:
        """One transaction of the platform role."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            self._enter(session, PLATFORM, "SET LOCAL app.tenant_id = ''", None)
            yield PlatformTx(session)

    def _enter(self, session: Session, role: str, tenant: str, timeout_ms: int | None) -> None:
        timeout = self._timeout if timeout_ms is None else timeout_ms
        session.connection().exec_driver_sql(
            f"SET LOCAL ROLE {role}; {tenant}; SET LOCAL statement_timeout = {timeout}; "
            "SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '15min'"
        )

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
