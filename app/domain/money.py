"""Exact money: how rubles are rounded, and how they become the integers that columns compute with.

A scalar is ``Decimal`` rubles; a column is Int64 kopecks, and a ratio (percent, velocity, days of
cover) Int64 ten-thousandths. Both round half-even, here and nowhere else, so that a figure does not
depend on which of the two forms computed it. polars ``Decimal`` is not used: it truncates on division.
"""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import polars as pl

KOPECK = Decimal("0.01")
TEN_THOUSANDTH = Decimal("0.0001")
RATIO_SCALE = 10_000
"""Steps in one unit of a stored ratio: ``NUMERIC(20,4)`` as an Int64 column."""

# NUMERIC(20,4) holds 16 digits before the point, and a 28-digit quotient may bring 28 behind it:
# 60 digits let ``quantize`` cut any of them without running out of precision.
WIDE_PRECISION = 60


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    with localcontext(prec=WIDE_PRECISION, rounding=ROUND_HALF_EVEN):
        rounded = value.quantize(step)
        return rounded if rounded else abs(rounded)  # -0.00 would be shown as «−0,00»


def rubles(amount: Decimal) -> Decimal:
    """``amount`` rounded half-even to whole kopecks, as ``NUMERIC(14,2)`` keeps it."""
    return _rounded(amount, KOPECK)


def ratio(value: Decimal) -> Decimal:
    """A percent, velocity, deviation or days of cover rounded half-even, as ``NUMERIC(20,4)`` keeps it."""
    return _rounded(value, TEN_THOUSANDTH)


def to_kopecks(amount: Decimal) -> int:
    """Rubles to whole kopecks, half-even where the amount is finer than a kopeck."""
    return int(rubles(amount).scaleb(2))


def from_kopecks(kopecks: int) -> Decimal:
    """Kopecks to rubles with two decimals."""
    return Decimal(kopecks).scaleb(-2)


def to_ten_thousandths(value: Decimal) -> int:
    """A ratio to the integer that a ratio column holds (30 % is 300 000)."""
    return int(ratio(value).scaleb(4))


def from_ten_thousandths(scaled: int) -> Decimal:
    """What a ratio column holds back to a ratio with four decimals."""
    return Decimal(scaled).scaleb(-4)


def div_half_even(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Integer columns divided exactly and rounded half-even; null where the denominator is 0 or null.

    The denominator must not be negative. Both sides keep their type: a caller whose numerator may
    pass 9.2·10¹⁸ casts it to ``pl.Int128`` first, since Int64 wraps around in silence.
    """
    quotient = numerator // denominator
    twice_rest = (numerator - quotient * denominator) * 2
    up = (twice_rest > denominator) | ((twice_rest == denominator) & (quotient % 2 != 0))
    return quotient + up.cast(pl.Int64)
