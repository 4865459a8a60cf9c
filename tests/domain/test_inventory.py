"""Velocity, cover and advice: the scalar rules, and the columns that must say the same."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import isqrt

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.money import to_ten_thousandths
from app.domain.supply.inventory import (
    cover_column,
    daily_pieces,
    population_std,
    recommend_supply,
    rolling_velocity,
    safety_column,
    safety_stock,
    std_column,
    stock_cover_days,
    velocity_column,
    with_advice,
    with_window_sums,
)
from tests.domain.columns import checked, computed, dated_frame, day, int_frame

units, squares, days_of = pl.col("units"), pl.col("squares"), pl.col("days")
on_hand, in_transit = pl.col("on_hand"), pl.col("in_transit")

Sales = dict[int, dict[int, int]]  # sku -> day number -> pieces
daily_lists = st.lists(st.integers(0, 400), max_size=40)
sales_of_skus = st.dictionaries(
    st.integers(1, 4), st.dictionaries(st.integers(0, 45), st.integers(-5, 60), max_size=12), max_size=4
)


def sums_of(lists: list[list[int]], window: int) -> pl.DataFrame:
    recent = [pieces[-window:] for pieces in lists]
    return int_frame(
        units=[sum(pieces) for pieces in recent],
        squares=[sum(q * q for q in pieces) for pieces in recent],
        days=[len(pieces) for pieces in recent],
    )


def named(frame: pl.DataFrame, window: int) -> pl.DataFrame:
    """The sums under the names that ``with_window_sums`` gives them."""
    return frame.rename({what: f"{what}_{window}" for what in ("units", "squares", "days")})


# --- scalar


def test_a_day_without_a_row_is_a_day_without_a_sale() -> None:
    sold = {day(1): 0, day(2): 4, day(4): 1, day(9): 7}
    assert daily_pieces(sold, until=day(5)) == [4, 0, 1, 0]


def test_what_was_not_sold_yet_has_no_days() -> None:
    assert daily_pieces({}, until=day(5)) == []
    assert daily_pieces({day(6): 1}, until=day(5)) == []


def test_velocity_takes_the_last_days_only() -> None:
    assert rolling_velocity([100, 1, 2], window=2) == Decimal("1.5")


def test_velocity_is_the_unrounded_quotient() -> None:
    assert rolling_velocity([1, 0, 0], window=7) == Decimal("0." + "3" * 28)


@pytest.mark.parametrize("window", [0, -1])
def test_a_window_without_days_is_refused(window: int) -> None:
    with pytest.raises(ValueError):
        rolling_velocity([1], window)
    with pytest.raises(ValueError):
        population_std([1], window)
    with pytest.raises(ValueError):
        with_window_sums(dated_frame([], []), dated_frame([], [], qty=[]), windows=(7, window))


def test_the_deviation_is_of_the_population() -> None:
    """The textbook's 2 4 4 4 5 5 7 9: mean 5, deviation exactly 2 (the sample's would be 2.138)."""
    assert population_std([2, 4, 4, 4, 5, 5, 7, 9], window=8) == 2
    assert population_std([1000, 2, 4], window=2) == 1
    assert population_std([], window=8) == 0


def test_safety_is_rounded_before_the_sum_is() -> None:
    """Safety 2.5 is 2 pieces, and 0.5 + 2 is 2 again; the plain sum would be 3. So for 0.4 + 0.4."""
    assert recommend_supply(Decimal("0.5"), 1, 0, 0, Decimal("2.5"), Decimal(1)) == 2
    assert recommend_supply(Decimal("0.4"), 1, 0, 0, Decimal("0.4"), Decimal(1)) == 0


def test_a_half_piece_survives_a_velocity_that_has_no_finite_decimals() -> None:
    """Odd totals over 28 days, for 14 days: need is total/2, an exact half, to even."""
    for total in range(1, 400, 2):
        velocity = rolling_velocity([0] * 27 + [total], window=28)
        assert recommend_supply(velocity, 14, 0, 0) == round(Fraction(total, 2)), total


def test_a_half_of_the_last_decimal_survives_the_division_of_the_cover() -> None:
    """3 pieces at 128 in 28 days last 0.65625 days."""
    velocity = rolling_velocity([0] * 27 + [128], window=28)
    assert stock_cover_days(3, 0, velocity) == Decimal("0.65625")
    assert to_ten_thousandths(stock_cover_days(3, 0, velocity)) == 6562


def test_returns_that_outweigh_sales_last_for_ever_and_need_nothing() -> None:
    assert stock_cover_days(10, 0, Decimal(-1)) == 999
    assert recommend_supply(Decimal(-1), 14, 0, 0) == 0


# --- columns


@checked
@given(sales_of_skus, st.lists(st.tuples(st.integers(1, 5), st.integers(-3, 50)), max_size=30))
@example({}, [(1, 0)])
@example({1: {0: 5}}, [])
@example({1: {3: -2, 5: 1}}, [(1, 3), (1, 4), (1, 5), (1, 6), (2, 5)])
@example({1: {0: 9, 1: 1, 45: 3}, 2: {7: 1}}, [(2, 6), (2, 7), (1, 45), (1, 45), (1, 7), (1, 6)])
def test_window_sums_are_the_sums_of_the_dense_list(sold: Sales, asked: list[tuple[int, int]]) -> None:
    windows = (1, 7, 14, 28)
    # Each day's pieces in two rows, as two warehouses hand them over.
    rows = [
        (sku, number, part)
        for sku, by_day in sold.items()
        for number, qty in by_day.items()
        for part in ((qty, 0) if qty <= 0 else (qty - qty // 3, qty // 3))
    ]
    sales = dated_frame([r[0] for r in rows], [r[1] for r in rows], qty=[r[2] for r in rows])
    frame = dated_frame([a[0] for a in asked], [a[1] for a in asked], tag=list(range(len(asked))))

    summed = with_window_sums(frame, sales, windows)

    assert summed.select(frame.columns).equals(frame)
    names = [f"{what}_{w}" for w in windows for what in ("units", "squares", "days")]
    assert summed.columns == [*frame.columns, *names]
    assert set(summed.select(names).dtypes) == {pl.Int64}
    for (sku, number), row in zip(asked, summed.iter_rows(named=True), strict=True):
        dense = daily_pieces({day(n): qty for n, qty in sold.get(sku, {}).items()}, day(number))
        for w in windows:
            recent = dense[-w:]
            expected = (sum(recent), sum(q * q for q in recent), len(recent))
            assert (row[f"units_{w}"], row[f"squares_{w}"], row[f"days_{w}"]) == expected


def test_a_first_sale_told_from_outside_counts_days_that_the_rows_do_not_reach() -> None:
    sales = dated_frame([1], [40], qty=[14])
    first = pl.DataFrame({"sku_id": [1, 2], "first_d": [date(2020, 1, 1), day(39)]})
    told = with_window_sums(dated_frame([1, 2, 3], [40, 40, 40]), sales, (14,), first)
    assert told["days_14"].to_list() == [14, 2, 0]
    assert told["units_14"].to_list() == [14, 0, 0]
    alone = with_window_sums(dated_frame([1], [40]), sales, (14,))
    assert alone["days_14"].to_list() == [1]


@checked
@given(
    st.lists(st.tuples(daily_lists, st.integers(0, 5000), st.integers(0, 500)), max_size=15),
    st.sampled_from([1, 7, 14, 28, 32]),
    st.sampled_from([1, 7, 14, 28]),
    st.sampled_from([Decimal(0), Decimal("0.05"), Decimal(1), Decimal("1.5"), Decimal("1.28")]),
)
@example([([], 3, 0), ([0], 3, 0), ([1], 0, 0), ([0] * 27 + [5], 0, 0)], 28, 14, Decimal("1.5"))
@example([([1, 0] * 16, 1, 0), ([3] + [0] * 31, 7, 0), ([5] * 32, 1, 0)], 32, 7, Decimal("0.5"))
@example([([1, 0], 0, 0), ([3, 0], 0, 0), ([5, 0], 0, 0), ([7, 0], 2, 1)], 7, 1, Decimal(1))
def test_columns_say_what_the_scalars_say(
    rows: list[tuple[list[int], int, int]], window: int, window_days: int, safety_coeff: Decimal
) -> None:
    frame = sums_of([r[0] for r in rows], window).with_columns(
        int_frame(on_hand=[r[1] for r in rows], in_transit=[r[2] for r in rows])
    )
    velocities = [rolling_velocity(pieces, window) for pieces, _, _ in rows]
    deviations = [population_std(pieces, window) for pieces, _, _ in rows]

    assert computed(frame, velocity_column(units, days_of)) == [to_ten_thousandths(v) for v in velocities]
    assert computed(frame, std_column(units, squares, days_of)) == [to_ten_thousandths(s) for s in deviations]
    assert computed(frame, cover_column(on_hand, in_transit, units, days_of)) == [
        to_ten_thousandths(stock_cover_days(here, coming, v)) if v > 0 else None
        for (_, here, coming), v in zip(rows, velocities, strict=True)
    ]
    assert computed(frame, safety_column(units, squares, days_of, window_days, safety_coeff)) == [
        safety_stock(window_days, safety_coeff, s) for s in deviations
    ]
    advised = with_advice(named(frame, window), window, window_days, safety_coeff)
    assert advised.schema["recommended_qty"] == pl.Int64
    assert advised["recommended_qty"].to_list() == [
        recommend_supply(v, window_days, here, coming, safety_coeff, s)
        for (_, here, coming), v, s in zip(rows, velocities, deviations, strict=True)
    ]


def test_a_safety_stock_of_exactly_half_a_piece_goes_to_even_in_both_forms() -> None:
    """Pieces 0 and 2k have deviation k; with coefficient 0.5 and one day the safety stock is k/2."""
    lists = [[0, 2 * k] for k in range(60)]
    frame = named(sums_of(lists, 2).with_columns(on_hand=pl.lit(0), in_transit=pl.lit(0)), 2)
    advised = with_advice(frame, 2, 1, Decimal("0.5"))
    expected = [k + round(Fraction(k, 2)) for k in range(60)]
    assert advised["recommended_qty"].to_list() == expected
    assert [
        recommend_supply(rolling_velocity(p, 2), 1, 0, 0, Decimal("0.5"), population_std(p, 2)) for p in lists
    ] == expected


def test_a_float_that_misses_the_root_is_corrected() -> None:
    """Spreads beside a square (the float is too high) and beside a half (too low), against integer roots."""
    spreads = [k * k + near for k in (10**4, 3 * 10**6, 10**9 + 7, 2 * 10**9 + 1) for near in (-1, 0, 1)]
    spreads += [4505094265766713, 4514495965626720, 8999040019601219953]
    frame = int_frame(units=[0] * len(spreads), squares=spreads, days=[1] * len(spreads))
    expected = [(isqrt(4 * 10**8 * spread) + 1) // 2 for spread in spreads]
    assert computed(frame, std_column(units, squares, days_of)) == expected


def test_unknown_stock_gives_no_cover_and_no_advice() -> None:
    frame = int_frame(units=[7], squares=[7], days=[7], on_hand=[None], in_transit=[0])
    assert computed(frame, cover_column(on_hand, in_transit, units, days_of)) == [None]
    assert with_advice(named(frame, 7), 7, 14)["recommended_qty"].to_list() == [None]


def test_the_seeds_worked_advice_in_columns() -> None:
    """Velocity 10, deviation 3, 14 days, 70 at hand or on the way: 140 + 17 - 70 = 87 (seed, section 4.2)."""
    frame = sums_of([[7, 13] * 7], 14).with_columns(on_hand=pl.lit(50), in_transit=pl.lit(20))
    assert computed(frame, std_column(units, squares, days_of)) == [30_000]
    assert with_advice(named(frame, 14), 14, 14).select("safety_qty", "recommended_qty").row(0) == (17, 87)
