"""Sums of the P&L: by line, by unit, by SKU; and which days are settled."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx

_COVERED = (
    "EXISTS (SELECT FROM coverage v WHERE v.tenant_id = :tenant_id AND v.account_id = s.account_id"
    " AND v.d = s.d AND v.source IN ('wb.finance', 'ozon.accruals'))"
)
_SETTLED = f"WHERE s.tenant_id = :tenant_id AND s.d BETWEEN :d_from AND :d_to AND {_COVERED}"
_EARLY = f"WHERE s.tenant_id = :tenant_id AND s.d BETWEEN :d_from AND :d_to AND NOT {_COVERED}"


class LineSum(NamedTuple):
    """Money of one P&L line in one currency."""

    currency: str
    line: str
    amount: Decimal


class MetricSum(NamedTuple):
    """Sums of metrics_daily in one currency. ``known_*`` cover only SKU-days whose cost is known."""

    currency: str
    units: int
    revenue_gross: Decimal
    revenue_net: Decimal
    known_units: int
    known_revenue_net: Decimal
    cogs: Decimal
    profit: Decimal
    profit_without_cost: Decimal


class UnitSum(NamedTuple):
    """Pieces sold and returned by the finance report (settled days) or the sales feed (others)."""

    currency: str
    sold: int
    returned: int
    gross: Decimal


def line_sums(tx: TenantTx, d_from: date, d_to: date, *, account_level: bool = False) -> list[LineSum]:
    """Settlement lines of settled days, by currency and line; with ``account_level`` only those of no SKU."""
    only = "AND s.sku_id IS NULL" if account_level else ""
    rows = tx.run(
        f"SELECT s.currency, s.line, sum(s.amount) AS amount FROM settlement_line s {_SETTLED} {only} "
        "GROUP BY s.currency, s.line",
        d_from=d_from,
        d_to=d_to,
    )
    return [LineSum(*row) for row in rows]


def shared_sums(tx: TenantTx, d_from: date, d_to: date, *, account_level: bool = False) -> list[LineSum]:
    """What is booked beside the settlement lines: advertising of any day, the rest of settled ones."""
    only = "AND s.sku_id = 0" if account_level else ""
    rows = tx.run(
        "SELECT s.currency, s.line, sum(s.amount) AS amount FROM shared_cost_daily s "
        "WHERE s.tenant_id = :tenant_id AND s.d BETWEEN :d_from AND :d_to "
        f"AND (s.kind = 'ads_spent' OR {_COVERED}) {only} GROUP BY s.currency, s.line",
        d_from=d_from,
        d_to=d_to,
    )
    return [LineSum(*row) for row in rows]


def unit_sums(tx: TenantTx, d_from: date, d_to: date) -> list[UnitSum]:
    """Pieces and gross revenue: settled days from the report, the others from the sales feed."""
    rows = tx.run(
        "SELECT currency, sum(sold) AS sold, sum(returned) AS returned, sum(gross) AS gross FROM ("
        " SELECT s.currency, sum(greatest(s.units, 0)) AS sold, sum(greatest(-s.units, 0)) AS returned,"
        "  coalesce(sum(s.amount) FILTER (WHERE s.line = 'sale'), 0) AS gross"
        f" FROM settlement_line s {_SETTLED} GROUP BY s.currency"
        " UNION ALL SELECT s.currency, sum(qty), sum(refunds_qty), sum(revenue_gross)"
        f" FROM daily_sales s {_EARLY} GROUP BY s.currency) u GROUP BY currency",
        d_from=d_from,
        d_to=d_to,
    )
    # sum() of a bigint is numeric: pieces are whole
    return [UnitSum(currency, int(sold), int(returned), gross) for currency, sold, returned, gross in rows]


def early_sums(tx: TenantTx, d_from: date, d_to: date) -> list[LineSum]:
    """The same lines as far as the sales feed tells them, for days without their finance rows."""
    rows = tx.run(
        "SELECT s.currency, l.line, sum(l.amount) FROM daily_sales s CROSS JOIN LATERAL (VALUES"
        " ('sale', s.revenue_gross), ('return', -s.refunds_amount), ('promo', -s.promo_cost),"
        f" ('logistics', -s.delivery_cost), ('commission', -s.commission_amount)) l (line, amount) {_EARLY} "
        "GROUP BY s.currency, l.line HAVING sum(l.amount) <> 0",
        d_from=d_from,
        d_to=d_to,
    )
    return [LineSum(*row) for row in rows]


def metric_sums(tx: TenantTx, d_from: date, d_to: date) -> list[MetricSum]:
    """Sums of the SKUs' own P&L."""
    rows = tx.run(
        "SELECT currency, sum(units), sum(revenue_gross), sum(revenue_net),"
        " coalesce(sum(units) FILTER (WHERE cogs IS NOT NULL), 0),"
        " coalesce(sum(revenue_net) FILTER (WHERE cogs IS NOT NULL), 0), coalesce(sum(cogs), 0),"
        " coalesce(sum(profit), 0),"
        " coalesce(sum(revenue_net - marketing + other_net) FILTER (WHERE cogs IS NULL), 0) "
        "FROM metrics_daily WHERE tenant_id = :tenant_id AND d BETWEEN :d_from AND :d_to GROUP BY currency",
        d_from=d_from,
        d_to=d_to,
    )
    return [MetricSum(*row) for row in rows]


