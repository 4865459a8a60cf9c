"""What is ordered, returned, priced and on its way to a marketplace."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    MONEY,
    TENANT,
    Base,
    bigint,
    count,
    digest,
    document,
    instant_or_none,
    key_day,
    key_int,
    key_text,
    label,
    money,
    money_or_unknown,
    ratio_or_unknown,
    tenant_key,
)
from app.db.models.catalogue import _of_account
from app.db.models.facts import BY_MONTH


class BuyerOrder(Base):
    """One ordered item in one feed, as it stands now. ``d`` is the day of the order."""

    __tablename__ = "buyer_order"
    __table_args__ = (
        CheckConstraint(
            "status IN ('ordered', 'bought', 'cancelled', 'returned', 'defective')", name="status"
        ),
        Index("ix_buyer_order_d", "d", postgresql_using="brin"),
        Index("ix_buyer_order_sku_id_d", "tenant_id", "sku_id", "d"),
        BY_MONTH,
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    feed: Mapped[key_text]
    order_id: Mapped[key_text]
    sku_id: Mapped[int | None] = mapped_column(BigInteger)
    warehouse_id: Mapped[bigint]
    channel: Mapped[str]
    currency: Mapped[str]
    qty: Mapped[count]
    price: Mapped[money]
    status: Mapped[str]
    reason: Mapped[label]
    changed_at: Mapped[instant_or_none]
    region: Mapped[label]
    src_hash: Mapped[digest]


class ItemReturn(Base):
    """Goods on their way back to the seller, or handed over."""

    __tablename__ = "item_return"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    return_id: Mapped[key_text]
    sku_id: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[label]
    reason: Mapped[label]
    place: Mapped[label]
    done_on: Mapped[date | None]
    src_hash: Mapped[digest]


class Price(Base):
    """The seller's price of a SKU now; what it was before is in figure_change."""

    __tablename__ = "price"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    sku_id: Mapped[key_int]
    price: Mapped[money]
    discount: Mapped[ratio_or_unknown]
    club_discount: Mapped[ratio_or_unknown]
    final_price: Mapped[money]
    currency: Mapped[str]
    src_hash: Mapped[digest]


class Supply(Base):
    """A delivery to a marketplace's warehouse: what is in transit until its acceptance is seen."""

    __tablename__ = "supply"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    supply_id: Mapped[key_text]
    status: Mapped[str]
    warehouse_id: Mapped[bigint]
    created_on: Mapped[date | None]
    planned_on: Mapped[date | None]
    fact_on: Mapped[date | None]
    quantity: Mapped[int | None]
    accepted: Mapped[int | None]
    ready: Mapped[int | None]
    acceptance_cost: Mapped[money_or_unknown] = mapped_column(MONEY)
    src_hash: Mapped[digest]


class SupplyLine(Base):
    """One SKU of a delivery."""

    __tablename__ = "supply_line"
    __table_args__ = (
        _of_account(),
        Index("ix_supply_line_sku_id", "tenant_id", "sku_id"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    supply_id: Mapped[key_text]
    sku_id: Mapped[key_int]
    quantity: Mapped[count]
    accepted: Mapped[count]
    ready: Mapped[count]
    src_hash: Mapped[digest]


class SupplyGap(Base):
    """A delivery accepted otherwise than it was sent, and the night that saw it."""

    __tablename__ = "supply_gap"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    supply_id: Mapped[key_text]
    sent: Mapped[int]
    accepted: Mapped[int]
    noticed_on: Mapped[date]


class Tariff(Base):
    """A line of a marketplace's price list on a day, its terms as decimals in JSON."""

    __tablename__ = "tariff"
    __table_args__ = (
        _of_account(),
        CheckConstraint("kind IN ('box', 'pallet', 'return')", name="kind"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    kind: Mapped[key_text]
    place: Mapped[key_text]
    terms: Mapped[document]
    src_hash: Mapped[digest]
