"""What becomes of an order: cancelled, refused, bought out, returned, reported late, corrected.

Shares are of the size that sellers of home goods see; they are nobody's statistics.
"""

import numpy as np
import numpy.typing as npt

from app.sandbox.ledger import BUYOUT, FBS, NEVER, PROMOTED, RFBS, STARRED, STORNO, Lines

CANCELLED, REFUSED, RETURNED, LATE = 0.06, 0.06, 0.065, 0.03
WITHDRAWN, PRICED_ANEW = 0.006, 0.015
LATEST_CORRECTION = 40
"""Ozon rewrites accruals back to about 45 days; the latest of ours comes a little earlier."""

Ints = npt.NDArray[np.int64]


def pair_up(rng: np.random.Generator, sku: Ints, share: float) -> tuple[Ints, Ints]:
    """Join some neighbouring pieces of one SKU into lines of two; ``sku`` is sorted."""
    qty = np.ones(len(sku), dtype=np.int64)
    if share == 0 or len(sku) < 2:
        return sku, qty
    first = np.flatnonzero(sku[:-1] == sku[1:])
    first = first[(first % 2 == 0) & (rng.random(len(first)) < share)]
    qty[first] = 2
    keep = np.ones(len(sku), dtype=np.bool_)
    keep[first + 1] = False
    return sku[keep], qty[keep]


def decide(
    rng: np.random.Generator, lines: Lines, t: int, *, fbs: float, rfbs: float, corrections: bool
) -> None:
    """Fill in the fate columns of the lines ordered on day ``t``; ``fbs``, ``rfbs``: their shares."""
    n = len(lines)
    dice = rng.random((8, n))
    early = dice[0] < CANCELLED
    refused = ~early & (dice[0] < CANCELLED + REFUSED)
    way = rng.integers(1, 8, n)
    lines["cancel"] = np.where(early, t + rng.integers(0, 3, n), np.where(refused, t + way, NEVER))
    sold = np.where(early | refused, NEVER, t + way)
    lines["sold"] = sold
    lines["sold_rec"] = _recorded(rng, sold, dice[1] < LATE)
    back = np.where((sold != NEVER) & (dice[2] < RETURNED), sold + rng.integers(1, 21, n), NEVER)
    lines["back"] = back
    # a return is never reported before the sale it undoes
    lines["back_rec"] = np.where(
        back == NEVER, NEVER, np.maximum(_recorded(rng, back, dice[3] < LATE), lines["sold_rec"])
    )
    flags = np.where(dice[4] < 0.05, BUYOUT, 0) | np.where(dice[5] < 0.04, STORNO, 0)
    flags |= np.where(dice[6] < fbs, FBS, np.where(dice[6] < fbs + rfbs, RFBS, 0))
    flags |= np.where(dice[7] < 0.05, PROMOTED, 0)
    flags |= np.where(dice[7] > 0.97, STARRED, 0)
    lines["flags"] = flags
    lines["gone"] = lines["anew"] = NEVER
    lines["posting"] = lines["row"]
    if corrections:
        _correct(rng, lines, sold)
        _share_postings(rng, lines)


def _recorded(rng: np.random.Generator, when: Ints, late: npt.NDArray[np.bool_]) -> Ints:
    lag = np.where(late, rng.integers(1, 11, len(when)), 0)
    return np.where(when == NEVER, NEVER, when + lag)


def _correct(rng: np.random.Generator, lines: Lines, sold: Ints) -> None:
    n = len(lines)
    dice = rng.random(n)
    happened = lines["sold_rec"] + rng.integers(2, LATEST_CORRECTION - 10, n)
    lines["gone"] = np.where((sold != NEVER) & (dice < WITHDRAWN), happened, NEVER)
    anew = (dice >= WITHDRAWN) & (dice < WITHDRAWN + PRICED_ANEW)
    lines["anew"] = np.where((sold != NEVER) & anew, happened, NEVER)


def _share_postings(rng: np.random.Generator, lines: Lines) -> None:
    """Some buyers order two things at once: the second line shares the posting and its delivery."""
    n = len(lines)
    if n < 2:
        return
    second = np.flatnonzero(rng.random(n) < 0.08)
    second = second[(second % 2 == 1) & (lines["sku"][second] != lines["sku"][second - 1])]
    for column in ("sec", "cancel", "sold", "sold_rec", "gone", "anew", "posting", "place", "region"):
        lines[column][second] = lines[column][second - 1]
    scheme, flags = np.uint8(FBS | RFBS), lines["flags"]
    lines["flags"][second] = (flags[second] & ~scheme) | (flags[second - 1] & scheme)
    for column in ("back", "back_rec"):
        lines[column][second] = NEVER
