"""What each article brought over a period, for its class."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx


class ArticleSum(NamedTuple):
    """An article at a marketplace, all its sizes and cabinets, in rubles.

    ``profit`` None where the cost of any of what it sold is unknown. ``unpriced_units``: of so many pieces.
    """

    marketplace: str
    article: str
    title: str
    units: int
    revenue: Decimal
    profit: Decimal | None
    unpriced_units: int


def article_sums(tx: TenantTx, d_from: date, d_to: date) -> list[ArticleSum]:
    """Articles that sold or cost anything in the period, by marketplace and article."""
    rows = tx.run(
        "SELECT k.marketplace, k.article, max(k.title), sum(m.units), sum(m.revenue_gross),"
        " CASE WHEN bool_or(m.profit IS NULL) THEN NULL ELSE sum(m.profit) END,"
        " coalesce(sum(m.units) FILTER (WHERE m.cogs IS NULL), 0) "
        "FROM metrics_daily m JOIN sku k ON k.tenant_id = :tenant_id AND k.id = m.sku_id "
        "WHERE m.tenant_id = :tenant_id AND m.d BETWEEN :d_from AND :d_to AND m.currency = 'RUB'"
        " AND (m.units <> 0 OR m.revenue_gross <> 0 OR m.revenue_net <> 0 OR m.marketing <> 0"
        "  OR m.other_net <> 0) "
        "GROUP BY k.marketplace, k.article ORDER BY k.marketplace, k.article",
        d_from=d_from,
        d_to=d_to,
    )
    return [ArticleSum(*row) for row in rows]


def other_currencies(tx: TenantTx, d_from: date, d_to: date) -> int:
    """Articles with money that is no rubles: they are in no sum of rubles."""
    found = tx.run(
        "SELECT count(DISTINCT (k.marketplace, k.article)) FROM metrics_daily m JOIN sku k"
        " ON k.tenant_id = :tenant_id AND k.id = m.sku_id WHERE m.tenant_id = :tenant_id"
        " AND m.d BETWEEN :d_from AND :d_to AND m.currency <> 'RUB'",
        d_from=d_from,
        d_to=d_to,
    )
    return int(found.scalar_one())
