"""The placement report: what lay where at the end of each day, and what that cost.

The day's accrual of type 46 is a lump of 6 kopecks a litre; here it is divided by the litres, to the
kopeck. Columns and kinds of cells as in a file of September 2026.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.http import Refused
from app.sandbox.limits import Rate
from app.sandbox.ozon.areas.reports import Kind, Make
from app.sandbox.ozon.door import invalid
from app.sandbox.ozon.lumps import PLACEMENTS
from app.sandbox.ozon.stocks import PLACES, by_place
from app.sandbox.world import World
from app.sandbox.xlsx import Row

LONGEST = 31
HEADER: Row = (
    "Дата",
    "SKU",
    "Артикул",
    "Категория товара",
    "Описательный тип",
    "Склад",
    "Признак товара",
    "Суммарный объем в миллилитрах",
    "Кол-во экземпляров",
    "Платный объем в миллилитрах",
    "Кол-во платных экземпляров",
    "Начисленная стоимость размещения",
)


def day_of(told: Any) -> date:
    """A plain day of a body. Raises Refused."""
    try:
        return date.fromisoformat(told)
    except (TypeError, ValueError):
        raise Refused(invalid("invalid date: must be in format YYYY-MM-DD")) from None


def order(world: World, body: dict[str, Any]) -> Make:
    first, last = day_of(body.get("date_from")), day_of(body.get("date_to"))
    if first > last or (last - first).days >= LONGEST:
        raise Refused(invalid(f"period must be from 1 to {LONGEST} days"))
    return lambda: rows(world, first, last)


def rows(world: World, first: date, last: date) -> list[Row]:
    """The header and all rows of the days, oldest first."""
    shelf, found = world.ozon.shelf, [HEADER]
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if not world.shown(world.t(day)):
            continue
        for i, k, pieces, kopecks in placed(world, world.t(day)):
            millilitres = pieces * int(shelf.volume[i]) * 10
            found.append(
                (
                    day,
                    int(shelf.item_id[i]),
                    shelf.article[i],
                    shelf.category[i],
                    shelf.subject[i],
                    PLACES[k].name,
                    "Обычный",
                    millilitres,
                    pieces,
                    millilitres,
                    pieces,
                    Decimal(kopecks) / 100,
                )
            )
    return found


def placed(world: World, t: int) -> list[tuple[int, int, int, int]]:
    """Each (SKU, place, pieces, kopecks) of day ``t``: they add up to the day's accrual."""
    market = world.ozon
    pieces = by_place(market.diary[t].astype(np.int64))
    litres = pieces * market.shelf.volume[:, None]
    lump = sum(each.amount for each in market.ledger.sundries(t) if each.kind == PLACEMENTS)
    kopecks = _divided(lump, litres.ravel()).reshape(litres.shape)
    where = zip(*(axis.tolist() for axis in np.nonzero(pieces)), strict=True)
    return [(i, k, int(pieces[i, k]), int(kopecks[i, k])) for i, k in where]


def _divided(amount: int, weights: Ints) -> Ints:
    """Whole kopecks by weight; what is left over goes to the largest remainders."""
    whole = int(weights.sum())
    if not whole:
        return np.zeros_like(weights)
    parts, rest = np.divmod(weights * amount, whole)
    left = amount - int(parts.sum())
    parts[np.argsort(-rest, kind="stable")[:left]] += 1
    return np.asarray(parts, dtype=np.int64)


PLACEMENT = Kind(
    "/v1/report/placement/by-products/create",
    "SELLER_PLACEMENT_BY_PRODUCTS",
    order,
    is_within=False,
    rate=Rate(86_400 / 5, 5),
)
