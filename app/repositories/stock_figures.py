"""Stock and supply advice as questions ask for them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx


class Place(NamedTuple):
    """A SKU's stock, or its share of advice, at one warehouse."""

    sku_id: int
    warehouse: str
    first: int
    second: int


class StockRowView(NamedTuple):
    """Stock of a SKU on a day."""

    sku_id: int
    article: str
    size: str
    title: str
    marketplace: str
    on_hand: int
    in_transit: int
    velocity: Decimal | None
    cover_days: Decimal | None


def stock_page(
    tx: TenantTx, d: date, skus: Sequence[int] | None, limit: int, offset: int
) -> list[StockRowView]:
    """Stock of day ``d`` by SKU, least cover first; of the SKUs given, or of all."""
    rows = tx.run(
        "SELECT k.id, k.article, k.size, k.title, k.marketplace, t.on_hand, t.in_transit,"
        " CASE k.marketplace WHEN 'WB' THEN m.sv14 ELSE m.sv28 END AS velocity, m.stock_cover_days "
        "FROM (SELECT sku_id, sum(on_hand) AS on_hand, sum(in_transit) AS in_transit FROM daily_stock"
        "  WHERE tenant_id = :tenant_id AND d = :d AND (CAST(:all AS boolean) OR sku_id = ANY(:skus))"
        "  GROUP BY sku_id) t JOIN sku k ON k.tenant_id = :tenant_id AND k.id = t.sku_id "
        "LEFT JOIN LATERAL (SELECT max(sv14) AS sv14, max(sv28) AS sv28,"
        "  max(stock_cover_days) AS stock_cover_days FROM metrics_daily x WHERE x.tenant_id = :tenant_id"
        "  AND x.account_id = k.account_id AND x.d = :d AND x.sku_id = k.id) m ON true "
        "ORDER BY m.stock_cover_days NULLS LAST, k.article, k.size, k.id LIMIT :limit OFFSET :offset",
        d=d,
        all=skus is None,
        skus=list(skus or []),
        limit=limit,
        offset=offset,
    )
    return [StockRowView(*row) for row in rows]


def stock_totals(tx: TenantTx, d: date, skus: Sequence[int] | None) -> tuple[int, int, int]:
    """SKUs with a stock row, pieces on hand, pieces in transit."""
    row = tx.run(
        "SELECT count(DISTINCT sku_id), coalesce(sum(on_hand), 0), coalesce(sum(in_transit), 0) "
        "FROM daily_stock WHERE tenant_id = :tenant_id AND d = :d"
        " AND (CAST(:all AS boolean) OR sku_id = ANY(:skus))",
        d=d,
        all=skus is None,
        skus=list(skus or []),
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


def stock_places(tx: TenantTx, d: date, skus: Sequence[int]) -> list[Place]:
    """Where the pieces of these SKUs lie: on hand and in transit by warehouse."""
    rows = tx.run(
        "SELECT t.sku_id, w.name, t.on_hand, t.in_transit FROM daily_stock t JOIN warehouse w"
        " ON w.tenant_id = :tenant_id AND w.id = t.warehouse_id WHERE t.tenant_id = :tenant_id AND t.d = :d"
        " AND t.sku_id = ANY(:skus) AND (t.on_hand > 0 OR t.in_transit > 0)"
        " ORDER BY t.sku_id, t.on_hand DESC, w.name",
        d=d,
        skus=list(skus),
    )
    return [Place(*row) for row in rows]


class AdviceView(NamedTuple):
    """Advice for one SKU and window, its warehouses summed."""

    sku_id: int
    article: str
    size: str
    title: str
    marketplace: str
    velocity: Decimal
    demand_std: Decimal
    safety: int
    on_hand: int
    in_transit: int
    qty: int
    cover_days: Decimal | None


_ADVICE = (
    "SELECT a.sku_id, max(a.velocity) AS velocity, max(a.demand_std) AS demand_std, max(a.safety) AS safety,"
    " max(a.on_hand) AS on_hand, max(a.in_transit) AS in_transit, sum(a.recommended_qty) AS qty"
    " FROM advice_supply a WHERE a.tenant_id = :tenant_id AND a.d = :d AND a.window_days = :window"
    " GROUP BY a.sku_id HAVING sum(a.recommended_qty) > 0"
)


def advice_page(tx: TenantTx, d: date, window: int, limit: int, offset: int) -> list[AdviceView]:
    """SKUs to supply, least cover first."""
    rows = tx.run(
        "SELECT g.sku_id, k.article, k.size, k.title, k.marketplace, g.velocity, g.demand_std, g.safety,"
        " g.on_hand, g.in_transit, g.qty,"
        " CASE WHEN g.velocity > 0 THEN round((g.on_hand + g.in_transit) / g.velocity, 1) END AS cover "
        f"FROM ({_ADVICE}) g JOIN sku k ON k.tenant_id = :tenant_id AND k.id = g.sku_id "
        "ORDER BY cover NULLS LAST, g.qty DESC, k.article, k.size, k.id LIMIT :limit OFFSET :offset",
        d=d,
        window=window,
        limit=limit,
        offset=offset,
    )
    return [AdviceView(*row) for row in rows]


def advice_totals(tx: TenantTx, d: date, window: int) -> tuple[int, int]:
    """SKUs to supply and pieces in all."""
    row = tx.run(f"SELECT count(*), coalesce(sum(qty), 0) FROM ({_ADVICE}) g", d=d, window=window).one()
    return int(row[0]), int(row[1])


def advice_places(tx: TenantTx, d: date, window: int, skus: Sequence[int]) -> list[Place]:
    """How the advice of these SKUs is split over warehouses."""
    rows = tx.run(
        "SELECT a.sku_id, CASE WHEN w.code = 'unknown' THEN '' ELSE w.name END, a.recommended_qty, 0 "
        "FROM advice_supply a JOIN warehouse w ON w.tenant_id = :tenant_id AND w.id = a.warehouse_id "
        "WHERE a.tenant_id = :tenant_id AND a.d = :d AND a.window_days = :window AND a.sku_id = ANY(:skus)"
        " AND a.recommended_qty > 0 ORDER BY a.sku_id, a.recommended_qty DESC, w.name",
        d=d,
        window=window,
        skus=list(skus),
    )
    return [Place(*row) for row in rows]
