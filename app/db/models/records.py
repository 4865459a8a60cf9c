"""What was done and by whom, what must not be done twice, and the papers that go in and out."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    PLATFORM,
    TENANT,
    Base,
    bigint,
    created,
    digest,
    document,
    generated_key,
    instant,
    instant_or_none,
    key_text,
    label,
    tenant_key,
)


class AuditEntry(Base):
    """Who changed what: added to, never edited. ``tenant_id`` None is a deed about the house itself.

    ``actor_id`` None is the house (a job, a command of the operator), named in ``actor``. It is no
    foreign key: a person who is forgotten leaves the entry as it was.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_tenant_id_at", "tenant_id", "at"),
        {"info": PLATFORM},
    )

    id: Mapped[generated_key]
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    at: Mapped[created]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[label]
    action: Mapped[str]
    subject: Mapped[label]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    trace_id: Mapped[str]


class IdempotencyKey(Base):
    """An answer already given: the same key and request get it again until ``expires_at``."""

    __tablename__ = "idempotency_key"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        Index("ix_idempotency_key_expires_at", "tenant_id", "expires_at"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    operation: Mapped[key_text]
    key: Mapped[key_text]
    request_hash: Mapped[digest]
    response: Mapped[document]
    trace_id: Mapped[str]
    created_at: Mapped[created]
    expires_at: Mapped[instant]


class Report(Base):
    """A long report or an export: asked for, made by a job, kept until ``expires_at``."""

    __tablename__ = "report"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('asked', 'ready', 'failed')", name="state"),
        CheckConstraint("(state = 'ready') = (content IS NOT NULL)", name="content"),
        Index("ix_report_created_at", "tenant_id", "created_at"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    kind: Mapped[str]
    params: Mapped[document]
    state: Mapped[str] = mapped_column(server_default=text("'asked'"))
    name: Mapped[label]
    media_type: Mapped[label]
    content: Mapped[bytes | None]
    error: Mapped[str | None]
    asked_by: Mapped[int | None] = mapped_column(BigInteger)
    trace_id: Mapped[str]
    created_at: Mapped[created]
    finished_at: Mapped[instant_or_none]
    expires_at: Mapped[instant_or_none]


class Document(Base):
    """A file that somebody sent, as it was; the same bytes are kept once per organisation."""

    __tablename__ = "document"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "sha256"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    kind: Mapped[label]
    name: Mapped[str]
    media_type: Mapped[label]
    size: Mapped[bigint]
    sha256: Mapped[digest]
    content: Mapped[digest]
    uploaded_by: Mapped[int | None] = mapped_column(BigInteger)
    trace_id: Mapped[str]
    created_at: Mapped[created]


class FiguresStamp(Base):
    """Moves on in every transaction that changes a tenant's figures: what was computed under an older
    stamp is not to be shown any more."""

    __tablename__ = "figures_stamp"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    version: Mapped[bigint]
    moved_at: Mapped[created]
