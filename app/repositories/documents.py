"""Files that people sent, as they were; the same bytes are kept once per organisation."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from app.db.session import TenantTx


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file without its content; ``size`` in bytes."""

    id: int
    kind: str
    name: str
    media_type: str
    size: int
    sha256: bytes
    uploaded_by: int | None
    trace_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """Where the bytes are; ``is_new`` is False where they were sent before, under whatever name."""

    id: int
    is_new: bool


_COLUMNS = "id, kind, name, media_type, size, sha256, uploaded_by, trace_id, created_at"


def keep_document(
    tx: TenantTx, name: str, content: bytes, now: datetime, *, kind: str = "", media_type: str = ""
) -> KeptDocument:
    """Keep a file sent by the transaction's actor."""
    sha256 = hashlib.sha256(content).digest()
    made = tx.run(
        "INSERT INTO document (tenant_id, kind, name, media_type, size, sha256, content, uploaded_by,"
        " trace_id, created_at) VALUES (:tenant_id, :kind, :name, :media_type, :size, :sha256, :content,"
        " :uploaded_by, :trace_id, :now) ON CONFLICT (tenant_id, sha256) DO NOTHING RETURNING id",
        kind=kind,
        name=name,
        media_type=media_type,
        size=len(content),
        sha256=sha256,
        content=content,
        uploaded_by=tx.actor.user_id,
        trace_id=tx.trace_id,
        now=now,
    ).scalar()
    if made is not None:
        return KeptDocument(int(made), is_new=True)
    known = tx.run(
        "SELECT id FROM document WHERE tenant_id = :tenant_id AND sha256 = :sha256", sha256=sha256
    ).scalar_one()
    return KeptDocument(int(known), is_new=False)


def find_document(tx: TenantTx, document_id: int) -> Document | None:
    """A file by its id."""
    row = tx.run(
        f"SELECT {_COLUMNS} FROM document WHERE tenant_id = :tenant_id AND id = :id", id=document_id
    ).one_or_none()
    return None if row is None else _document(row._asdict())


def read_document(tx: TenantTx, document_id: int) -> bytes | None:
    """Its bytes, as they were sent."""
    content = tx.run(
        "SELECT content FROM document WHERE tenant_id = :tenant_id AND id = :id", id=document_id
    ).scalar_one_or_none()
    return None if content is None else bytes(content)


def list_documents(tx: TenantTx, limit: int, offset: int = 0, *, kind: str | None = None) -> list[Document]:
    """Files, the newest first; of one kind."""
    rows = tx.run(
        f"SELECT {_COLUMNS} FROM document WHERE tenant_id = :tenant_id"
        " AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
        " ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset",
        kind=kind,
        limit=limit,
        offset=offset,
    )
    return [_document(row._asdict()) for row in rows]


def set_kind(tx: TenantTx, document_id: int, kind: str) -> bool:
    """What the file turned out to be; False for a file that is not there."""
    done = tx.run(
        "UPDATE document SET kind = :kind WHERE tenant_id = :tenant_id AND id = :id",
        id=document_id,
        kind=kind,
    )
    return bool(done.rowcount)


def _document(row: dict[str, object]) -> Document:
    return Document(**{**row, "sha256": bytes(row["sha256"])})  # type: ignore[call-overload]
