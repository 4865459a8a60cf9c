"""Money beside the finance rows: report headers, balances, storage, charges, advertising."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    MONEY,
    TENANT,
    Base,
    bigint,
    count,
    created,
    digest,
    generated_key,
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


class FinanceReport(Base):
    """A report's header: the marketplace's own totals, which our settlement lines must add up to."""

    __tablename__ = "finance_report"
    __table_args__ = (
        _of_account(),
        Index("ix_finance_report_d_from", "tenant_id", "account_id", "d_from"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    period: Mapped[key_text]
    report_id: Mapped[key_int]
    d_from: Mapped[date]
    d_to: Mapped[date]
    created_on: Mapped[date | None]
    kind: Mapped[count]
    currency: Mapped[str]
    retail_amount: Mapped[money]
    for_pay: Mapped[money]
    delivery: Mapped[money]
    storage: Mapped[money]
    acceptance: Mapped[money]
    deduction: Mapped[money]
    penalty: Mapped[money]
    additional: Mapped[money]
    cashback_amount: Mapped[money]
    cashback_discount: Mapped[money]
    cashback_commission: Mapped[money]
    schedule: Mapped[money]
    payout: Mapped[money]
    src_hash: Mapped[digest]


class AccountBalance(Base):
    """What a marketplace owed the seller on a day."""

    __tablename__ = "account_balance"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    currency: Mapped[key_text]
    current: Mapped[money]
    withdrawable: Mapped[money_or_unknown] = mapped_column(MONEY)
    src_hash: Mapped[digest]


class StorageCostDaily(Base):
    """Paid storage by SKU, warehouse and day; the finance report says it for the account only."""

    __tablename__ = "storage_cost_daily"
    __table_args__ = (
        Index("ix_storage_cost_daily_d", "d", postgresql_using="brin"),
        Index("ix_storage_cost_daily_sku_id_d", "tenant_id", "sku_id", "d"),
        BY_MONTH,
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    sku_id: Mapped[key_int]
    warehouse_id: Mapped[key_int]
    currency: Mapped[key_text]
    cost: Mapped[money]
    pieces: Mapped[count]
    volume: Mapped[ratio_or_unknown]
    src_hash: Mapped[digest]


class Charge(Base):
    """A cost told by a report of its own: acceptance, deductions, measurement fines, self-buyouts."""

    __tablename__ = "charge"
    __table_args__ = (
        _of_account(),
        Index("ix_charge_sku_id_d", "tenant_id", "sku_id", "d"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    kind: Mapped[key_text]
    row_id: Mapped[key_text]
    sku_id: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[money]
    currency: Mapped[str]
    pieces: Mapped[count]
    ref: Mapped[label]
    note: Mapped[label]
    src_hash: Mapped[digest]


class AdCampaign(Base):
    """An advertising campaign as it stands."""

    __tablename__ = "ad_campaign"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    campaign_id: Mapped[key_int]
    name: Mapped[label]
    kind: Mapped[label]
    status: Mapped[label]
    changed_at: Mapped[instant_or_none]
    src_hash: Mapped[digest]


class AdStatDaily(Base):
    """What a campaign brought on a day by card; ``spend`` is a weight, money is ``ad_charge``."""

    __tablename__ = "ad_stat_daily"
    __table_args__ = (Index("ix_ad_stat_daily_d", "d", postgresql_using="brin"), BY_MONTH)

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    campaign_id: Mapped[key_int]
    card_id: Mapped[key_int]
    currency: Mapped[key_text]
    views: Mapped[count]
    clicks: Mapped[count]
    carts: Mapped[count]
    orders: Mapped[count]
    pieces: Mapped[count]
    spend: Mapped[money]
    revenue: Mapped[money]
    src_hash: Mapped[digest]


class AdCharge(Base):
    """Money taken for advertising."""

    __tablename__ = "ad_charge"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    row_key: Mapped[key_text]
    campaign_id: Mapped[bigint]
    amount: Mapped[money]
    currency: Mapped[str]
    paid_from: Mapped[label]
    document: Mapped[label]
    charged_at: Mapped[instant_or_none]
    src_hash: Mapped[digest]


class SharedCostDaily(Base):
    """What the P&L books beside the finance rows, signed as they are: advertising on the days it was
    spent, its deductions taken back, storage moved from the cabinet to the goods. ``sku_id`` 0: nobody's.
    """

    __tablename__ = "shared_cost_daily"
    __table_args__ = (
        CheckConstraint("kind IN ('ads_spent', 'ads_deducted', 'storage')", name="kind"),
        Index("ix_shared_cost_daily_d", "d", postgresql_using="brin"),
        BY_MONTH,
    )

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    kind: Mapped[key_text]
    sku_id: Mapped[key_int]
    currency: Mapped[key_text]
    line: Mapped[str]
    amount: Mapped[money]


class AccrualType(Base):
    """An entry of Ozon's dictionary of accrual types, told by this name last on ``seen_on``. A renamed type
    is another row: what a person chose for the old name need not fit the new one.

    ``line`` is the P&L line that a person chose for this cabinet; NULL: the product's own table says it.
    """

    __tablename__ = "accrual_type"
    __table_args__ = (_of_account(), {"info": TENANT})

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    type_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[key_text]
    title: Mapped[label]
    line: Mapped[str | None]
    seen_on: Mapped[date]


class UnknownValue(Base):
    """A word of a marketplace that we have no meaning for; told to the administrators once.

    ``rows`` and ``amount`` are what stands unplaced under it now; ``settled_at``: nothing does any more.
    """

    __tablename__ = "unknown_value"
    __table_args__ = (
        _of_account(),
        CheckConstraint("kind IN ('operation', 'status', 'warehouse', 'type')", name="kind"),
        Index("ix_unknown_value_source", "tenant_id", "account_id", "source", "kind", "value", unique=True),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    account_id: Mapped[bigint]
    source: Mapped[str]
    kind: Mapped[str]
    value: Mapped[str]
    rows: Mapped[count]
    amount: Mapped[money]
    currency: Mapped[label]
    first_seen: Mapped[created]
    last_seen: Mapped[created]
    told_at: Mapped[instant_or_none]
    settled_at: Mapped[instant_or_none]
