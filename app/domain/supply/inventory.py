"""Sales velocity, days of cover and how much to supply.

Scalar forms take one SKU's dense list of daily pieces (from its first sale on, a day without a row
is 0) and compute in ``Decimal``. Columnar forms compute the same figures for many SKU-days from
window sums, in integers. They agree to the last stored digit because both stand for one exact
rational: a velocity handed on in ``Decimal`` is the unrounded 28-digit quotient, never the stored
four decimals, and rounding happens once, at the end.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import polars as pl

from app.domain.money import RATIO_SCALE, WIDE_PRECISION, div_half_even

NO_SALES_COVER = Decimal(999)
"""The seed's sentinel for "sells nothing, lasts for ever"; columns say null instead."""

# A 28-digit quotient times a whole number may miss an exact half by its last digit (1/28 · 14) and
# tip the rounding. Cut to 18 decimals the half is a half again; true results nearer than 1e-18 to a
# half without being one need more than 10^8 pieces.
_NOISE_FREE = Decimal("1E-18")
_PRECISION = 28


def daily_pieces(sold: Mapping[date, int], until: date) -> list[int]:
    """The dense list of one SKU: pieces of each day from its first sale to ``until``; no entry is 0.

    Empty where nothing was sold by then. The first sale is the first day with more than 0 pieces.
    """
    first = min((d for d, qty in sold.items() if qty > 0), default=None)
    if first is None:
        return []
    return [sold.get(first + timedelta(days=i), 0) for i in range((until - first).days + 1)]


def rolling_velocity(qty_by_day: Sequence[int], window: int) -> Decimal:
    """Pieces a day over the last ``window`` days of the list, or over all of a shorter one.

    A 28-digit quotient, unrounded; 0 for an empty list. ``ValueError`` where ``window < 1``.
    """
    recent = _recent(qty_by_day, window)
    if not recent:
        return Decimal(0)
    with localcontext(prec=_PRECISION, rounding=ROUND_HALF_EVEN):
        return Decimal(sum(recent)) / len(recent)


def population_std(qty_by_day: Sequence[int], window: int) -> Decimal:
    """Population deviation (divisor n) of the same days that ``rolling_velocity`` takes; 0 for none."""
    recent = _recent(qty_by_day, window)
    n = len(recent)
    if not n:
        return Decimal(0)
    spread = n * sum(qty * qty for qty in recent) - sum(recent) ** 2
    with localcontext(prec=WIDE_PRECISION, rounding=ROUND_HALF_EVEN) as context:
        deviation = Decimal(spread).sqrt() / n
        context.prec = _PRECISION
        return +deviation


def _recent(qty_by_day: Sequence[int], window: int) -> Sequence[int]:
    if window < 1:
        raise ValueError("window: at least one day")
    return qty_by_day[-window:]


def stock_cover_days(on_hand: int, in_transit: int, velocity: Decimal) -> Decimal:
    """How many days the stock lasts at this velocity; 999 where nothing sells (sentinel)."""
    if velocity <= 0:
        return NO_SALES_COVER
    with localcontext(prec=WIDE_PRECISION, rounding=ROUND_HALF_EVEN):
        return (Decimal(on_hand + in_transit) / velocity).quantize(_NOISE_FREE)


def safety_stock(
    window_days: int, safety_coeff: Decimal = Decimal("1.5"), demand_std: Decimal = Decimal(0)
) -> int:
    """``safety_coeff · demand_std · √window_days`` rounded half-even to pieces; the root has 60 digits."""
    with localcontext(prec=WIDE_PRECISION, rounding=ROUND_HALF_EVEN):
        return _pieces(safety_coeff * demand_std * Decimal(window_days).sqrt())


