"""metrics_daily by SQL alone: window frames over a dense grid, one INSERT … SELECT."""

from datetime import date, timedelta

from app.db.session import TenantTx
from app.repositories.metrics_input import LONGEST_WINDOW, SETTLING_SOURCES
from app.repositories.targets import METRICS_DAILY


def recalc_in_sql(tx: TenantTx, account_id: int, d_from: date, d_to: date, *, repeated: bool) -> None:
    """The same rows as ``recalc_metrics`` of an Ozon cabinet, without a journal of what they were.

    ``repeated``: rows may be there; those that differ are rewritten. Without it a plain INSERT, which
    is the least that SQL could do.
    """
    values = METRICS_DAILY.values
    upsert = (
        f"ON CONFLICT ({', '.join(('tenant_id', *METRICS_DAILY.key))}) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in values)
        + f" WHERE ({', '.join('m.' + name for name in values)})"
        f" IS DISTINCT FROM ({', '.join('excluded.' + name for name in values)})"
    )
    tx.run(
        f"INSERT INTO metrics_daily AS m (tenant_id, {', '.join(METRICS_DAILY.columns)}) {_SELECT} "
        + (upsert if repeated else ""),
        account_id=account_id,
        d_from=d_from,
        d_to=d_to,
        since=d_from - timedelta(days=LONGEST_WINDOW - 1),
        sources=list(SETTLING_SOURCES),
    )


_MINE = "tenant_id = :tenant_id AND account_id = :account_id"

_SELECT = f"""
WITH settled_day AS (
    SELECT DISTINCT d FROM coverage WHERE {_MINE} AND source = ANY(:sources) AND d BETWEEN :d_from AND :d_to
), sold AS (
    SELECT sku_id, d, sum(qty) AS qty FROM daily_sales
    WHERE {_MINE} AND d BETWEEN :since AND :d_to GROUP BY sku_id, d
), grid AS (
    SELECT k.id AS sku_id, k.first_sold, CAST(g AS date) AS d FROM sku k
    CROSS JOIN generate_series(CAST(:since AS timestamp), CAST(:d_to AS timestamp), '1 day') g
    WHERE k.tenant_id = :tenant_id AND k.account_id = :account_id
), rolled AS (
    SELECT sku_id, d, sum(coalesce(qty, 0)) OVER w7 AS u7, sum(coalesce(qty, 0)) OVER w14 AS u14,
           sum(coalesce(qty, 0)) OVER w28 AS u28, greatest(d - first_sold + 1, 0) AS age
    FROM grid LEFT JOIN sold USING (sku_id, d)
    WINDOW w7 AS (PARTITION BY sku_id ORDER BY d ROWS 6 PRECEDING),
           w14 AS (PARTITION BY sku_id ORDER BY d ROWS 13 PRECEDING),
           w28 AS (PARTITION BY sku_id ORDER BY d ROWS 27 PRECEDING)
), money AS (
    SELECT sku_id, d, currency, sum(units) AS units,
           coalesce(sum(amount) FILTER (WHERE line = 'sale'), 0) AS gross,
           coalesce(sum(amount) FILTER (WHERE line IN ('sale', 'return', 'promo', 'loyalty', 'logistics',
               'return_logistics', 'commission', 'acquiring')), 0) AS net,
           -coalesce(sum(amount) FILTER (WHERE line = 'ads'), 0) AS marketing,
           coalesce(sum(amount) FILTER (WHERE line NOT IN ('sale', 'return', 'promo', 'loyalty', 'logistics',
               'return_logistics', 'commission', 'acquiring', 'ads', 'financing')), 0) AS other,
           false AS is_preliminary
    FROM settlement_line JOIN settled_day USING (d)
    WHERE {_MINE} AND sku_id IS NOT NULL AND d BETWEEN :d_from AND :d_to GROUP BY sku_id, d, currency
    UNION ALL
    SELECT sku_id, d, currency, sum(qty - refunds_qty), sum(revenue_gross),
           sum(revenue_gross - refunds_amount - promo_cost - delivery_cost - commission_amount), 0, 0, true
    FROM daily_sales WHERE {_MINE} AND d BETWEEN :d_from AND :d_to
         AND d NOT IN (SELECT d FROM settled_day) GROUP BY sku_id, d, currency
), stock AS (
    SELECT sku_id, d, sum(on_hand + in_transit) AS pieces FROM daily_stock
    WHERE {_MINE} AND d BETWEEN :d_from AND :d_to GROUP BY sku_id, d
), days AS (
    SELECT sku_id, d, coalesce(currency, 'RUB') AS currency, coalesce(units, 0) AS units,
           coalesce(gross, 0) AS gross, coalesce(net, 0) AS net, coalesce(marketing, 0) AS marketing,
           coalesce(other, 0) AS other,
           coalesce(is_preliminary, d NOT IN (SELECT d FROM settled_day)) AS is_preliminary, pieces
    FROM money FULL JOIN stock USING (sku_id, d)
), cost AS (
    SELECT sku_id, cost_price, dt_from,
           lead(dt_from, 1, date 'infinity') OVER (PARTITION BY sku_id ORDER BY dt_from) AS dt_next
    FROM cost_price_history WHERE tenant_id = :tenant_id
), costed AS (
    SELECT days.*, units * cost_price AS cogs, net - units * cost_price - marketing + other AS profit
    FROM days LEFT JOIN cost ON cost.sku_id = days.sku_id AND d >= dt_from AND d < dt_next
)
SELECT :tenant_id, :account_id, d, sku_id, currency, units, gross, net, marketing, other, cogs, profit,
       CASE WHEN net > 0 THEN round(profit * 100 / net, 4) END,
       CASE WHEN age > 0 THEN round(u7 / least(age, 7), 4) ELSE 0 END,
       CASE WHEN age > 0 THEN round(u14 / least(age, 14), 4) ELSE 0 END,
       CASE WHEN age > 0 THEN round(u28 / least(age, 28), 4) ELSE 0 END,
       CASE WHEN u28 > 0 THEN round(pieces * least(age, 28) / u28, 4) END, is_preliminary
FROM costed JOIN rolled USING (sku_id, d)
"""
