"""What pure functions make of the facts, and what every figure was before it changed."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    TENANT,
    Base,
    bigint,
    count,
    created,
    digest,
    generated_key,
    key_day,
    key_int,
    key_text,
    money,
    money_or_unknown,
    ratio_or_unknown,
    tenant_key,
)
from app.db.models.facts import BY_MONTH


class MetricsDaily(Base):
    """P&L, velocity and cover of one SKU on one day in one currency.

    NULL is "unknown": no cost price -> cogs, profit, margin; revenue not above zero -> margin; no
    sales in the window -> cover. ``is_preliminary``: from the sales feed, the finance rows of the
    day have not all come.
    """

    __tablename__ = "metrics_daily"
    __table_args__ = (Index("ix_metrics_daily_d", "d", postgresql_using="brin"), BY_MONTH)

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    sku_id: Mapped[key_int]
    currency: Mapped[key_text]
    units: Mapped[count]
    revenue_gross: Mapped[money]
    revenue_net: Mapped[money]
    marketing: Mapped[money]
    other_net: Mapped[money]
    cogs: Mapped[money_or_unknown]
    profit: Mapped[money_or_unknown]
    margin: Mapped[ratio_or_unknown]
    sv7: Mapped[ratio_or_unknown]
    sv14: Mapped[ratio_or_unknown]
    sv28: Mapped[ratio_or_unknown]
    stock_cover_days: Mapped[ratio_or_unknown]
    is_preliminary: Mapped[bool]


class AdviceSupply(Base):
    """How many pieces to send where: the share of one warehouse in a SKU's advice, and its parts."""

    __tablename__ = "advice_supply"
    __table_args__ = (Index("ix_advice_supply_d", "d", postgresql_using="brin"), BY_MONTH)

    tenant_id: Mapped[tenant_key]
    account_id: Mapped[key_int]
    d: Mapped[key_day]
    sku_id: Mapped[key_int]
    warehouse_id: Mapped[key_int]
    window_days: Mapped[key_int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recommended_qty: Mapped[count]
    velocity: Mapped[ratio_or_unknown]
    demand_std: Mapped[ratio_or_unknown]
    safety: Mapped[count]
    on_hand: Mapped[count]
    in_transit: Mapped[count]
    rationale_hash: Mapped[digest]


class FigureChange(Base):
    """What a figure was and what it became: rows of facts and metrics that changed or vanished."""

    __tablename__ = "figure_change"
    __table_args__ = (
        Index("ix_figure_change_table_d", "tenant_id", "table_name", "d"),
        Index("ix_figure_change_at", "at", postgresql_using="brin"),
        {"info": TENANT},
    )

    tenant_id: Mapped[tenant_key]
    id: Mapped[generated_key]
    at: Mapped[created]
    table_name: Mapped[str]
    account_id: Mapped[bigint]
    d: Mapped[date | None]
    sku_id: Mapped[int | None] = mapped_column(BigInteger)
    row_key: Mapped[dict[str, Any]]
    was: Mapped[dict[str, Any]]
    became: Mapped[dict[str, Any] | None]
    trace_id: Mapped[str]


class RecalcPending(Base):
    """A SKU whose facts or cost changed: its metrics are stale from ``d_from`` on.

    Written in the transaction that changed the fact, deleted in the one that recomputed it, so a
    kill between the two loses nothing.
    """

    __tablename__ = "recalc_pending"
    __table_args__ = {"info": TENANT}

    tenant_id: Mapped[tenant_key]
    sku_id: Mapped[key_int]
    d_from: Mapped[date]
