"""Where figures come from: replies as received, runs, and which day of which source is complete."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    PLATFORM,
    TENANT,
    Base,
    bigint,
    count,
    created,
    digest,
    document,
    generated_key,
    instant,
    instant_or_none,
    key_day,
    key_int,
    key_text,
    label,
    tenant_key,
)
from app.db.models.catalogue import _of_account


class RawPayload(Base):
    """A reply as received (compressed), with its request; partitioned by month of ``fetched_at``.

    A body is kept once per account: a run names its pages by their hashes.
    """

    __tablename__ = "raw_payload"
    __table_args__ = (
        Index("ix_raw_payload_body_hash", "tenant_id", "account_id", "body_hash"),
        {"postgresql_partition_by": "RANGE (fetched_at)", "info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    fetched_at: Mapped[instant] = mapped_column(primary_key=True)
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    run_id: Mapped[bigint]
    source: Mapped[str]
    unit: Mapped[str]
    request: Mapped[document]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_hash: Mapped[digest]


class IngestRun(Base):
    """One attempt to bring one unit of one source.

    ``cursor`` is the checkpoint it resumes at, ``pages`` are those it has so far: the hash of the body
    (hex) and the request. ``since`` is the first day of the window that its job asked of the source.
    A ``closed`` run met a method that is not offered to this seller: ``error`` is the sentence.
    """

    __tablename__ = "ingest_run"
    __table_args__ = (
        _of_account(),
        CheckConstraint("state IN ('running', 'complete', 'failed', 'closed')", name="state"),
        Index("ix_ingest_run_unit", "tenant_id", "account_id", "source", "unit"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    source: Mapped[str]
    unit: Mapped[str]
    state: Mapped[str]
    cursor: Mapped[label]
    all_pages: Mapped[bool] = mapped_column(server_default=text("false"))
    pages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    counts: Mapped[document]
    error: Mapped[str | None]
    started_at: Mapped[created]
    finished_at: Mapped[instant_or_none]
    trace_id: Mapped[str]
    since: Mapped[date | None]


class SourceUnit(Base):
    """The last complete reply of a unit: the same digest again means nothing to parse or stage."""

    __tablename__ = "source_unit"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    source: Mapped[key_text]
    unit: Mapped[key_text]
    digest: Mapped[digest]
    completed_at: Mapped[instant]


class Coverage(Base):
    """This day of this source is complete: all its pages arrived and were merged."""

    __tablename__ = "coverage"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    source: Mapped[key_text]
    d: Mapped[key_day]
    rows: Mapped[count]
    completed_at: Mapped[instant]


class RateBudget(Base):
    """A seller's token bucket for one method of one marketplace, shared by all processes.

    Belongs to the seller account at the marketplace, not to a tenant: two organisations may have
    connected the same cabinet, and the marketplace counts them together.
    """

    __tablename__ = "rate_budget"
    __table_args__ = {"info": PLATFORM}

    marketplace: Mapped[key_text]
    seller_key: Mapped[key_text]
    method: Mapped[key_text]
    tokens: Mapped[float] = mapped_column(Numeric(12, 6))
    refilled_at: Mapped[instant]
    next_allowed_at: Mapped[instant_or_none]
