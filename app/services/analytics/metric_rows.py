"""From a chunk's facts to rows of metrics_daily: the domain's columnar formulas, composed."""

from datetime import date
from decimal import Decimal

import polars as pl

from app.domain.finance.pnl import calc_revenue_net, with_known_cost, with_pnl
from app.domain.supply.inventory import cover_column, velocity_column, with_window_sums
from app.domain.supply.policy import Policy
from app.repositories.metrics_input import ChunkFacts
from app.repositories.targets import MONEY
from app.services.analytics.money_columns import kopecks, of_lines, of_sales

DEFAULT_CURRENCY = "RUB"
"""Of a SKU-day that has stock but no money."""

ADS_SPENT = "ads_spent"
"""The kind of shared costs that a day has before it is settled."""

VELOCITIES = (7, 14, 28)
KOPECK, TEN_THOUSANDTH = Decimal("0.01"), Decimal("0.0001")


def metric_rows(facts: ChunkFacts, d_from: date, policy: Policy) -> pl.DataFrame:
    """One row for every SKU-day from ``d_from`` with a sale, return, cost or stock, in metrics_daily's
    columns and the order of its key.

    Money of a settled day is the finance report's, of any other the sales feed's. What is booked beside
    the report goes with it, but for advertising: that is known, and counted, before it.
    """
    settled_day = pl.col("d").is_in(facts.settled_days.implode())
    lines, shared, sales, stock = pl.collect_all([facts.lines, facts.shared, facts.sales, facts.stock])
    beside = shared.with_columns(units=pl.lit(0, pl.Int64))
    spent = beside.filter(~settled_day & (pl.col("kind") == ADS_SPENT))
    lines = pl.concat([lines.filter(settled_day), beside.filter(settled_day).select(lines.columns)])
    money = _money(lines, spent, sales.filter(pl.col("d") >= d_from), settled_day)
    cover_days = policy.aggr_days(facts.marketplace)
    computed = _computed(_with_stock(money, stock, settled_day), sales, facts, cover_days)
    return _columns(computed, facts.account_id, cover_days)


def _money(
    lines: pl.DataFrame, spent: pl.DataFrame, sold: pl.DataFrame, settled_day: pl.Expr
) -> pl.DataFrame:
    """Settled rows of settled days, preliminary rows of the others; a sale on a settled day that the
    report books elsewhere keeps its row, without money."""
    key = ["sku_id", "d", "currency"]
    settled = of_lines(lines).with_columns(is_preliminary=pl.lit(False))
    early = of_sales(sold.filter(~settled_day))
    if spent.height:
        both = pl.concat([early, of_lines(spent)], how="diagonal")
        early = both.group_by(key).agg(pl.all().sum())
    early = early.with_columns(is_preliminary=pl.lit(True))
    bare = (
        sold.filter(settled_day)
        .select(key)
        .unique()
        .join(settled.select(key), on=key, how="anti")
        .with_columns(is_preliminary=pl.lit(False))
    )
    return pl.concat([settled, early, bare], how="diagonal")


def _with_stock(money: pl.DataFrame, by_warehouse: pl.DataFrame, settled_day: pl.Expr) -> pl.DataFrame:
    """Stock beside the money; stock alone makes a row too."""
    stock = stock_of_days(by_warehouse)
    alone = (
        stock.select("sku_id", "d")
        .join(money.select("sku_id", "d").unique(), on=["sku_id", "d"], how="anti")
        .with_columns(currency=pl.lit(DEFAULT_CURRENCY), is_preliminary=~settled_day)
    )
    zeros = ["units", *(kopecks(name) for name in MONEY), "marketing_kop", "other_kop"]
    return (
        pl.concat([money, alone], how="diagonal")
        .with_columns(pl.col(zeros).fill_null(0))
        .join(stock, on=["sku_id", "d"], how="left")
        # The order of the key: neighbouring rows go to one partition and one page of its index.
        .sort("d", "sku_id", "currency")
    )


def stock_of_days(by_warehouse: pl.DataFrame) -> pl.DataFrame:
    """Stock of each SKU-day, all warehouses together."""
    return by_warehouse.group_by("sku_id", "d").agg(pl.col("on_hand", "in_transit").sum())


def _computed(days: pl.DataFrame, sales: pl.DataFrame, facts: ChunkFacts, cover_days: int) -> pl.DataFrame:
    costed = with_known_cost(days, facts.costs).with_columns(
        revenue_net_kop=calc_revenue_net(*(pl.col(kopecks(name)) for name in MONEY))
    )
    # What is neither revenue nor marketing (storage, penalties, compensation) still moves the profit.
    profit = with_pnl(costed.with_columns(marketing_kop=pl.col("marketing_kop") - pl.col("other_kop")))
    sums = with_window_sums(profit, sales, sorted({*VELOCITIES, cover_days}), facts.first_sales)
    return sums.with_columns(marketing_kop=pl.col("marketing_kop") + pl.col("other_kop"))


def _columns(rows: pl.DataFrame, account_id: int, cover_days: int) -> pl.DataFrame:
    """The table's columns, exact decimals instead of scaled integers."""
    money = {
        "revenue_gross": kopecks("revenue_gross"),
        "revenue_net": "revenue_net_kop",
        "marketing": "marketing_kop",
        "other_net": "other_kop",
        "cogs": "cogs_kop",
        "profit": "profit_kop",
    }
    ratios = {
        "margin": pl.col("margin_e4"),
        **{f"sv{w}": velocity_column(pl.col(f"units_{w}"), pl.col(f"days_{w}")) for w in VELOCITIES},
        "stock_cover_days": cover_column(
            pl.col("on_hand"),
            pl.col("in_transit"),
            pl.col(f"units_{cover_days}"),
            pl.col(f"days_{cover_days}"),
        ),
    }
    return (
        rows.lazy()
        .with_columns(
            pl.lit(account_id, pl.Int64).alias("account_id"),
            *(exact(pl.col(scaled), KOPECK).alias(name) for name, scaled in money.items()),
            *(exact(scaled, TEN_THOUSANDTH).alias(name) for name, scaled in ratios.items()),
        )
        .collect()
    )


def exact(scaled: pl.Expr, unit: Decimal) -> pl.Expr:
    """A scaled integer as a decimal: multiplying is exact in polars, dividing would truncate."""
    return scaled.cast(pl.Decimal(20, 0)) * pl.lit(unit)
