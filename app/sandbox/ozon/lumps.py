"""Accruals of an Ozon day that no posting explains, by type_id of the accrual dictionary."""

import numpy as np

from app.sandbox.ledger import DayFacts, Lump

PLACEMENTS, CLICKS, REVIEWS, POINTS, PREMIUM = "46", "41", "96", "47", "52"
COMPENSATION, DEFECTS, CORRECTION, CROSSDOCK = "10", "14", "57", "12"
INCOME = frozenset({COMPENSATION})


def ozon_lumps(rng: np.random.Generator, day: DayFacts) -> list[Lump]:
    """The lump sums of one day. A correction may become known only weeks later."""
    seen = day.t + 1
    dice = rng.random(6)
    sums = rng.integers(0, 100_00, 6).tolist()
    found = [
        Lump(PLACEMENTS, max(day.held * 6 // 100, 1), seen=seen),
        Lump(CLICKS, day.ordered * 6 // 100 + 1_000, "74000123-0", seen=seen),
    ]
    if day.t % 5 == 2:
        found.append(Lump(POINTS, 5_000 + sums[0], seen=seen))
    if day.t % 7 == 3:
        found.append(Lump(REVIEWS, 20_000 + sums[1], seen=seen))
    if day.day.day == 1:
        found.append(Lump(PREMIUM, 4_990_00, seen=seen))
    if day.arrived:
        found.append(Lump(CROSSDOCK, 300_00 + day.arrived * 240, f"2000{31_000_000 + day.t}", seen=seen))
    if dice[2] < 0.07:
        found.append(Lump(COMPENSATION, 30_000 + 5 * sums[2], seen=seen))
    if dice[3] < 0.04:
        found.append(Lump(DEFECTS, 5_000 + sums[3], seen=seen))
    if dice[4] < 0.06:
        late = seen + int(rng.integers(4, 30))
        found.append(Lump(CORRECTION, 2_000 + sums[4], seen=late))
    return found
