"""Kopecks: whole-number arithmetic and the ways marketplaces and books write an amount."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def share(amount: Ints, basis_points: Ints | int) -> Ints:
    """``amount × basis_points / 10 000`` in whole kopecks, halves away from zero (per row, as both
    marketplaces round)."""
    product = amount * basis_points
    return np.asarray(np.sign(product) * ((np.abs(product) + 5_000) // 10_000), dtype=np.int64)


def plain(kopecks: int) -> str:
    """As the APIs write it: ``376.99``, ``-118``, ``1818.7``; no trailing zeros."""
    rubles, rest = divmod(abs(kopecks), 100)
    sign = "-" if kopecks < 0 else ""
    if rest == 0:
        return f"{sign}{rubles}"
    return f"{sign}{rubles}.{rest:02d}".removesuffix("0")


def booked(kopecks: int) -> str:
    """As a book writes it: always two decimals."""
    rubles, rest = divmod(abs(kopecks), 100)
    return f"{'-' if kopecks < 0 else ''}{rubles}.{rest:02d}"


def divide(amount: int, weights: npt.NDArray[np.float64]) -> list[int]:
    """``amount`` in whole kopecks by weight; the parts add up to it."""
    edges: Ints = np.rint(np.cumsum(weights) / weights.sum() * amount).astype(np.int64)
    return [int(part) for part in np.diff(edges, prepend=0)]


def total(amounts: Ints) -> int:
    """The sum as a Python integer."""
    return int(amounts.sum(dtype=np.int64))