def days_by_state(tx: TenantTx, d_from: date, d_to: date) -> dict[date, str]:
    """settled (finance rows of every cabinet complete) | preliminary (only the sales feed) | missing."""
    rows = tx.run(
        "SELECT g.d, bool_and(c.settled) AS settled, bool_or(c.early OR c.settled) AS told FROM"
        " (SELECT CAST(generate_series(CAST(:d_from AS timestamp), CAST(:d_to AS timestamp), '1 day')"
        " AS date) AS d) g CROSS JOIN LATERAL ("
        "  SELECT EXISTS (SELECT FROM coverage v WHERE v.tenant_id = :tenant_id AND v.account_id = a.id"
        "   AND v.d = g.d AND v.source IN ('wb.finance', 'ozon.accruals')) AS settled,"
        "  EXISTS (SELECT FROM coverage v WHERE v.tenant_id = :tenant_id AND v.account_id = a.id"
        "   AND v.d = g.d AND v.source = 'wb.sales') AS early"
        "  FROM marketplace_account a WHERE a.tenant_id = :tenant_id AND (a.state <> 'off'"
        # a cabinet that is switched off is not waited for, but the days it told of stay told
        "   OR EXISTS (SELECT FROM coverage v WHERE v.tenant_id = :tenant_id AND v.account_id = a.id"
        "    AND v.d = g.d AND v.source IN ('wb.finance', 'ozon.accruals', 'wb.sales')))) c GROUP BY g.d",
        d_from=d_from,
        d_to=d_to,
    )
    told = {row.d: "settled" if row.settled else "preliminary" if row.told else "missing" for row in rows}
    days = range(d_from.toordinal(), d_to.toordinal() + 1)
    return {day: told.get(day, "missing") for day in map(date.fromordinal, days)}


class SkuProfit(NamedTuple):
    """A SKU's profit on a day."""

    article: str
    size: str
    title: str
    marketplace: str
    profit: Decimal


def profit_extremes(tx: TenantTx, d: date, limit: int, *, losing: bool) -> list[SkuProfit]:
    """The SKUs that brought most on ``d``, or lost most."""
    sign, order = ("< 0", "ASC") if losing else ("> 0", "DESC")
    rows = tx.run(
        "SELECT k.article, k.size, k.title, k.marketplace, sum(m.profit) AS profit FROM metrics_daily m "
        "JOIN sku k ON k.tenant_id = :tenant_id AND k.id = m.sku_id "
        "WHERE m.tenant_id = :tenant_id AND m.d = :d AND m.profit IS NOT NULL AND m.currency = 'RUB' "
        f"GROUP BY k.id, k.article, k.size, k.title, k.marketplace HAVING sum(m.profit) {sign} "
        f"ORDER BY sum(m.profit) {order}, k.article LIMIT :limit",
        d=d,
        limit=limit,
    )
    return [SkuProfit(*row) for row in rows]
