"""What Ozon's advertising says that it spent, beside what its accruals booked for it."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx

PER_ORDER = "SEARCH_PROMO"
"""The kind of campaign that is paid by the order; the others are paid by clicks and views."""

_BY_CLICK, _BY_ORDER = ":(41|75|130)$", ":(54)$"
"""Accrual types PayPerClick, Stencil and DisplayAdvertisingPlacement; Promotion."""


class AdsSums(NamedTuple):
    """Of one way of paying, over the days that both sides have told whole. ``spent`` without ``bonus``, which
    Ozon gives and nobody books; ``booked`` as a cost, > 0."""

    per_order: bool
    d_from: date
    d_to: date
    spent: Decimal
    bonus: Decimal
    booked: Decimal


def ads_sums(tx: TenantTx, account_id: int, d_from: date, d_to: date) -> list[AdsSums]:
    """By the click, then by the order; nothing of a way that advertising told no cost of."""
    rows = tx.run(
        "WITH whole AS (SELECT d FROM coverage WHERE tenant_id = :tenant_id AND account_id = :account_id"
        "  AND d BETWEEN :d_from AND :d_to AND source IN ('ozon.ad_money', 'ozon.accruals')"
        "  GROUP BY d HAVING count(*) = 2),"
        " told AS (SELECT coalesce(n.kind = :per_order, false) AS per_order,"
        "  coalesce(sum(c.amount) FILTER (WHERE c.paid_from <> 'bonus'), 0) AS spent,"
        "  coalesce(sum(c.amount) FILTER (WHERE c.paid_from = 'bonus'), 0) AS bonus"
        "  FROM ad_charge c LEFT JOIN ad_campaign n ON n.tenant_id = c.tenant_id"
        "   AND n.account_id = c.account_id AND n.campaign_id = c.campaign_id"
        "  WHERE c.tenant_id = :tenant_id AND c.account_id = :account_id AND c.currency = 'RUB'"
        "  AND c.d IN (SELECT d FROM whole) GROUP BY 1),"
        f" booked AS (SELECT part ~ '{_BY_ORDER}' AS per_order, -sum(amount) AS booked FROM settlement_line"
        "  WHERE tenant_id = :tenant_id AND account_id = :account_id AND line = 'ads' AND currency = 'RUB'"
        f"  AND (part ~ '{_BY_CLICK}' OR part ~ '{_BY_ORDER}') AND d IN (SELECT d FROM whole) GROUP BY 1)"
        " SELECT per_order, (SELECT min(d) FROM whole), (SELECT max(d) FROM whole), spent, bonus,"
        " coalesce(booked, 0) FROM told LEFT JOIN booked USING (per_order) ORDER BY per_order",
        account_id=account_id,
        d_from=d_from,
        d_to=d_to,
        per_order=PER_ORDER,
    )
    return [AdsSums(*row) for row in rows]
