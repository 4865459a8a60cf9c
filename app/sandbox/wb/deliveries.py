"""Deliveries to Wildberries: what the seller sent, a delivery for each calendar week of arrival.

Its goods arrive over the days of the week, and what has arrived is what lies on the shelves: deliveries
explain the stock to the piece, and their acceptance is that of the finance rows.
"""

from dataclasses import dataclass

import numpy as np

from app.sandbox.market import Sent
from app.sandbox.wb.lumps import ACCEPTANCE
from app.sandbox.world import World

DRAFT, PLANNED, ALLOWED, ACCEPTING, ACCEPTED = 1, 2, 3, 4, 5
SOON = 3
"""Days before the week of arrival in which the goods may be brought."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands. Days are counted from the origin; ``monday`` is that of its week.

    ``goods``: (row of the shelf, pieces sent, pieces accepted). ``cost``: kopecks of acceptance so far.
    """

    number: int
    created: int
    monday: int
    first: int
    moved: int
    status: int
    goods: tuple[tuple[int, int, int], ...]
    cost: int

    @property
    def draft(self) -> int:
        """The number it had before it was planned."""
        return self.number + 12_000_000


def deliveries(world: World) -> list[Delivery]:
    """Those that arrive, or arrived, in the history that is shown; the oldest first."""
    weeks: dict[int, list[Sent]] = {}
    for sent in world.wb.sent:
        monday = sent.due - world.day(sent.due).weekday()
        if sent.t < world.now_t and monday + 6 >= world.first_t:
            weeks.setdefault(monday, []).append(sent)
    return [_delivery(world, monday, weeks[monday]) for monday in sorted(weeks)]


def _delivery(world: World, monday: int, parts: list[Sent]) -> Delivery:
    now, rows = world.now_t, len(world.wb.shelf)
    sent, accepted = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    for part in parts:
        np.add.at(sent, part.skus, part.units)
        if part.due < now:
            np.add.at(accepted, part.skus, part.units)
    created, first = min(part.t for part in parts), min(part.due for part in parts)
    arrived = [part.due for part in parts if part.due < now]
    if created == now - 1 and not arrived:
        status = DRAFT
    elif arrived:
        status = ACCEPTED if monday + 6 < now else ACCEPTING
    else:
        status = ALLOWED if monday - SOON <= now else PLANNED
    chosen = np.flatnonzero(sent).tolist()
    return Delivery(
        number=26_000_000 + world.day(monday).toordinal() // 7,
        created=created,
        monday=monday,
        first=first,
        moved=max([*arrived, *(part.t for part in parts)]),
        status=status,
        goods=tuple((row, int(sent[row]), int(accepted[row])) for row in chosen),
        cost=sum(_acceptance(world, due) for due in set(arrived)),
    )


def _acceptance(world: World, t: int) -> int:
    return sum(lump.amount for lump in world.wb.ledger.sundries(t) if lump.kind == ACCEPTANCE)
