"""Long reports and exports: asked for, made by a job, kept until their time is over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.document import Document, to_json
from app.db.session import TenantTx

ASKED, READY, FAILED = "asked", "ready", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report without its content. ``error`` is a Russian sentence, set where it failed."""

    id: int
    kind: str
    params: dict[str, Any]
    state: str
    name: str
    media_type: str
    error: str | None
    asked_by: int | None
    trace_id: str
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFile:
    """What is sent to whoever asked."""

    name: str
    media_type: str
    content: bytes


_COLUMNS = (
    "id, kind, params, state, name, media_type, error, asked_by, trace_id, created_at, finished_at,"
    " expires_at"
)


def ask_report(tx: TenantTx, kind: str, params: Document, now: datetime) -> int:
    """A report by the transaction's actor, to be made; its id."""
    made = tx.run(
        "INSERT INTO report (tenant_id, kind, params, asked_by, trace_id, created_at) VALUES"
        " (:tenant_id, :kind, CAST(:params AS jsonb), :asked_by, :trace_id, :now) RETURNING id",
        kind=kind,
        params=to_json(params),
        asked_by=tx.actor.user_id,
        trace_id=tx.trace_id,
        now=now,
    )
    return int(made.scalar_one())


def find_report(tx: TenantTx, report_id: int) -> Report | None:
    """A report by its id."""
    row = tx.run(
        f"SELECT {_COLUMNS} FROM report WHERE tenant_id = :tenant_id AND id = :id", id=report_id
    ).one_or_none()
    return None if row is None else Report(**row._mapping)


def list_reports(tx: TenantTx, limit: int, offset: int = 0, *, kind: str | None = None) -> list[Report]:
    """Reports, the newest first; of one kind."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM report WHERE tenant_id = :tenant_id"
        " AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
        " ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset",
        kind=kind,
        limit=limit,
        offset=offset,
    )
    return [Report(**row._mapping) for row in rows]


def read_report(tx: TenantTx, report_id: int) -> ReportFile | None:
    """The content of a report that is ready."""
    row = tx.run(
        "SELECT name, media_type, content FROM report"
        " WHERE tenant_id = :tenant_id AND id = :id AND state = 'ready'",
        id=report_id,
    ).one_or_none()
    if row is None:
        return None
    return ReportFile(name=row.name, media_type=row.media_type, content=bytes(row.content))


def finish_report(
    tx: TenantTx, report_id: int, file: ReportFile, now: datetime, expires_at: datetime | None
) -> bool:
    """The report is made; False where it was finished before, and that file stays."""
    done = tx.run(
        "UPDATE report SET state = 'ready', name = :name, media_type = :media_type, content = :content,"
        " error = NULL, finished_at = :now, expires_at = :expires_at"
        " WHERE tenant_id = :tenant_id AND id = :id AND state <> 'ready'",
        id=report_id,
        name=file.name,
        media_type=file.media_type,
        content=file.content,
        now=now,
        expires_at=expires_at,
    )
    return bool(done.rowcount)


def fail_report(tx: TenantTx, report_id: int, sentence: str, now: datetime) -> bool:
    """It could not be made, and why; False where it is ready or failed already."""
    done = tx.run(
        "UPDATE report SET state = 'failed', error = :error, finished_at = :now"
        " WHERE tenant_id = :tenant_id AND id = :id AND state = 'asked'",
        id=report_id,
        error=sentence,
        now=now,
    )
    return bool(done.rowcount)
