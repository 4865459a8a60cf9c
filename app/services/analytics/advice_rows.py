"""From a chunk's facts to rows of advice_supply: recommend, split over warehouses, say why."""

from datetime import date

import polars as pl

from app.domain.supply.advice import rationale_hash, with_split
from app.domain.supply.inventory import std_column, velocity_column, with_advice, with_window_sums
from app.domain.supply.policy import Policy
from app.repositories.metrics_input import AdviceFacts
from app.services.analytics.metric_rows import TEN_THOUSANDTH, exact, stock_of_days


def advice_rows(facts: AdviceFacts, d: date, policy: Policy) -> pl.DataFrame:
    """Advice for every SKU with stock on ``d`` or sales in the window, split by share of sales.

    A SKU without a sale in the window gets its advice (0 pieces) on the unknown warehouse.

    On hand and in transit are the marketplace's own figures: Wildberries' in_transit is goods coming back
    from buyers, Ozon's those and its deliveries on their way. What has left the seller's own shelf since,
    and what lies on it, moves by the minute: it is set against the advice where that is read, by
    ``ShowParts`` of services/warehouse/transit.py, and never stored in it, or it would be taken twice.
    """
    days = policy.aggr_days(facts.marketplace)
    stock = stock_of_days(facts.stock.collect()).drop("d")
    skus = pl.concat([stock.select("sku_id"), facts.by_warehouse.select("sku_id")]).unique().sort("sku_id")
    base = (
        skus.with_columns(d=pl.lit(d))
        .join(stock, on="sku_id", how="left")
        .with_columns(pl.col("on_hand", "in_transit").fill_null(0))
    )
    sums = with_window_sums(base, facts.sales.collect(), windows=(days,), first_sales=facts.first_sales)
    each = [_of_window(sums, facts, policy, days, window) for window in policy.windows]
    return pl.concat(each).with_columns(account_id=pl.lit(facts.account_id, pl.Int64))


def _of_window(
    sums: pl.DataFrame, facts: AdviceFacts, policy: Policy, days: int, window: int
) -> pl.DataFrame:
    units, squares, known = (pl.col(f"{what}_{days}") for what in ("units", "squares", "days"))
    advised = (
        with_advice(sums, days, window, policy.safety_coeff)
        .lazy()
        .with_columns(
            velocity_e4=velocity_column(units, known).fill_null(0),
            std_e4=std_column(units, squares, known).fill_null(0),
            safety=pl.col("safety_qty").fill_null(0),
        )
        .collect()
    )
    parameters = policy.parameters(facts.marketplace, window)
    inputs = advised.select(
        "sku_id",
        "d",
        "on_hand",
        "in_transit",
        "recommended_qty",
        f"units_{days}",
        f"squares_{days}",
        f"days_{days}",
    )
    reasons = [f"\\x{rationale_hash({**row, **parameters})}" for row in inputs.iter_rows(named=True)]
    placed = (
        advised.with_columns(rationale_hash=pl.Series(reasons, dtype=pl.String))
        .join(facts.by_warehouse, on="sku_id", how="left", maintain_order="left_right")
        .with_columns(
            pl.col("warehouse_id").fill_null(facts.unknown_warehouse),
            pl.col("sold").fill_null(0),
        )
    )
    return with_split(placed, ["sku_id"], total="recommended_qty", share="sold").select(
        "d",
        "sku_id",
        "warehouse_id",
        window_days=pl.lit(window, pl.Int64),
        recommended_qty=pl.col("part"),
        velocity=exact(pl.col("velocity_e4"), TEN_THOUSANDTH),
        demand_std=exact(pl.col("std_e4"), TEN_THOUSANDTH),
        safety=pl.col("safety"),
        on_hand=pl.col("on_hand"),
        in_transit=pl.col("in_transit"),
        rationale_hash=pl.col("rationale_hash"),
    )
