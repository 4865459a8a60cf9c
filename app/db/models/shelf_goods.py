"""What lies on the seller's own shelf, where it lies, and who buys it there."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    TENANT,
    Base,
    bigint,
    count,
    created,
    document,
    generated_key,
    key_int,
    key_text,
    label,
    tenant_key,
)


def _of_tenant() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE")


def _of(table: str, column: str, ondelete: str | None = None) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], ondelete=ondelete
    )


WORDS = (
    "to_tsvector('russian'::regconfig, regexp_replace(((article || ' '::text) || name), "
    "'[^[:alnum:]]+'::text, ' '::text, 'g'::text))"
)
"""What a search goes through, as the server spells it."""


class Item(Base):
    """The physical thing; the shops list it as one or more SKUs. An article is unique whatever its case."""

    __tablename__ = "item"
    __table_args__ = (
        _of_tenant(),
        CheckConstraint("article <> ''", name="article"),
        Index("uq_item_article", "tenant_id", text("lower(article)"), unique=True),
        Index("ix_item_words", "words", postgresql_using="gin"),
        Index(
            "ix_item_attributes",
            "attributes",
            postgresql_using="gin",
            postgresql_ops={"attributes": "jsonb_path_ops"},
        ),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    article: Mapped[str]
    name: Mapped[label]
    attributes: Mapped[document]
    words: Mapped[str] = mapped_column(TSVECTOR, Computed(WORDS, persisted=True))
    created_at: Mapped[created]


class ItemBarcode(Base):
    """Which item a scanned code means."""

    __tablename__ = "item_barcode"
    __table_args__ = (
        _of("item", "item_id", "CASCADE"),
        Index("ix_item_barcode_item_id", "tenant_id", "item_id"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    barcode: Mapped[key_text]
    item_id: Mapped[bigint]


class Location(Base):
    """A place in one of the seller's own warehouses (``warehouse.marketplace`` OWN)."""

    __tablename__ = "location"
    __table_args__ = (
        _of("warehouse", "warehouse_id", "CASCADE"),
        UniqueConstraint("tenant_id", "warehouse_id", "code"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    warehouse_id: Mapped[bigint]
    code: Mapped[str]
    name: Mapped[label]


class Lot(Base):
    """Pieces of an item made together. Id 0 is "no lot": a real row of each tenant, of no item."""

    __tablename__ = "lot"
    __table_args__ = (
        _of_tenant(),
        _of("item", "item_id", "CASCADE"),
        UniqueConstraint("tenant_id", "item_id", "code"),
        CheckConstraint("(id = 0) = (item_id IS NULL) AND (id <> 0 OR expires_on IS NULL)", name="no_lot"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    item_id: Mapped[int | None] = mapped_column(BigInteger)
    code: Mapped[label]
    expires_on: Mapped[date | None]


class Customer(Base):
    """Who buys from the seller directly."""

    __tablename__ = "customer"
    __table_args__ = (_of_tenant(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    name: Mapped[str]
    contact: Mapped[label]
    created_at: Mapped[created]


class CustomerOrder(Base):
    """What a customer wants. A round is one try to allocate what is lacking; ``try_at`` is the next.

    ``account_id``: the cabinet that brought it; ``told``: what its marketplace says of it now. ``paused``: it
    waits for nothing until somebody says so.
    """

    __tablename__ = "customer_order"
    __table_args__ = (
        _of_tenant(),
        _of("customer", "customer_id"),
        _of("marketplace_account", "account_id", "SET NULL (account_id)"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint(
            "state IN ('waiting', 'partial', 'allocated', 'paused', 'shipped', 'cancelled')", name="state"
        ),
        CheckConstraint(
            "told IN ('', 'ordered', 'bought', 'cancelled', 'returned', 'defective')", name="told"
        ),
        Index(
            "ix_customer_order_open",
            "tenant_id",
            "try_at",
            "id",
            postgresql_where=text("state IN ('waiting', 'partial')"),
        ),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    rounds: Mapped[count]
    created_at: Mapped[created]
    try_at: Mapped[created]
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    told: Mapped[label]
    ordered_on: Mapped[date | None]


class CustomerOrderLine(Base):
    """So many pieces of an item; how many of them are promised or gone is asked of the holds. A person
    may name the lot. ``sku_id``: the listing that a marketplace's order names."""

    __tablename__ = "customer_order_line"
    __table_args__ = (
        _of("customer_order", "order_id", "CASCADE"),
        _of("item", "item_id"),
        _of("lot", "lot_id"),
        _of("sku", "sku_id", "SET NULL (sku_id)"),
        CheckConstraint("qty > 0", name="qty"),
        Index(
            "uq_customer_order_line_sku",
            "tenant_id",
            "order_id",
            "sku_id",
            unique=True,
            postgresql_where=text("sku_id IS NOT NULL"),
        ),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    order_id: Mapped[key_int]
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    item_id: Mapped[bigint]
    lot_id: Mapped[int | None] = mapped_column(BigInteger)
    qty: Mapped[int]
    sku_id: Mapped[int | None] = mapped_column(BigInteger)
