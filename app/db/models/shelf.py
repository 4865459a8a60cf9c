"""The stock ledger: balances, documents, every movement. Read here, written by ``ambar_ledger_post`` only."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    TENANT,
    Base,
    bigint,
    count,
    created,
    digest,
    generated_key,
    instant,
    instant_or_none,
    key_day,
    key_int,
    key_text,
    label,
    tenant_key,
)
from app.db.models.shelf_goods import _of, _of_tenant

REASONS = (
    "'RECEIPT', 'PUTAWAY', 'MOVE', 'ADJUST', 'COUNT', 'RESERVE', 'RELEASE', 'SHIP', 'OUTBOUND', 'RETURN', "
    "'WRITE_OFF', 'TO_MARKETPLACE', 'REVERSAL'"
)


class Stock(Base):
    """How much of a lot of an item is at a place. ``version`` counts its entries; available = on_hand −
    reserved."""

    __tablename__ = "stock"
    __table_args__ = (
        _of_tenant(),
        _of("item", "item_id"),
        _of("location", "location_id"),
        _of("lot", "lot_id"),
        UniqueConstraint("tenant_id", "item_id", "location_id", "lot_id"),
        CheckConstraint("on_hand >= 0 AND reserved >= 0 AND reserved <= on_hand", name="balance"),
        Index("ix_stock_item_there", "tenant_id", "item_id", postgresql_where=text("has_stock")),
        Index("ix_stock_location_there", "tenant_id", "location_id", postgresql_where=text("has_stock")),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    item_id: Mapped[bigint]
    location_id: Mapped[bigint]
    lot_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    on_hand: Mapped[count]
    reserved: Mapped[count]
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    moved_at: Mapped[created]
    has_stock: Mapped[bool] = mapped_column(Computed("on_hand > 0", persisted=True))


class StockDocument(Base):
    """The header. ``whole`` is the hash of an atomic document, ``waiting`` the lines that were left out."""

    __tablename__ = "stock_document"
    __table_args__ = (
        UniqueConstraint("tenant_id", "reason", "ref"),
        CheckConstraint(f"reason IN ({REASONS})", name="reason"),
        CheckConstraint("ref <> '' AND length(ref) <= 200", name="ref"),
        Index(
            "uq_stock_document_reverses",
            "tenant_id",
            "reverses",
            unique=True,
            postgresql_where=text("reverses IS NOT NULL"),
        ),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    reason: Mapped[str]
    ref: Mapped[str]
    whole: Mapped[bytes | None]
    waiting: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    reverses: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[label]
    occurred_at: Mapped[instant]
    posted_at: Mapped[created]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[label]
    trace_id: Mapped[str]


class StockDocumentLine(Base):
    """The anchor of a posted line, one row a balance it touched. −1 asked: any; ``qty`` is what was asked."""

    __tablename__ = "stock_document_line"
    __table_args__ = (
        Index(
            "uq_stock_document_line_outbound",
            "tenant_id",
            "ref",
            "item_id",
            "location_asked",
            "lot_asked",
            unique=True,
            postgresql_where=text("reason = 'OUTBOUND' AND leg = 1"),
        ),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    reason: Mapped[key_text]
    ref: Mapped[key_text]
    ref_line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    stock_id: Mapped[key_int]
    leg: Mapped[int]
    document_id: Mapped[bigint]
    item_id: Mapped[bigint]
    location_asked: Mapped[bigint]
    lot_asked: Mapped[bigint]
    qty: Mapped[int]
    delta: Mapped[int]
    reserved_delta: Mapped[int]
    after_qty: Mapped[int]
    after_reserved: Mapped[int]
    version: Mapped[bigint]
    hold_id: Mapped[int | None] = mapped_column(BigInteger)


class StockLedger(Base):
    """Every movement, never edited. ``posted_at`` and ``version`` are the order, ``occurred_at`` a fact."""

    __tablename__ = "stock_ledger"
    __table_args__ = (
        CheckConstraint("delta <> 0 OR reserved_delta <> 0", name="moves"),
        Index("ix_stock_ledger_ref", "tenant_id", "ref"),
        Index(
            "ix_stock_ledger_apart",
            "tenant_id",
            "stock_id",
            "occurred_at",
            postgresql_where=text("occurred_at <> posted_at"),
        ),
        Index("ix_stock_ledger_posted_at", "posted_at", postgresql_using="brin"),
        Index("ix_stock_ledger_occurred_at", "occurred_at", postgresql_using="brin"),
        {"info": TENANT, "postgresql_partition_by": "RANGE (posted_at)"},
    )

    tenant_id: Mapped[tenant_key]
    stock_id: Mapped[key_int]
    posted_at: Mapped[instant] = mapped_column(primary_key=True)
    version: Mapped[key_int]
    item_id: Mapped[bigint]
    delta: Mapped[int]
    reserved_delta: Mapped[int]
    after_qty: Mapped[int]
    after_reserved: Mapped[int]
    reason: Mapped[str]
    ref: Mapped[str]
    ref_line: Mapped[int]
    occurred_at: Mapped[instant]
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    trace_id: Mapped[str]


class Hold(Base):
    """Goods promised to somebody; what is left of open holds is what the balance calls reserved."""

    __tablename__ = "hold"
    __table_args__ = (
        _of("stock", "stock_id", "CASCADE"),
        _of("customer_order", "order_id"),
        CheckConstraint(
            "qty > 0 AND left_qty >= 0 AND shipped_qty >= 0 AND left_qty + shipped_qty <= qty", name="left"
        ),
        Index("ix_hold_open", "tenant_id", "stock_id", postgresql_where=text("left_qty > 0")),
        Index("ix_hold_expires", "tenant_id", "expires_at", postgresql_where=text("left_qty > 0")),
        Index("ix_hold_order", "tenant_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    stock_id: Mapped[bigint]
    item_id: Mapped[bigint]
    qty: Mapped[int]
    left_qty: Mapped[int]
    shipped_qty: Mapped[count]
    ref: Mapped[str]
    ref_line: Mapped[int]
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[instant_or_none]
    created_at: Mapped[created]


class LedgerPeriod(Base):
    """Facts older than ``closed_before`` are not posted any more."""

    __tablename__ = "ledger_period"
    __table_args__ = (_of_tenant(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    closed_before: Mapped[instant]


class LedgerSeal(Base):
    """A day's entries (by ``posted_at``, UTC) under one hash, chained to the day before."""

    __tablename__ = "ledger_seal"
    __table_args__ = (_of_tenant(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    d: Mapped[key_day]
    entries: Mapped[bigint]
    previous: Mapped[digest]
    hash: Mapped[digest]
    sealed_at: Mapped[created]


class LedgerProof(Base):
    """What the last proof of the ledger found; ``faults`` 0 where all of it adds up."""

    __tablename__ = "ledger_proof"
    __table_args__ = (_of_tenant(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    entries: Mapped[bigint]
    faults: Mapped[int]
    first_fault: Mapped[label]
    proven_at: Mapped[created]


class StockDraft(Base):
    """A document as it was shown for confirmation. ``answer`` is the ledger's, for a second tap; ``ref`` is
    fixed before the first."""

    __tablename__ = "stock_draft"
    __table_args__ = (
        _of_tenant(),
        CheckConstraint("state IN ('drawn', 'posted', 'dropped')", name="state"),
        Index("ix_stock_draft_open", "tenant_id", "drawn_at", postgresql_where=text("state <> 'posted'")),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    kind: Mapped[str]
    ref: Mapped[label]
    document: Mapped[dict[str, Any]]
    told: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    state: Mapped[str] = mapped_column(server_default=text("'drawn'"))
    drawn_by: Mapped[int | None] = mapped_column(BigInteger)
    drawn_at: Mapped[created]
    posted_at: Mapped[instant_or_none]
    answer: Mapped[dict[str, Any] | None]
