"""Daily facts at their grain, and the events and finance rows they are made of.

Partitioned by month of ``d`` and without foreign keys: a bulk merge resolves every id by a join
in the same transaction, and a check per row would double its cost.
"""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    MONEY,
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
    money,
    money_or_unknown,
    tenant_key,
)
from app.db.models.catalogue import _of_account
from app.db.models.tenancy import MARKETPLACES

BY_MONTH = {"postgresql_partition_by": "RANGE (d)", "info": TENANT}


class SaleEvent(Base):
    """One sale or return as the marketplace told it; days of ``daily_sales`` are sums of these."""

    __tablename__ = "sale_event"
    __table_args__ = (Index("ix_sale_event_d", "d", postgresql_using="brin"), BY_MONTH)

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    event_id: Mapped[key_text]
    sku_id: Mapped[bigint]
    warehouse_id: Mapped[bigint]
    channel: Mapped[str]
    currency: Mapped[str]
    qty: Mapped[count]
    refunds_qty: Mapped[count]
    revenue_gross: Mapped[money]
    refunds_amount: Mapped[money]
    promo_cost: Mapped[money]
    delivery_cost: Mapped[money]
    commission_amount: Mapped[money]
    src_hash: Mapped[digest]


class DailySales(Base):
    """Units and preliminary money of one SKU, day, warehouse, channel and currency."""

    __tablename__ = "daily_sales"
    __table_args__ = (
        Index("ix_daily_sales_d", "d", postgresql_using="brin"),
        Index("ix_daily_sales_sku_id_d", "tenant_id", "sku_id", "d"),
        Index("ix_daily_sales_warehouse_id", "tenant_id", "warehouse_id"),
        BY_MONTH,
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    sku_id: Mapped[key_int]
    warehouse_id: Mapped[key_int]
    channel: Mapped[key_text]
    currency: Mapped[key_text]
    qty: Mapped[count]
    refunds_qty: Mapped[count]
    revenue_gross: Mapped[money]
    refunds_amount: Mapped[money]
    promo_cost: Mapped[money]
    delivery_cost: Mapped[money]
    commission_amount: Mapped[money]
    src_hash: Mapped[digest]


class DailyStock(Base):
    """Stock of one SKU at one warehouse as it was seen on that day."""

    __tablename__ = "daily_stock"
    __table_args__ = (
        Index("ix_daily_stock_d", "d", postgresql_using="brin"),
        Index("ix_daily_stock_sku_id_d", "tenant_id", "sku_id", "d"),
        Index("ix_daily_stock_warehouse_id", "tenant_id", "warehouse_id"),
        BY_MONTH,
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    sku_id: Mapped[key_int]
    warehouse_id: Mapped[key_int]
    on_hand: Mapped[count]
    in_transit: Mapped[count]
    src_hash: Mapped[digest]


class SettlementLine(Base):
    """One money movement of a finance report, by the marketplace's own row id.

    ``amount`` is signed from the seller's side, so a payout is a plain sum. ``sku_id`` NULL is an
    account-level row (storage, ads). ``units`` are pieces sold (+) or returned (-).
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        Index("ix_settlement_line_d", "d", postgresql_using="brin"),
        Index("ix_settlement_line_sku_id_d", "tenant_id", "sku_id", "d"),
        BY_MONTH,
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    period: Mapped[key_text]
    report_id: Mapped[key_int]
    row_id: Mapped[key_text]
    part: Mapped[key_text]
    sku_id: Mapped[int | None] = mapped_column(BigInteger)
    operation: Mapped[label]
    line: Mapped[str]
    units: Mapped[count]
    amount: Mapped[money]
    currency: Mapped[str]
    ref: Mapped[label]
    src_hash: Mapped[digest]


class Review(Base):
    """A buyer's review and our answer to it."""

    __tablename__ = "reviews"
    __table_args__ = (
        _of_account(),
        CheckConstraint(MARKETPLACES, name="marketplace"),
        Index("ix_reviews_created_at_utc", "created_at_utc"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    review_id: Mapped[key_text]
    marketplace: Mapped[str]
    sku_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at_utc: Mapped[instant]
    rating: Mapped[int] = mapped_column(Integer)
    has_media: Mapped[bool]
    text: Mapped[label]
    pros: Mapped[label]
    cons: Mapped[label]
    reply_status: Mapped[label]
    reply_id: Mapped[str | None]
    answer: Mapped[label]
    replied_at_utc: Mapped[instant_or_none]
    src_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class Cashflow(Base):
    """Money that reached or left the seller; ``source_id`` is the source's id, or the row's hash
    with its number among equals where it has none."""

    __tablename__ = "cashflows"
    __table_args__ = (
        _of_account(),
        UniqueConstraint("tenant_id", "account_id", "source_id"),
        CheckConstraint(MARKETPLACES, name="marketplace"),
        Index("ix_cashflows_marketplace_d", "tenant_id", "marketplace", "d"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    d: Mapped[date]
    marketplace: Mapped[str]
    type: Mapped[str]
    amount: Mapped[money]
    currency: Mapped[str]
    ref_id: Mapped[label]
    source_id: Mapped[str]
    src_hash: Mapped[digest]


class UnplacedRow(Base):
    """«Не разнесено»: a row that could not become a fact, kept with its money and the reason."""

    __tablename__ = "unplaced_row"
    __table_args__ = (
        _of_account(),
        UniqueConstraint("tenant_id", "account_id", "source", "row_key"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    source: Mapped[str]
    row_key: Mapped[str]
    reason: Mapped[str]
    payload: Mapped[document]
    amount: Mapped[money_or_unknown] = mapped_column(MONEY)
    currency: Mapped[label]
    d: Mapped[date | None]
    seen_at: Mapped[created]
