"""How fresh and how whole a tenant's data is."""

from datetime import date, datetime

from app.db.session import TenantTx


def freshness(tx: TenantTx) -> tuple[datetime | None, date | None, bool]:
    """When the last unit was merged, up to which day every cabinet is settled, is it a demo."""
    row = tx.run(
        "SELECT (SELECT max(finished_at) FROM ingest_run WHERE tenant_id = :tenant_id"
        " AND state = 'complete') AS as_of,"
        " (SELECT min(last) FROM (SELECT max(v.d) AS last FROM marketplace_account a LEFT JOIN coverage v"
        "   ON v.tenant_id = :tenant_id AND v.account_id = a.id"
        "   AND v.source IN ('wb.finance', 'ozon.accruals') WHERE a.tenant_id = :tenant_id"
        "   AND a.state <> 'off' GROUP BY a.id) l) AS settled_to,"
        " (SELECT is_demo FROM tenant WHERE id = :tenant_id) AS is_demo"
    ).one()
    return row.as_of, row.settled_to, bool(row.is_demo)


def last_day(tx: TenantTx, table: str) -> date | None:
    """The last day of ``daily_stock``, ``metrics_daily`` or ``advice_supply`` that has rows."""
    found: date | None = tx.run(f"SELECT max(d) FROM {table} WHERE tenant_id = :tenant_id").scalar()
    return found


def unplaced_count(tx: TenantTx) -> int:
    """Rows in «не разнесено»."""
    return int(tx.run("SELECT count(*) FROM unplaced_row WHERE tenant_id = :tenant_id").scalar_one())


def skus_without_cost(tx: TenantTx, since: date | None = None) -> int:
    """SKUs that have no cost price at all; with ``since``, of those sold from that day on."""
    sold = (
        "AND EXISTS (SELECT FROM daily_sales s WHERE s.tenant_id = :tenant_id AND s.sku_id = k.id"
        " AND s.d >= :since AND s.qty > 0)"
        if since
        else ""
    )
    found = tx.run(
        "SELECT count(*) FROM sku k WHERE k.tenant_id = :tenant_id AND NOT EXISTS ("
        " SELECT FROM cost_price_history c WHERE c.tenant_id = :tenant_id AND c.sku_id = k.id) " + sold,
        **({"since": since} if since else {}),
    )
    return int(found.scalar_one())
