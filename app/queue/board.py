"""The line as one looks at it: what runs, waits and failed. Looking takes no lock and moves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from app.core.document import Document
from app.db.named_sql import load_sql
from app.db.session import TenantTx
from app.queue.port import Progress, Tx
from app.queue.states import State

SQL = load_sql(Path(__file__).with_name("board.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardJob:
    """A job and whose it is; ``organisation`` is empty for the house's own."""

    id: int
    tenant_id: int | None
    organisation: str
    job_type: str
    state: State
    attempt: int
    max_attempt: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    progress: Progress | None
    result: Document | None
    error: str | None
    trace_id: str


def jobs(tx: Tx, state: State, limit: int, tenant_id: int | None = None) -> list[BoardJob]:
    """Jobs of one state; of the failed those that wait for a decision.

    ``tenant_id`` is for platform transactions (None: everybody's); a tenant's sees its own.
    """
    return [_job(row) for row in tx.run(SQL["jobs"], state=state.value, limit=limit, **_of(tx, tenant_id))]


def job(tx: Tx, job_id: int, tenant_id: int | None = None) -> BoardJob | None:
    """One of them; None where there is none of this number."""
    row = tx.run(SQL["job"], id=job_id, **_of(tx, tenant_id)).one_or_none()
    return None if row is None else _job(row)


def counts(tx: Tx, tenant_id: int | None = None) -> Mapping[State, int]:
    """How many jobs there are in each state that has any; of the failed those that wait for a decision."""
    rows = tx.run(SQL["counts"], **_of(tx, tenant_id))
    return {State(row.state): row.jobs for row in rows if row.jobs}


def _of(tx: Tx, tenant_id: int | None) -> dict[str, int | None]:
    return {"tenant_id": tx.tenant_id if isinstance(tx, TenantTx) else tenant_id}


def _job(row: Row[Any]) -> BoardJob:
    told = row._asdict()
    told["state"] = State(row.state)
    told["organisation"] = row.organisation or ""
    told["progress"] = Progress(**row.progress) if row.progress else None
    return BoardJob(**told)
