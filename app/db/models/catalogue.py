"""What is sold and where it lies: cards, SKUs, warehouses, costs and commission rules."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    MONEY,
    TENANT,
    Base,
    bigint,
    created,
    generated_key,
    instant_or_none,
    key_day,
    key_int,
    key_text,
    label,
    tenant_key,
)
from app.db.models.tenancy import MARKETPLACES


def _of_account() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "account_id"],
        ["marketplace_account.tenant_id", "marketplace_account.id"],
        ondelete="CASCADE",
    )


def _of_sku() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "sku_id"], ["sku.tenant_id", "sku.id"], ondelete="CASCADE")


class Card(Base):
    """A listing of one or many sizes; ``external_id`` is WB's nm_id or Ozon's product_id."""

    __tablename__ = "card"
    __table_args__ = (
        _of_account(),
        UniqueConstraint("tenant_id", "account_id", "external_id"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    external_id: Mapped[bigint]
    article: Mapped[label]
    brand: Mapped[label]
    category: Mapped[label]
    title: Mapped[label]


class Sku(Base):
    """What is sold and counted: one size of a card (WB nm_id + chrt_id, Ozon sku).

    ``chrt_id`` 0 is "size unknown": a finance row of a card that was deleted names only nm_id.
    ``first_sold`` is the first day of daily_sales with a piece sold: velocity counts days from it.
    """

    __tablename__ = "sku"
    __table_args__ = (
        _of_account(),
        UniqueConstraint("tenant_id", "account_id", "nm_id", "chrt_id"),
        UniqueConstraint("tenant_id", "account_id", "ozon_id"),
        CheckConstraint(MARKETPLACES, name="marketplace"),
        CheckConstraint("(nm_id IS NULL) <> (ozon_id IS NULL)", name="one_identity"),
        Index("ix_sku_article", "tenant_id", text("lower(article)")),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    marketplace: Mapped[str]
    nm_id: Mapped[int | None] = mapped_column(BigInteger)
    chrt_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    ozon_id: Mapped[int | None] = mapped_column(BigInteger)
    article: Mapped[label]
    size: Mapped[label]
    brand: Mapped[label]
    category: Mapped[label]
    title: Mapped[label]
    first_sold: Mapped[date | None]


class SkuBarcode(Base):
    """Which SKU a barcode means; kept when the card loses it, because old finance rows still name it."""

    __tablename__ = "sku_barcode"
    __table_args__ = (_of_account(), _of_sku(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    barcode: Mapped[key_text]
    sku_id: Mapped[bigint]


class SkuIdentity(Base):
    """How an Ozon sku was named: its card and the seller's article, from ``seen_from`` on until, and
    without, ``seen_to`` (NULL: it is named so still)."""

    __tablename__ = "sku_identity"
    __table_args__ = (
        _of_account(),
        CheckConstraint("seen_to > seen_from", name="days"),
        Index(
            "ix_sku_identity_now",
            "tenant_id",
            "account_id",
            "ozon_id",
            unique=True,
            postgresql_where=text("seen_to IS NULL"),
        ),
        Index("ix_sku_identity_product_id", "tenant_id", "account_id", "product_id"),
        Index("ix_sku_identity_article", "tenant_id", text("lower(article)")),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    ozon_id: Mapped[key_int]
    product_id: Mapped[bigint]
    article: Mapped[label]
    seen_from: Mapped[key_day]
    seen_to: Mapped[date | None]


class Warehouse(Base):
    """A warehouse of a marketplace, the seller's own one that a marketplace sells from (``is_own``), or one
    of his that only the stock ledger knows (OWN). Code ``unknown`` is a real row: no key holds NULL.
    ``cluster_id``: Ozon's macrolocal_cluster_id."""

    __tablename__ = "warehouse"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "marketplace", "code"),
        CheckConstraint("marketplace IN ('WB', 'OZON', 'OWN')", name="marketplace"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    marketplace: Mapped[str]
    code: Mapped[str]
    name: Mapped[label]
    region: Mapped[label]
    is_own: Mapped[bool] = mapped_column(server_default=text("false"))
    cluster_id: Mapped[int | None] = mapped_column(BigInteger)
    cluster: Mapped[label]


class CostPriceHistory(Base):
    """What a SKU costs from a day on: for day D the last row with ``dt_from <= D``."""

    __tablename__ = "cost_price_history"
    __table_args__ = (
        _of_sku(),
        UniqueConstraint("tenant_id", "sku_id", "dt_from"),
        CheckConstraint("cost_price >= 0", name="not_negative"),
        Index("ix_cost_price_history_dt_from", "dt_from"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    sku_id: Mapped[bigint]
    dt_from: Mapped[date]
    cost_price: Mapped[Decimal] = mapped_column(MONEY)


class CostChange(Base):
    """A cost given by a person: what it was before for each SKU, so that it can be undone."""

    __tablename__ = "cost_change"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id"], ["tenant.id"], ondelete="CASCADE"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    article: Mapped[str]
    dt_from: Mapped[date]
    cost_price: Mapped[Decimal] = mapped_column(MONEY)
    previous: Mapped[dict[str, Any]]
    made_by: Mapped[int | None] = mapped_column(BigInteger)
    made_at: Mapped[created]
    undone_at: Mapped[instant_or_none]


class CommissionRule(Base):
    """A marketplace's commission rules from a day on, as JSON: categories, price ranges, schemes."""

    __tablename__ = "commission_rules"
    __table_args__ = (
        _of_account(),
        UniqueConstraint("tenant_id", "account_id", "marketplace", "dt_from"),
        CheckConstraint(MARKETPLACES, name="marketplace"),
        Index("ix_commission_rules_dt_from", "dt_from"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    marketplace: Mapped[str]
    dt_from: Mapped[date]
    rule_json: Mapped[dict[str, Any]]
