"""The seller's own Ozon books: a day's sums from the event log, as they stand on the sandbox's today."""

from collections import defaultdict

import numpy as np

from app.sandbox.ledger import NEVER, PROMOTED, STARRED, Lines
from app.sandbox.money import booked, total
from app.sandbox.ozon import fees
from app.sandbox.ozon.lumps import INCOME
from app.sandbox.world import World


def ozon_page(world: World, t: int) -> dict[str, object]:
    """Day ``t`` by the date of the accrual: rubles with two decimals (costs negative), pieces as numbers."""
    shelf, ledger, now = world.ozon.shelf, world.ozon.ledger, world.now_t
    sold, back, cancelled = ledger.on("sold", t), ledger.on("back", t), ledger.on("cancel", t)
    sold = sold[(sold["sold_rec"] < now) & ((sold["gone"] == NEVER) | (sold["gone"] > now))]
    back = back[back["back_rec"] < now]
    refused = cancelled[(cancelled["cancel"] > cancelled["day"]) & (cancelled["cancel"] < now)]
    plus, minus = fees.commission(sold, shelf), fees.commission(back, shelf)

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

    sales, returns = total(plus.sale_amount), -total(minus.sale_amount)
    commission = total(plus.sale_commission) - total(minus.sale_commission)
    return {
        "total": booked(sales + returns + commission + sum(services.values())),
        "sales": booked(sales),
        "returns": booked(returns),
        "commission": booked(commission),
        "services": {str(k): booked(v) for k, v in sorted(services.items()) if v},
        "units_sold": int(np.sum(sold["qty"], dtype=np.int64)),
        "units_returned": int(np.sum(back["qty"], dtype=np.int64)),
    }


def _flagged(lines: Lines, flag: int) -> Lines:
    return np.asarray(lines[(lines["flags"] & flag) != 0])
