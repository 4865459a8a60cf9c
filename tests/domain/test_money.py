from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import (
    div_half_even,
    from_kopecks,
    from_ten_thousandths,
    ratio,
    rubles,
    to_kopecks,
    to_ten_thousandths,
)
from tests.domain.columns import checked, computed, int_frame


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.005", "0.00"), ("0.015", "0.02"), ("0.025", "0.02"), ("-0.015", "-0.02"), ("1.0250001", "1.03")],
)
def test_a_half_kopeck_goes_to_the_even_side(amount: str, rounded: str) -> None:
    assert rubles(Decimal(amount)) == Decimal(rounded)


def test_a_ratio_keeps_four_decimals_and_rounds_a_half_to_even() -> None:
    assert str(ratio(Decimal("0.00005"))) == "0.0000"
    assert str(ratio(Decimal("0.00015"))) == "0.0002"
    assert str(ratio(Decimal(79) / 7)) == "11.2857"


def test_the_largest_stored_figures_are_rounded_not_refused() -> None:
    assert rubles(Decimal("999999999999.994999999999999999999999")) == Decimal("999999999999.99")
    assert ratio(Decimal("9999999999999999.99994999999999999999")) == Decimal("9999999999999999.9999")


def test_nothing_is_ever_minus_zero() -> None:
    assert str(rubles(Decimal("-0.004"))) == "0.00"
    assert str(ratio(Decimal("-0.00004"))) == "0.0000"


def test_rubles_become_kopecks_and_come_back() -> None:
    assert to_kopecks(Decimal("12345.67")) == 1_234_567
    assert to_kopecks(Decimal("-0.01")) == -1
    assert str(from_kopecks(-5)) == "-0.05"
    assert str(from_kopecks(700)) == "7.00"


def test_a_percent_becomes_ten_thousandths_and_comes_back() -> None:
    assert to_ten_thousandths(Decimal(30)) == 300_000
    assert str(from_ten_thousandths(112_857)) == "11.2857"


@checked
@given(st.integers(-(10**14), 10**14))
def test_any_amount_that_fits_the_database_survives_the_way_to_kopecks_and_back(kopecks: int) -> None:
    assert to_kopecks(from_kopecks(kopecks)) == kopecks
    assert to_ten_thousandths(from_ten_thousandths(kopecks)) == kopecks


@checked
@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(1, 60)), max_size=200))
def test_columns_divide_as_exact_fractions_do(pairs: list[tuple[int, int]]) -> None:
    frame = int_frame(over=[a for a, _ in pairs], under=[b for _, b in pairs])
    expected = [round(Fraction(a, b)) for a, b in pairs]
    assert computed(frame, div_half_even(pl.col("over"), pl.col("under"))) == expected


def test_columns_round_halves_to_even_on_both_sides_of_zero() -> None:
    frame = int_frame(over=[-7, -5, -3, -1, 1, 3, 5, 7], under=[2] * 8)
    assert computed(frame, div_half_even(pl.col("over"), pl.col("under"))) == [-4, -2, -2, 0, 0, 2, 2, 4]


def test_dividing_by_nothing_is_unknown() -> None:
    frame = int_frame(over=[1, None, 1], under=[0, 1, None])
    assert computed(frame, div_half_even(pl.col("over"), pl.col("under"))) == [None, None, None]
