"""Rows of money into the columns of the P&L: one row a SKU-day and currency, in kopecks.

Both sources give the same columns: sku_id, d, currency, units (sold less returned), the five of
``MONEY`` as costs >= 0, marketing_kop (a cost), other_kop (signed).
"""

import polars as pl

from app.domain.finance.settlement import (
    COMMISSION_LINES,
    DELIVERY_LINES,
    MARKETING_LINES,
    OUTSIDE_PROFIT,
    PROMO_LINES,
    PnlLine,
)
from app.repositories.targets import MONEY

_KEY = ("sku_id", "d", "currency")

_COST_LINES = {
    "refunds_amount": frozenset({PnlLine.RETURN}),
    "promo_cost": PROMO_LINES,
    "delivery_cost": DELIVERY_LINES,
    "commission_amount": COMMISSION_LINES,
    "marketing": MARKETING_LINES,
}
_OTHER = frozenset(PnlLine) - OUTSIDE_PROFIT - {PnlLine.SALE} - frozenset().union(*_COST_LINES.values())


def kopecks(name: str) -> str:
    """The name of a money column counted in kopecks."""
    return f"{name}_kop"


def of_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Finance rows (line, units, amount in rubles, signed) by SKU-day and currency."""
    amount = _in_kopecks("amount")
    costs = [_of(kinds, -amount).alias(kopecks(name)) for name, kinds in _COST_LINES.items()]
    gross = _of(frozenset({PnlLine.SALE}), amount).alias(kopecks("revenue_gross"))
    return (
        lines.lazy()
        .select(*_KEY, "units", gross, *costs, _of(_OTHER, amount).alias("other_kop"))
        .group_by(_KEY)
        .agg(pl.all().sum())
        .collect()
    )


def of_sales(sales: pl.DataFrame) -> pl.DataFrame:
    """Rows of the sales feed (qty, refunds_qty, MONEY in rubles) by SKU-day and currency."""
    return (
        sales.lazy()
        .select(
            *_KEY,
            (pl.col("qty") - pl.col("refunds_qty")).alias("units"),
            *(_in_kopecks(name).alias(kopecks(name)) for name in MONEY),
        )
        .group_by(_KEY)
        .agg(pl.all().sum())
        .collect()
    )


def _in_kopecks(name: str) -> pl.Expr:
    return (pl.col(name) * 100).cast(pl.Int64)


def _of(kinds: frozenset[PnlLine], amount: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("line").is_in([str(kind) for kind in kinds])).then(amount).otherwise(0)
