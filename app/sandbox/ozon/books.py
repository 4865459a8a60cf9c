"""The seller's own Ozon books: a day's sums from the event log, as they stand on the sandbox's today."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from app.sandbox.catalogue.shelf import Shelf
from app.sandbox.ledger import NEVER, PROMOTED, STARRED, Lines
from app.sandbox.money import booked, total
from app.sandbox.ozon import fees
from app.sandbox.ozon.lumps import INCOME
from app.sandbox.world import World


class Traded(NamedTuple):
    """Kopecks of a day's sales or, negative, of its returns; ``amount`` is of buyers, points and partners."""

    amount: int
    paid: int
    points: int
    partners: int
    fee: int
    pieces: int


class DaySums(NamedTuple):
    """A day's sums in kopecks; ``services`` by type_id, those of nothing left out."""

    sold: Traded
    back: Traded
    services: dict[int, int]

    @property
    def total(self) -> int:
        """All that was accrued."""
        goods = sum(each.amount + each.fee for each in (self.sold, self.back))
        return goods + sum(self.services.values())


def day_sums(world: World, t: int, now: int | None = None) -> DaySums:
    """Day ``t`` by the date of the accrual, as it stood on the morning of day ``now`` (today's if none)."""
    shelf, ledger, now = world.ozon.shelf, world.ozon.ledger, world.now_t if now is None else now
    sold, back, cancelled = ledger.on("sold", t), ledger.on("back", t), ledger.on("cancel", t)
    sold = sold[(sold["sold_rec"] < now) & ((sold["gone"] == NEVER) | (sold["gone"] > now))]
    back = back[back["back_rec"] < now]
    refused = cancelled[(cancelled["cancel"] > cancelled["day"]) & (cancelled["cancel"] < now)]

    services: defaultdict[int, int] = defaultdict(int)
    deliveries = (
        fees.to_buyer(sold, shelf, now),
        fees.of_refusal(refused, shelf),
        fees.of_return(back, shelf),
    )
    for charged in deliveries:
        for type_id, amounts in charged.items():
            services[type_id] += total(amounts)
    services[fees.ACQUIRING] += total(fees.acquiring(sold, shelf))
    services[fees.PROMOTION] += total(fees.promotion(_flagged(sold, PROMOTED), shelf))
    services[fees.STARS] += total(fees.stars(_flagged(sold, STARRED), shelf))
    for lump in ledger.sundries(t):
        if lump.seen <= now:
            services[int(lump.kind)] += lump.amount if lump.kind in INCOME else -lump.amount
    told = {type_id: kopecks for type_id, kopecks in sorted(services.items()) if kopecks}
    return DaySums(_traded(sold, shelf, 1), _traded(back, shelf, -1), told)


def ozon_page(world: World, t: int) -> dict[str, object]:
    """Day ``t`` as a page of the book: rubles with two decimals (costs negative), pieces as numbers."""
    sums = day_sums(world, t)
    return {
        "total": booked(sums.total),
        "sales": booked(sums.sold.amount),
        "returns": booked(sums.back.amount),
        "commission": booked(sums.sold.fee + sums.back.fee),
        "services": {str(type_id): booked(kopecks) for type_id, kopecks in sums.services.items()},
        "units_sold": sums.sold.pieces,
        "units_returned": sums.back.pieces,
    }


def _traded(lines: Lines, shelf: Shelf, sign: int) -> Traded:
    money = fees.commission(lines, shelf)
    parts = (money.sale_amount, money.sale_price, money.bonus, money.coinvestment, money.sale_commission)
    amount, paid, points, partners, fee = (sign * total(part) for part in parts)
    return Traded(amount, paid, points, partners, fee, int(np.sum(lines["qty"], dtype=np.int64)))


def _flagged(lines: Lines, flag: int) -> Lines:
    return np.asarray(lines[(lines["flags"] & flag) != 0])
