"""What keeps the house running: durable jobs and their remains, the outbox, the scheduler's firings."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    PLATFORM,
    TENANT,
    Base,
    bigint,
    count,
    created,
    document,
    generated_key,
    instant,
    instant_or_none,
    key_int,
    key_text,
    label,
    tenant_key,
)

JOB_STATES = "'todo', 'doing', 'done', 'dlq_pending', 'dlq_recorded', 'failed'"
PENDING = "published_at IS NULL AND given_up_at IS NULL"
"""An event that is yet to be told."""


class Job(Base):
    """A piece of durable work. ``lease_token`` is who holds it; only the holder may finish it.

    Jobs of one tenant with the same ``serial`` run one after another. ``asked_by`` is the person who
    is told how it ended; None is the house itself.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(f"state IN ({JOB_STATES})", name="state"),
        Index(
            "uq_job_uniq",
            "tenant_id",
            "uniq",
            unique=True,
            postgresql_where=text("state IN ('todo', 'doing')"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_job_line",
            "priority",
            text("coalesce(tenant_id, 0)"),
            "run_at",
            "id",
            postgresql_where=text("state = 'todo'"),
        ),
        Index(
            "uq_job_serial",
            text("coalesce(tenant_id, 0)"),
            "serial",
            unique=True,
            postgresql_where=text("state = 'doing'"),
        ),
        Index("ix_job_tenant", "tenant_id", "job_type"),
        {"info": PLATFORM},
    )

    id: Mapped[generated_key]
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    job_type: Mapped[str]
    payload: Mapped[document]
    state: Mapped[str] = mapped_column(server_default=text("'todo'"))
    priority: Mapped[count]
    run_at: Mapped[instant] = mapped_column(server_default=text("now()"))
    attempt: Mapped[count]
    max_attempt: Mapped[int] = mapped_column(server_default=text("5"))
    uniq: Mapped[str | None]
    serial: Mapped[str | None]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id", ondelete="SET NULL"))
    lease_token: Mapped[str | None]
    lease_until: Mapped[instant_or_none]
    trace_id: Mapped[str]
    progress: Mapped[document]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    created_at: Mapped[created]
    finished_at: Mapped[instant_or_none]


class DeadLetter(Base):
    """A job that was given up, as it was then; an administrator puts it back in line or drops it."""

    __tablename__ = "dead_letter"
    __table_args__ = (
        CheckConstraint("resolution IN ('requeued', 'dropped')", name="resolution"),
        CheckConstraint("(resolution IS NULL) = (resolved_at IS NULL)", name="resolved"),
        Index("ix_dead_letter_open", "id", postgresql_where=text("resolution IS NULL")),
        Index("ix_dead_letter_job_id", "job_id"),
        {"info": PLATFORM},
    )

    id: Mapped[generated_key]
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    job_id: Mapped[bigint]
    job_type: Mapped[str]
    payload: Mapped[document]
    attempt: Mapped[count]
    error: Mapped[str]
    trace_id: Mapped[str]
    created_at: Mapped[created]
    resolution: Mapped[str | None]
    resolved_at: Mapped[instant_or_none]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("app_user.id", ondelete="SET NULL"))


class JobCheckpoint(Base):
    """Where a job stands, by the name it gave: written in the transaction of the work it tells of."""

    __tablename__ = "job_checkpoint"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    job_id: Mapped[key_int]
    name: Mapped[key_text]
    value: Mapped[document]
    at: Mapped[created]


class Chunk(Base):
    """The unit of a long job where a resume starts; marked done in the transaction of its work."""

    __tablename__ = "chunk"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    job_id: Mapped[key_int]
    n: Mapped[int] = mapped_column(primary_key=True)
    payload: Mapped[document]
    result: Mapped[dict[str, Any] | None]
    done_at: Mapped[instant_or_none]


class OutboxEvent(Base):
    """Something to be told outside, written in the business transaction; the relay delivers it.

    ``uniq`` begins with its owner, or one tenant's event could silence another's.
    """

    __tablename__ = "outbox_event"
    __table_args__ = (
        UniqueConstraint("uniq"),
        CheckConstraint(
            "starts_with(uniq, coalesce(tenant_id::text, 'house') || ':')", name="uniq_names_owner"
        ),
        Index("ix_outbox_event_due", "next_try_at", postgresql_where=text(PENDING)),
        Index("ix_outbox_event_key", "topic", "key", "id", postgresql_where=text(PENDING)),
        Index("ix_outbox_event_given_up", "id", postgresql_where=text("given_up_at IS NOT NULL")),
        {"info": PLATFORM},
    )

    id: Mapped[generated_key]
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"))
    topic: Mapped[str]
    key: Mapped[label]
    payload: Mapped[document]
    uniq: Mapped[str | None]
    trace_id: Mapped[str]
    attempts: Mapped[count]
    next_try_at: Mapped[instant] = mapped_column(server_default=text("now()"))
    created_at: Mapped[created]
    published_at: Mapped[instant_or_none]
    given_up_at: Mapped[instant_or_none]
    error: Mapped[str | None]


class Firing(Base):
    """One firing of the schedule; unique, so two schedulers never fire twice."""

    __tablename__ = "firing"
    __table_args__ = {"info": PLATFORM}

    job: Mapped[key_text]
    fire_time: Mapped[instant] = mapped_column(primary_key=True)
    fired_at: Mapped[created]


class Lease(Base):
    """Who leads: a row, because session advisory locks break behind pgbouncer."""

    __tablename__ = "lease"
    __table_args__ = {"info": PLATFORM}

    name: Mapped[key_text]
    holder: Mapped[str] = mapped_column(Text)
    until: Mapped[instant]
