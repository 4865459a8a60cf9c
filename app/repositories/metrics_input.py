"""The facts that metrics and advice are computed from, a chunk of SKUs at a time, as kopeck columns."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from app.db.copying import read_frame
from app.db.session import TenantTx
from app.domain.finance.settlement import (
    COMMISSION_LINES,
    DELIVERY_LINES,
    MARKETING_LINES,
    OUTSIDE_PROFIT,
    PROMO_LINES,
    PnlLine,
)
from app.domain.supply.policy import Policy
from app.repositories.catalogue import UNKNOWN, UNKNOWN_NAME, ensure_warehouse

LONGEST_WINDOW = 28
SETTLING_SOURCES = ("wb.finance", "ozon.accruals")
"""Sources whose complete day means that the day's money is settled."""

MONEY_COLUMNS = ("gross_kop", "refunds_kop", "promo_kop", "delivery_kop", "commission_kop")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkFacts:
    """Facts of some SKUs of one account.

    ``settled`` and ``preliminary``: sku_id, d, currency, units (sold less returned), the five money
    columns of the P&L as costs >= 0, marketing_kop (a cost), other_kop (signed); one row a SKU-day and
    currency. ``sales``: sku_id, d, qty from 27 days before the first day asked. ``stock``: sku_id, d,
    on_hand, in_transit. ``costs``: sku_id, dt_from, cost_kop. ``first_sales``: sku_id, first_d.
    """

    account_id: int
    marketplace: str
    settled_days: pl.Series
    settled: pl.DataFrame
    preliminary: pl.DataFrame
    sales: pl.DataFrame
    stock: pl.DataFrame
    costs: pl.DataFrame
    first_sales: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceFacts:
    """What advice for one day needs of some SKUs. ``by_warehouse``: sku_id, warehouse_id, qty sold in
    the longest window; ``marketplace`` of the account."""

    account_id: int
    marketplace: str
    sales: pl.DataFrame
    stock: pl.DataFrame
    first_sales: pl.DataFrame
    by_warehouse: pl.DataFrame
    unknown_warehouse: int


def skus_by_account(tx: TenantTx, sku_ids: list[int] | None) -> dict[int, list[int]]:
    """The tenant's SKUs, or those given, by account, in order."""
    only = "" if sku_ids is None else "AND id = ANY(:sku_ids)"
    rows = tx.run(
        f"SELECT account_id, array_agg(id ORDER BY id) AS ids FROM sku WHERE tenant_id = :tenant_id {only} "
        "GROUP BY account_id ORDER BY account_id",
        **({} if sku_ids is None else {"sku_ids": sku_ids}),
    )
    return {row.account_id: list(row.ids) for row in rows}


def read(tx: TenantTx, account_id: int, skus: list[int], d_from: date, d_to: date) -> ChunkFacts:
    """Facts of these SKUs for metrics of ``d_from..d_to``."""
    asked = {"account_id": account_id, "skus": skus, "d_from": d_from, "d_to": d_to}
    return ChunkFacts(
        account_id=account_id,
        marketplace=_marketplace(tx, account_id),
        settled_days=_settled_days(tx, account_id, d_from, d_to),
        settled=read_frame(tx, _SETTLED, _MONEY_SCHEMA, **asked),
        preliminary=read_frame(tx, _PRELIMINARY, _MONEY_SCHEMA, **asked),
        sales=_sales(tx, account_id, skus, d_from, d_to),
        stock=_stock(tx, account_id, skus, d_from, d_to),
        costs=read_frame(
            tx,
            "SELECT sku_id, dt_from, (cost_price * 100)::bigint FROM cost_price_history "
            "WHERE tenant_id = :tenant_id AND sku_id = ANY(:skus)",
            {"sku_id": pl.Int64, "dt_from": pl.Date, "cost_kop": pl.Int64},
            skus=skus,
        ),
        first_sales=_first_sales(tx, skus),
    )


def restate_settled(tx: TenantTx, account_id: int, d_from: date, d_to: date) -> None:
    """The finance rows of these days are complete now: what was preliminary there is stale, whether or
    not a row of its own came."""
    tx.run(
        "INSERT INTO recalc_pending AS p (tenant_id, sku_id, d_from) "
        "SELECT :tenant_id, sku_id, min(d) FROM metrics_daily WHERE tenant_id = :tenant_id "
        "AND account_id = :account_id AND d BETWEEN :d_from AND :d_to AND is_preliminary GROUP BY sku_id "
        "ON CONFLICT (tenant_id, sku_id) DO UPDATE SET d_from = excluded.d_from "
        "WHERE p.d_from > excluded.d_from",
        account_id=account_id,
        d_from=d_from,
        d_to=d_to,
    )


def read_advice(tx: TenantTx, account_id: int, skus: list[int], d: date, policy: Policy) -> AdviceFacts:
    """Facts of these SKUs for the advice of day ``d``."""
    longest = max(policy.aggr_days_wb, policy.aggr_days_ozon)
    marketplace = _marketplace(tx, account_id)
    return AdviceFacts(
        account_id=account_id,
        marketplace=marketplace,
        sales=_sales(tx, account_id, skus, d, d, longest),
        stock=_stock(tx, account_id, skus, d, d),
        first_sales=_first_sales(tx, skus),
        by_warehouse=read_frame(
            tx,
            "SELECT sku_id, warehouse_id, sum(qty) FROM daily_sales WHERE tenant_id = :tenant_id "
            "AND account_id = :account_id AND sku_id = ANY(:skus) AND d BETWEEN :since AND :d "
            "GROUP BY sku_id, warehouse_id HAVING sum(qty) > 0 ORDER BY sku_id, warehouse_id",
            {"sku_id": pl.Int64, "warehouse_id": pl.Int64, "sold": pl.Int64},
            account_id=account_id,
            skus=skus,
            since=d - timedelta(days=policy.aggr_days(marketplace) - 1),
            d=d,
        ),
        unknown_warehouse=_unknown_warehouse(tx, marketplace),
    )


