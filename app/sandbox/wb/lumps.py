"""Money of a WB day that no order explains: storage, acceptance, fines, ads, compensations."""

import numpy as np

from app.sandbox.ledger import DayFacts, Lump

STORAGE, ACCEPTANCE, FINE, ADS, REVIEWS, COMPENSATION, FEE_CORRECTION, LOGISTICS_CORRECTION = (
    "storage", "acceptance", "fine", "ads", "reviews", "compensation", "fee", "logistics",
)  # fmt: skip
REBILL, PICKUP_REWARD = "rebill", "pickup"
"""Told in the report, paid to nobody (informational in both reconciled formulas)."""

FINES = (
    "Занижение фактических габаритов упаковки товара",
    "Штраф за отсутствие обязательной маркировки товара",
    "Подмена товара",
)


INVOICED_EVERY = 3
"""Days between two documents for advertising."""


def ads_document(t: int) -> int:
    """The number of the document for advertising that is made out on day ``t``."""
    return 160_000_000 + t * 7


def wb_lumps(rng: np.random.Generator, day: DayFacts) -> list[Lump]:
    """The lump sums of one day, shown from the next morning on."""
    seen = day.t + 1
    dice = rng.random(10)
    sums = rng.integers(0, 100_00, 10).tolist()
    sku = int(rng.integers(0, max(day.skus, 1)))
    found = [Lump(STORAGE, max(day.held * 8 // 100, 1), seen=seen)]
    if day.arrived and dice[0] < 0.7:
        found.append(Lump(ACCEPTANCE, day.arrived * 185, seen=seen))
    if day.t % INVOICED_EVERY == 0:
        note = f"Оказание услуг «WB Продвижение», документ №{ads_document(day.t)}"
        found.append(Lump(ADS, day.ordered * 21 // 100 + 50_000, note, seen=seen))
    if dice[1] < 0.15:
        found.append(Lump(FINE, 30_000 + sums[1], FINES[int(dice[2] * len(FINES))], sku, seen))
    if dice[3] < 0.10:
        note = f"Списание за отзыв: акция №{20_000 + day.t}, товар {{nm}}"
        found.append(Lump(REVIEWS, 10_000 + sums[3], note, sku, seen))
    if dice[4] < 0.10:
        found.append(Lump(COMPENSATION, 40_000 + 7 * sums[4], "", sku, seen))
    if dice[5] < 0.08:
        found.append(Lump(FEE_CORRECTION, 1_000 + sums[5], "Корректировка вознаграждения", sku, seen))
    if dice[6] < 0.12:
        found.append(Lump(LOGISTICS_CORRECTION, -(500 + sums[6] // 4), "Корректировка логистики", sku, seen))
    if dice[7] < 0.30:
        found.append(Lump(REBILL, 500 + sums[7] // 5, "", sku, seen))
    if dice[8] < 0.30:
        found.append(Lump(PICKUP_REWARD, 500 + sums[8] // 5, "", sku, seen))
    return found