def recommend_supply(
    sv: Decimal,
    window_days: int,
    on_hand: int,
    in_transit: int,
    safety_coeff: Decimal = Decimal("1.5"),
    demand_std: Decimal = Decimal(0),
) -> int:
    """Pieces to supply so that ``window_days`` of demand and a safety stock are covered; never below 0.

    Demand is ``sv`` times the window. The safety stock is rounded to pieces first, then its sum with
    the demand is, half-even both.
    """
    safety = safety_stock(window_days, safety_coeff, demand_std)
    with localcontext(prec=WIDE_PRECISION, rounding=ROUND_HALF_EVEN):
        need = _pieces(sv * window_days + safety)
    return max(0, need - on_hand - in_transit)


def _pieces(amount: Decimal) -> int:
    return int(amount.quantize(_NOISE_FREE).to_integral_value(ROUND_HALF_EVEN))


# --- the same for many SKU-days at once


def with_window_sums(
    sku_days: pl.DataFrame,
    sales: pl.DataFrame,
    windows: Sequence[int] = (7, 14, 28),
    first_sales: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Sums of the last w days up to each SKU-day: adds ``units_w``, ``squares_w``, ``days_w`` (Int64).

    ``sku_days``: ``sku_id`` (Int64), ``d`` (Date) and whatever else, which it keeps, rows in order.
    ``sales``: sparse ``sku_id``, ``d``, ``qty`` (Int64); several rows of one day are summed.
    ``first_sales``: ``sku_id``, ``first_d``, needed where ``sales`` does not reach back to each SKU's
    first sale; without it the first row with ``qty > 0`` is the first sale. Days before it do not
    count; ``days_w`` is min(w, days since then), 0 for a SKU that has never sold.

    Lays a dense grid over the SKUs and the days between the earliest and latest asked: memory is
    about 50 bytes a cell, so a caller with many SKUs comes in chunks of some thousands.
    """
    if min(windows) < 1:
        raise ValueError("windows: each at least one day")
    if sku_days.is_empty():
        names = [f"{what}_{w}" for w in windows for what in ("units", "squares", "days")]
        return sku_days.with_columns(pl.lit(None, pl.Int64).alias(name) for name in names)

    if first_sales is None:
        first_sales = sales.filter(pl.col("qty") > 0).group_by("sku_id").agg(first_d=pl.col("d").min())
    last = sku_days.select(pl.col("d").max()).item()
    # One day more than the longest window: a window sum is a difference of two running totals.
    start = sku_days.select(pl.col("d").min()).item() - timedelta(days=max(windows))
    width = (last - start).days + 1
    skus = (
        sku_days.select(pl.col("sku_id").unique().sort())
        .with_row_index("_sku")
        .join(first_sales.select("sku_id", _first="first_d"), on="sku_id", how="left", maintain_order="left")
        .with_columns(pl.col("_sku").cast(pl.Int64))
    )
    cell = pl.col("_sku") * width + (pl.col("d") - start).dt.total_days()

    sold = (
        sales.filter(pl.col("d").is_between(start, last))
        .join(skus, on="sku_id")
        .filter(pl.col("d") >= pl.col("_first"))
        .group_by(cell.alias("cell"))
        .agg(pl.col("qty").sum())
    )
    units = pl.zeros(skus.height * width, dtype=pl.Int64, eager=True).scatter(sold["cell"], sold["qty"])
    running_units, running_squares = units.cum_sum(), (units * units).cum_sum()

    placed = sku_days.join(skus, on="sku_id", how="left", maintain_order="left")
    at = placed.select(cell).to_series()
    since_first = ((pl.col("d") - pl.col("_first")).dt.total_days() + 1).clip(lower_bound=0).fill_null(0)
    return placed.with_columns(
        column
        for w in windows
        for column in (
            (running_units.gather(at) - running_units.gather(at - w)).alias(f"units_{w}"),
            (running_squares.gather(at) - running_squares.gather(at - w)).alias(f"squares_{w}"),
            since_first.clip(upper_bound=w).alias(f"days_{w}"),
        )
    ).drop("_sku", "_first")


def velocity_column(units: pl.Expr, days: pl.Expr) -> pl.Expr:
    """``ratio(rolling_velocity(...))`` from window sums, Int64 ten-thousandths; 0 where days are 0."""
    return pl.when(days == 0).then(0).otherwise(div_half_even(units * RATIO_SCALE, days))


def std_column(units: pl.Expr, squares: pl.Expr, days: pl.Expr) -> pl.Expr:
    """``ratio(population_std(...))`` from window sums, Int64 ten-thousandths; 0 where days are 0."""
    deviation = _root_half_even(RATIO_SCALE, _spread(units, squares, days), days)
    return pl.when(days == 0).then(0).otherwise(deviation)


def cover_column(on_hand: pl.Expr, in_transit: pl.Expr, units: pl.Expr, days: pl.Expr) -> pl.Expr:
    """``ratio(stock_cover_days(...))`` from window sums, Int64 ten-thousandths; null where nothing sells."""
    lasts = div_half_even((on_hand + in_transit) * RATIO_SCALE * days, units)
    return pl.when(units > 0).then(lasts)


def safety_column(
    units: pl.Expr,
    squares: pl.Expr,
    days: pl.Expr,
    window_days: int,
    safety_coeff: Decimal = Decimal("1.5"),
) -> pl.Expr:
    """``safety_stock`` with the deviation of window sums: Int64 pieces; 0 where days are 0.

    ``safety_coeff`` must not be negative.
    """
    times, over = safety_coeff.as_integer_ratio()
    safety = _root_half_even(times, _spread(units, squares, days) * window_days, days * over)
    return pl.when(days == 0).then(0).otherwise(safety)


def with_advice(
    rows: pl.DataFrame, velocity_days: int, window_days: int, safety_coeff: Decimal = Decimal("1.5")
) -> pl.DataFrame:
    """``recommend_supply`` for many SKUs: adds ``safety_qty`` and ``recommended_qty`` (Int64 pieces).

    Needs ``on_hand``, ``in_transit`` (Int64) and the window sums of ``velocity_days`` days, which give
    both velocity and deviation. The advice is null where the stock is null.
    """
    units, squares, days = (pl.col(f"{what}_{velocity_days}") for what in ("units", "squares", "days"))
    safety = pl.col("safety_qty")
    need = div_half_even(units * window_days + safety * days, days)
    return (
        # Lazy, because only there polars computes a repeated part of an expression once: 3 times faster.
        rows.lazy()
        .with_columns(safety_qty=safety_column(units, squares, days, window_days, safety_coeff))
        .with_columns(_need=pl.when(days == 0).then(0).otherwise(need))
        .with_columns(
            recommended_qty=(pl.col("_need") - pl.col("on_hand") - pl.col("in_transit")).clip(lower_bound=0)
        )
        .drop("_need")
        .collect()
    )


def _spread(units: pl.Expr, squares: pl.Expr, days: pl.Expr) -> pl.Expr:
    """n² times the population variance: a whole number."""
    return days * squares - units * units


def _root_half_even(times: int, radicand: pl.Expr, over: pl.Expr) -> pl.Expr:
    """``times · √radicand / over`` of integer columns, exactly rounded half-even to Int64.

    Works on twice the value, whose floor shows the half. A float root makes the first guess, off by
    one at most below 2⁵²; the comparison of squares in 128 bits, which corrects it, is exact.
    """
    square = radicand.cast(pl.Int128) * (4 * times * times)
    step = over.cast(pl.Int128) * over
    guess = (radicand.cast(pl.Float64).sqrt() * (2 * times) / over).floor()
    guess = pl.when(over != 0).then(guess).cast(pl.Int128)
    twice = (
        guess
        + ((guess + 1) * (guess + 1) * step <= square).cast(pl.Int128)
        - (guess * guess * step > square).cast(pl.Int128)
    )
    whole, is_half = twice // 2, twice % 2 != 0
    up = is_half & ((twice * twice * step != square) | (whole % 2 != 0))
    return (whole + up.cast(pl.Int128)).cast(pl.Int64)
