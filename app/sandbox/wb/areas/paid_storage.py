"""paid_storage: what lay in the warehouse at the end of each day, and what that cost.

The finance report charges a day's storage as one lump, 8 kopecks a litre; here each row is rounded to
the kopeck by itself, as in life. The rows of a day may therefore miss its lump by half a kopeck each,
and by the fraction of a kopeck that the lump drops.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.limits import Rate
from app.sandbox.task_desk import TaskDesk
from app.sandbox.wb.areas.tasks import Rates, TaskReport
from app.sandbox.wb.door import HOUR, MINUTE
from app.sandbox.world import World

PATH = "/api/v1/paid_storage"
RATES = Rates(
    create=(Rate(MINUTE, 5), Rate(HOUR)),
    status=(Rate(5.0, 5), Rate(HOUR / 2, 2)),
    download=(Rate(MINUTE), Rate(HOUR / 2)),
)
LONGEST = 8
PLACE = "Склад WB РФ"
"""All that is told of warehouses since August 2026."""
KOPECKS_A_LITRE = 8
IN_TWO_DELIVERIES = 5
"""What lies there from two deliveries is told in two rows: every so many SKUs."""
FIRST_DELIVERY = 30_000_000


def storage_report(world: World, clock: Callable[[], float], pace: float) -> TaskReport:
    """The report of one world."""
    return TaskReport(
        tasks=TaskDesk(f"{PATH}-{world.sid}", clock, pace),
        path=PATH,
        rates=RATES,
        longest=LONGEST,
        rows=lambda first, last: rows(world, first, last),
        says_nothing=True,
    )


def stored(world: World, t: int) -> list[tuple[int, int, int]]:
    """Each (SKU, pieces, kopecks) of day ``t``, a row of the report each; the event log's own figures."""
    market = world.wb
    parts = []
    for i, pieces in enumerate(market.diary[t].tolist()):
        older = pieces // 2 if i % IN_TWO_DELIVERIES == 0 else 0
        parts += [(i, count) for count in (older, pieces - older) if count]
    skus: Ints = np.array([i for i, _ in parts], dtype=np.int64)
    counts: Ints = np.array([count for _, count in parts], dtype=np.int64)
    kopecks = (counts * market.shelf.volume[skus] * KOPECKS_A_LITRE + 50) // 100
    return list(zip(skus.tolist(), counts.tolist(), kopecks.tolist(), strict=True))


def rows(world: World, first: date, last: date) -> list[dict[str, Any]]:
    """All rows of the days, oldest first."""
    shelf, found = world.wb.shelf, []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if not world.shown(world.t(day)):
            continue
        seen: set[int] = set()
        for i, pieces, kopecks in stored(world, world.t(day)):
            found.append(
                {
                    "date": day.isoformat(),
                    "logWarehouseCoef": 0,
                    "officeId": 0,
                    "warehouse": PLACE,
                    "warehouseCoef": 1.7,
                    "giId": FIRST_DELIVERY + i * 2 + (i in seen),
                    "chrtId": int(shelf.item_id[i]),
                    "size": shelf.size[i],
                    "barcode": shelf.barcode[i],
                    "subject": shelf.subject[i],
                    "brand": shelf.brand[i],
                    "vendorCode": shelf.article[i],
                    "nmId": int(shelf.card_id[i]),
                    "volume": int(shelf.volume[i]) / 100,
                    "calcType": "короба: без габаритов",
                    "warehousePrice": kopecks / 100,
                    "barcodesCount": pieces,
                    "palletPlaceCode": 0,
                    "palletCount": 0,
                    "originalDate": day.isoformat(),
                    "loyaltyDiscount": 0,
                    "tariffFixDate": "",
                    "tariffLowerDate": "",
                }
            )
            seen.add(i)
    return found
