"""What keeps the house running: durable jobs, the outbox, the scheduler's firings and its lease."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    PLATFORM,
    Base,
    count,
    created,
    document,
    generated_key,
    instant,
    instant_or_none,
    key_text,
    label,
)

JOB_STATES = "'todo', 'doing', 'done', 'dlq_pending', 'dlq_recorded', 'failed'"


class Job(Base):
    """A piece of durable work. ``lease_token`` is who holds it; only the holder may finish it."""

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
        Index("ix_job_todo", "run_at", postgresql_where=text("state = 'todo'")),
        Index("ix_job_lease", "lease_until", postgresql_where=text("state = 'doing'")),
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
    lease_token: Mapped[str | None]
    lease_until: Mapped[instant_or_none]
    trace_id: Mapped[str]
    progress: Mapped[document]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    created_at: Mapped[created]
    finished_at: Mapped[instant_or_none]


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
        Index("ix_outbox_event_due", "next_try_at", postgresql_where=text("published_at IS NULL")),
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