def _marketplace(tx: TenantTx, account_id: int) -> str:
    found = tx.run(
        "SELECT marketplace FROM marketplace_account WHERE tenant_id = :tenant_id AND id = :id",
        id=account_id,
    )
    return str(found.scalar_one())


def _sales(
    tx: TenantTx, account_id: int, skus: list[int], d_from: date, d_to: date, window: int = LONGEST_WINDOW
) -> pl.DataFrame:
    return read_frame(
        tx,
        "SELECT sku_id, d, sum(qty) FROM daily_sales WHERE tenant_id = :tenant_id "
        "AND account_id = :account_id AND sku_id = ANY(:skus) AND d BETWEEN :since AND :d_to "
        "GROUP BY sku_id, d",
        {"sku_id": pl.Int64, "d": pl.Date, "qty": pl.Int64},
        account_id=account_id,
        skus=skus,
        since=d_from - timedelta(days=window - 1),
        d_to=d_to,
    )


def _stock(tx: TenantTx, account_id: int, skus: list[int], d_from: date, d_to: date) -> pl.DataFrame:
    return read_frame(
        tx,
        "SELECT sku_id, d, sum(on_hand), sum(in_transit) FROM daily_stock WHERE tenant_id = :tenant_id "
        "AND account_id = :account_id AND sku_id = ANY(:skus) AND d BETWEEN :d_from AND :d_to "
        "GROUP BY sku_id, d",
        {"sku_id": pl.Int64, "d": pl.Date, "on_hand": pl.Int64, "in_transit": pl.Int64},
        account_id=account_id,
        skus=skus,
        d_from=d_from,
        d_to=d_to,
    )


def _first_sales(tx: TenantTx, skus: list[int]) -> pl.DataFrame:
    return read_frame(
        tx,
        "SELECT id, first_sold FROM sku WHERE tenant_id = :tenant_id AND id = ANY(:skus) "
        "AND first_sold IS NOT NULL",
        {"sku_id": pl.Int64, "first_d": pl.Date},
        skus=skus,
    )


def _settled_days(tx: TenantTx, account_id: int, d_from: date, d_to: date) -> pl.Series:
    rows = tx.run(
        "SELECT DISTINCT d FROM coverage WHERE tenant_id = :tenant_id AND account_id = :account_id "
        "AND source = ANY(:sources) AND d BETWEEN :d_from AND :d_to",
        account_id=account_id,
        sources=list(SETTLING_SOURCES),
        d_from=d_from,
        d_to=d_to,
    )
    return pl.Series("d", [row.d for row in rows], dtype=pl.Date)


def _unknown_warehouse(tx: TenantTx, marketplace: str) -> int:
    return ensure_warehouse(tx, marketplace, UNKNOWN, UNKNOWN_NAME)


def _kopecks(lines: frozenset[PnlLine], sign: str = "-") -> str:
    listed = ", ".join(f"'{line}'" for line in sorted(lines))
    return f"({sign}coalesce(sum(amount) FILTER (WHERE line IN ({listed})), 0) * 100)::bigint"


_GROUPED = (
    frozenset({PnlLine.SALE, PnlLine.RETURN})
    | PROMO_LINES
    | DELIVERY_LINES
    | COMMISSION_LINES
    | MARKETING_LINES
    | OUTSIDE_PROFIT
)
_OTHER = frozenset(PnlLine) - _GROUPED

_SETTLED = f"""
SELECT sku_id, d, currency, sum(units), {_kopecks(frozenset({PnlLine.SALE}), "")},
       {_kopecks(frozenset({PnlLine.RETURN}))}, {_kopecks(PROMO_LINES)}, {_kopecks(DELIVERY_LINES)},
       {_kopecks(COMMISSION_LINES)}, {_kopecks(MARKETING_LINES)}, {_kopecks(_OTHER, "")}
FROM settlement_line WHERE tenant_id = :tenant_id AND account_id = :account_id AND sku_id = ANY(:skus)
     AND d BETWEEN :d_from AND :d_to GROUP BY sku_id, d, currency
"""

_PRELIMINARY = """
SELECT sku_id, d, currency, sum(qty - refunds_qty), (sum(revenue_gross) * 100)::bigint,
       (sum(refunds_amount) * 100)::bigint, (sum(promo_cost) * 100)::bigint,
       (sum(delivery_cost) * 100)::bigint, (sum(commission_amount) * 100)::bigint, 0, 0
FROM daily_sales WHERE tenant_id = :tenant_id AND account_id = :account_id AND sku_id = ANY(:skus)
     AND d BETWEEN :d_from AND :d_to GROUP BY sku_id, d, currency
"""

_MONEY_SCHEMA = {
    "sku_id": pl.Int64,
    "d": pl.Date,
    "currency": pl.String,
    "units": pl.Int64,
    **dict.fromkeys((*MONEY_COLUMNS, "marketing_kop", "other_kop"), pl.Int64),
}
