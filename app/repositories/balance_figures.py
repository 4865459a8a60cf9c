"""Ozon's balance of each day beside the accruals that we booked for it."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx


class DaySums(NamedTuple):
    """``accrued`` as the balance tells, ``booked`` as our lines of the day add up; ``gap``: by how much the
    balance misses its own closing sum."""

    account_id: int
    d: date
    currency: str
    accrued: Decimal
    booked: Decimal
    gap: Decimal


def day_sums(tx: TenantTx, d_from: date, d_to: date) -> list[DaySums]:
    """Days whose balance and accruals are both here, oldest first."""
    rows = tx.run(
        "WITH b AS (SELECT account_id, report_id, currency, sum(amount) AS booked FROM settlement_line"
        " WHERE tenant_id = :tenant_id AND period = 'accrual' AND d BETWEEN :d_from AND :d_to"
        " GROUP BY account_id, report_id, currency) "
        "SELECT r.account_id, r.d_from, r.currency, r.payout, coalesce(b.booked, 0), r.additional"
        " FROM finance_report r JOIN coverage c ON c.tenant_id = r.tenant_id AND c.account_id = r.account_id"
        " AND c.source = 'ozon.accruals' AND c.d = r.d_from LEFT JOIN b ON b.account_id = r.account_id"
        " AND b.report_id = r.report_id AND b.currency = r.currency WHERE r.tenant_id = :tenant_id"
        " AND r.period = 'accrual' AND r.d_from BETWEEN :d_from AND :d_to"
        " ORDER BY r.account_id, r.currency, r.d_from",
        d_from=d_from,
        d_to=d_to,
    )
    return [DaySums(*row) for row in rows]
