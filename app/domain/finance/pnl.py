"""Profit of one SKU on one day: revenue, cost of goods, profit, margin.

Each formula has a scalar form (``Decimal`` rubles, one SKU-day) and a columnar one (polars, Int64
kopecks, many SKU-days); the plain sums are one function for both. The scalar sentinels (cost 0 and
margin 0 where unknown) never leave the scalar functions: a column says null, and null is stored.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

import polars as pl

from app.domain.money import RATIO_SCALE, div_half_even

Amount = TypeVar("Amount", Decimal, pl.Expr)
"""Rubles as ``Decimal``, or a column of kopecks."""

Pieces = TypeVar("Pieces", int, pl.Expr)
"""Whole pieces: a number, or a column of them."""


class CostPoint(NamedTuple):
    """From ``dt_from`` on, one piece costs ``cost_price`` rubles. A plain tuple serves as well."""

    dt_from: date
    cost_price: Decimal


def calc_revenue_net(
    revenue_gross: Amount,
    refunds_amount: Amount,
    promo_cost: Amount,
    delivery_cost: Amount,
    commission_amount: Amount,
) -> Amount:
    """What is left of the sales after returns and the marketplace's share; may be negative.

    All arguments are magnitudes (a cost is positive), in rubles or as columns of kopecks.
    """
    return revenue_gross - refunds_amount - promo_cost - delivery_cost - commission_amount


def net_units(qty: Pieces, refunds_qty: Pieces) -> Pieces:
    """Pieces whose cost the day bears: a returned piece brings its cost back."""
    return qty - refunds_qty


def known_cost(d: date, cost_history: Iterable[tuple[date, Decimal]]) -> Decimal | None:
    """Cost of one piece valid on ``d``, in rubles: the last point with ``dt_from <= d``.

    None where there is none: unknown, which is not free. The history may come in any order; of two
    points of one day the later in the given order counts.
    """
    cost: Decimal | None = None
    for dt_from, cost_price in sorted(cost_history, key=lambda point: point[0]):
        if dt_from > d:
            break
        cost = cost_price
    return cost


def calc_cogs(
    qty: int,
    d: date,
    sku_id: int,  # noqa: ARG001  the seed's signature: names the SKU whose history is given
    cost_history: Iterable[tuple[date, Decimal]],
) -> Decimal:
    """Cost of ``qty`` pieces sold on day ``d``, in rubles.

    Zero where no cost is known (the seed's convention); whoever stores or shows a cost asks
    ``known_cost`` first.
    """
    cost = known_cost(d, cost_history)
    return Decimal(0) if cost is None else cost * qty


def calc_profit(revenue_net: Amount, cogs: Amount, marketing: Amount | int = 0) -> Amount:
    """Net revenue less cost of goods and marketing. As a column: null where any of them is null."""
    return revenue_net - cogs - marketing


def calc_margin(profit: Decimal, revenue_net: Decimal) -> Decimal:
    """Profit in percent of net revenue, unrounded; zero where revenue is not positive (sentinel)."""
    if revenue_net <= 0:
        return Decimal(0)
    return profit * 100 / revenue_net


def margin_column(profit: pl.Expr, revenue_net: pl.Expr) -> pl.Expr:
    """``ratio(calc_margin(...))`` of kopeck columns as Int64 ten-thousandths of a percent.

    Null where profit is unknown or revenue is not positive.
    """
    # 128 bits: the millionfold of a profit above 92 billion rubles does not fit into 64.
    percent = div_half_even(profit.cast(pl.Int128) * (100 * RATIO_SCALE), revenue_net.cast(pl.Int128))
    return pl.when(revenue_net > 0).then(percent).cast(pl.Int64)


def with_known_cost(sku_days: pl.DataFrame, costs: pl.DataFrame) -> pl.DataFrame:
    """``known_cost`` for many SKU-days: adds ``cost_kop`` (Int64, null where unknown).

    ``sku_days`` has ``sku_id`` (Int64) and ``d`` (Date) and whatever else, which it keeps, rows in
    their order. ``costs`` is the history: ``sku_id``, ``dt_from`` (Date), ``cost_kop`` (Int64).
    """
    history = costs.select("sku_id", "dt_from", "cost_kop").sort("sku_id", "dt_from", maintain_order=True)
    return (
        sku_days.with_row_index("_row")
        .sort("sku_id", "d")
        # Sorted just above; polars cannot see it within groups and would warn.
        .join_asof(history, left_on="d", right_on="dt_from", by="sku_id", check_sortedness=False)
        .sort("_row")
        .drop("_row", "dt_from")
    )


def with_pnl(sku_days: pl.DataFrame) -> pl.DataFrame:
    """The day's P&L beside each row: adds ``cogs_kop``, ``profit_kop`` and ``margin_e4`` (Int64).

    Needs ``units`` (``net_units``), ``revenue_net_kop``, ``marketing_kop`` and ``cost_kop`` (Int64).
    All three are null where the cost is unknown; the margin also where revenue is not positive.
    """
    return (
        sku_days.with_columns(cogs_kop=pl.col("units") * pl.col("cost_kop"))
        .with_columns(
            profit_kop=calc_profit(pl.col("revenue_net_kop"), pl.col("cogs_kop"), pl.col("marketing_kop"))
        )
        .with_columns(margin_e4=margin_column(pl.col("profit_kop"), pl.col("revenue_net_kop")))
    )
