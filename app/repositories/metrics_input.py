"""The facts that metrics and advice are computed from, a chunk of SKUs at a time, as kopeck columns."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from app.db.copying import read_frame, scan_frame
from app.db.session import TenantTx
from app.domain.supply.policy import Policy
from app.repositories.catalogue import UNKNOWN, UNKNOWN_NAME, ensure_warehouse
from app.repositories.targets import MONEY

LONGEST_WINDOW = 28
SETTLING_SOURCES = ("wb.finance", "ozon.accruals")
"""Sources whose complete day means that the day's money is settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkFacts:
    """Facts of some SKUs of one account, as they are stored, money in rubles (exact decimals).

    ``lines``: finance rows: sku_id, d, currency, line, units, amount (signed). ``shared``: what is booked
    beside them: sku_id, d, currency, line, amount, kind. ``sales``: rows of the
    sales feed from 27 days before the first day asked: sku_id, d, currency, qty, refunds_qty, MONEY.
    ``stock``: sku_id, d, on_hand, in_transit, a row a warehouse. ``costs``: sku_id, dt_from, cost_kop.
    ``first_sales``: sku_id, first_d. The long ones are lazy: parsing them is the computing thread's work.
    """

    account_id: int
    marketplace: str
    settled_days: pl.Series
    lines: pl.LazyFrame
    shared: pl.LazyFrame
    sales: pl.LazyFrame
    stock: pl.LazyFrame
    costs: pl.DataFrame
    first_sales: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceFacts:
    """What advice for one day needs of some SKUs. ``by_warehouse``: sku_id, warehouse_id, qty sold in
    the longest window; ``marketplace`` of the account."""

    account_id: int
    marketplace: str
    sales: pl.LazyFrame
    stock: pl.LazyFrame
    first_sales: pl.DataFrame
    by_warehouse: pl.DataFrame
    unknown_warehouse: int


@dataclass(frozen=True, slots=True)
class SkuChunk:
    """Some SKUs of one account, in order; ``whole``: all that it has from the first to the last."""

    account_id: int
    skus: list[int]
    whole: bool

    @property
    def ends(self) -> tuple[int, int]:
        """The first and the last."""
        return self.skus[0], self.skus[-1]

    def has(self, column: str) -> str:
        """SQL: is it one of these? A range, where it will do, is read twice as fast as a list."""
        if self.whole:
            return f"{column} BETWEEN {self.ends[0]:d} AND {self.ends[1]:d}"
        return f"{column} IN ({', '.join(f'{sku:d}' for sku in self.skus)})"


def chunks(tx: TenantTx, sku_ids: list[int] | None, size: int) -> list[SkuChunk]:
    """The tenant's SKUs, or those given, ``size`` at a time, each account's by themselves."""
    only = "" if sku_ids is None else "AND id = ANY(:sku_ids)"
    rows = tx.run(
        f"SELECT account_id, array_agg(id ORDER BY id) AS ids FROM sku WHERE tenant_id = :tenant_id {only} "
        "GROUP BY account_id ORDER BY account_id",
        **({} if sku_ids is None else {"sku_ids": sku_ids}),
    )
    return [
        SkuChunk(row.account_id, row.ids[start : start + size], whole=sku_ids is None)
        for row in rows
        for start in range(0, len(row.ids), size)
    ]


def read(tx: TenantTx, chunk: SkuChunk, d_from: date, d_to: date) -> ChunkFacts:
    """Facts of these SKUs for metrics of ``d_from..d_to``."""
    since = d_from - timedelta(days=LONGEST_WINDOW - 1)
    return ChunkFacts(
        account_id=chunk.account_id,
        marketplace=_marketplace(tx, chunk.account_id),
        settled_days=_settled_days(tx, chunk.account_id, d_from, d_to),
        lines=_facts(tx, chunk, "settlement_line", _LINES, d_from, d_to),
        shared=_facts(tx, chunk, "shared_cost_daily", _SHARED, d_from, d_to),
        sales=_facts(tx, chunk, "daily_sales", _SALES, since, d_to),
        stock=_facts(tx, chunk, "daily_stock", _STOCK, d_from, d_to),
        costs=read_frame(
            tx,
            "SELECT sku_id, dt_from, (cost_price * 100)::bigint FROM cost_price_history "
            f"WHERE tenant_id = :tenant_id AND {chunk.has('sku_id')}",
            {"sku_id": pl.Int64, "dt_from": pl.Date, "cost_kop": pl.Int64},
        ),
        first_sales=_first_sales(tx, chunk),
    )


def read_advice(tx: TenantTx, chunk: SkuChunk, d: date, policy: Policy) -> AdviceFacts:
    """Facts of these SKUs for the advice of day ``d``."""
    longest = max(policy.aggr_days_wb, policy.aggr_days_ozon)
    marketplace = _marketplace(tx, chunk.account_id)
    return AdviceFacts(
        account_id=chunk.account_id,
        marketplace=marketplace,
        sales=_facts(tx, chunk, "daily_sales", _PIECES, d - timedelta(days=longest - 1), d),
        stock=_facts(tx, chunk, "daily_stock", _STOCK, d, d),
        first_sales=_first_sales(tx, chunk),
        by_warehouse=read_frame(
            tx,
            "SELECT sku_id, warehouse_id, sum(qty) FROM daily_sales WHERE tenant_id = :tenant_id "
            f"AND account_id = :account_id AND {chunk.has('sku_id')} AND d BETWEEN :since AND :d "
            "GROUP BY sku_id, warehouse_id HAVING sum(qty) > 0 ORDER BY sku_id, warehouse_id",
            {"sku_id": pl.Int64, "warehouse_id": pl.Int64, "sold": pl.Int64},
            account_id=chunk.account_id,
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


def _facts(
    tx: TenantTx, chunk: SkuChunk, table: str, columns: dict[str, Any], d_from: date, d_to: date
) -> pl.LazyFrame:
    """Rows as they are: grouping them in columns takes a quarter of the time that sums of NUMERIC do."""
    return scan_frame(
        tx,
        f"SELECT {', '.join(columns)} FROM {table} WHERE tenant_id = :tenant_id "
        f"AND account_id = :account_id AND {chunk.has('sku_id')} AND d BETWEEN :d_from AND :d_to",
        columns,
        account_id=chunk.account_id,
        d_from=d_from,
        d_to=d_to,
    )


def _first_sales(tx: TenantTx, chunk: SkuChunk) -> pl.DataFrame:
    return read_frame(
        tx,
        f"SELECT id, first_sold FROM sku WHERE tenant_id = :tenant_id AND {chunk.has('id')} "
        "AND first_sold IS NOT NULL",
        {"sku_id": pl.Int64, "first_d": pl.Date},
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


_SKU_DAY = {"sku_id": pl.Int64, "d": pl.Date}
_RUBLES = pl.Decimal(14, 2)
_LINES = {**_SKU_DAY, "currency": pl.String, "line": pl.String, "units": pl.Int64, "amount": _RUBLES}
_SHARED = {**_SKU_DAY, "currency": pl.String, "line": pl.String, "amount": _RUBLES, "kind": pl.String}
_SALES = {
    **_SKU_DAY,
    "currency": pl.String,
    **dict.fromkeys(("qty", "refunds_qty"), pl.Int64),
    **dict.fromkeys(MONEY, _RUBLES),
}
_PIECES = {**_SKU_DAY, "qty": pl.Int64}
_STOCK = {**_SKU_DAY, **dict.fromkeys(("on_hand", "in_transit"), pl.Int64)}
