"""Ozon's months: what the realization report tells beside what the accruals of its days add up to."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx

WITNESSES = (
    ("realization", "realization_return"),
    ("realization_posting", "realization_posting_return"),
)
"""Periods of a month's two headers, of what was sold and what came back: the document by product, and the one
by posting, which speaks where the first is not here."""


class MonthSums(NamedTuple):
    """A cabinet's month in one currency. ``told_*`` None: the report is not here; ``days`` with accruals of
    the month that were read. All amounts positive."""

    account_id: int
    month: date
    currency: str
    told_sales: Decimal | None
    told_returns: Decimal | None
    told_fee: Decimal | None
    sales: Decimal
    returns: Decimal
    fee: Decimal
    days: int


def month_sums(tx: TenantTx, first: date, last: date) -> list[MonthSums]:
    """Calendar months from that of ``first`` to that of ``last``, oldest first; those in which nothing was
    booked and nothing told are left out."""
    rows = tx.run(
        "WITH w AS (SELECT DISTINCT ON (account_id, month, currency) * FROM ("
        f"{' UNION ALL '.join(map(_told, range(len(WITNESSES))))}) u"
        "  ORDER BY account_id, month, currency, place"
        "), t AS (SELECT account_id, month, currency, sales, returns, fee FROM w"
        "), b AS (SELECT account_id, date_trunc('month', d)::date AS month, currency,"
        "  coalesce(sum(amount) FILTER (WHERE line = 'sale'), 0) AS sales,"
        "  coalesce(-sum(amount) FILTER (WHERE line = 'return'), 0) AS returns,"
        "  coalesce(-sum(amount) FILTER (WHERE part LIKE 'commission:%'), 0) AS fee"
        " FROM settlement_line WHERE tenant_id = :tenant_id AND period = 'accrual'"
        "  AND d BETWEEN :first AND :last GROUP BY 1, 2, 3"
        "), c AS (SELECT account_id, date_trunc('month', d)::date AS month, count(*) AS days"
        " FROM coverage WHERE tenant_id = :tenant_id AND source = 'ozon.accruals'"
        "  AND d BETWEEN :first AND :last GROUP BY 1, 2) "
        "SELECT account_id, month, currency, t.sales, t.returns, t.fee, coalesce(b.sales, 0),"
        " coalesce(b.returns, 0), coalesce(b.fee, 0), coalesce(c.days, 0)"
        " FROM t FULL JOIN b USING (account_id, month, currency) LEFT JOIN c USING (account_id, month)"
        " ORDER BY month, account_id, currency",
        first=first,
        last=last,
    )
    return [MonthSums(*row) for row in rows]


def _told(place: int) -> str:
    """What one of the documents says, as SQL."""
    sold, returned = WITNESSES[place]
    return (
        f"SELECT {place} AS place, account_id, CAST(date_trunc('month', d_from) AS date) AS month, currency,"
        f" coalesce(sum(retail_amount) FILTER (WHERE period = '{sold}'), 0) AS sales,"
        f" coalesce(sum(retail_amount) FILTER (WHERE period = '{returned}'), 0) AS returns,"
        f" sum(CASE period WHEN '{sold}' THEN deduction ELSE -deduction END) AS fee"
        f" FROM finance_report WHERE tenant_id = :tenant_id AND period IN ('{sold}', '{returned}')"
        " AND d_from BETWEEN :first AND :last GROUP BY account_id, 3, currency"
    )
