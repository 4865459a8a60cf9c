"""Deliveries to Ozon: an order of them for each calendar week of arrival, a delivery for each cluster.

Their goods arrive over the days of the week, and what has arrived is what lies on the shelves: deliveries
explain the stock to the piece. A delivery that was called off brings nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.market import Sent
from app.sandbox.ozon.stocks import PLACES, Place
from app.sandbox.world import World

DATA_FILLING, READY, IN_TRANSIT = "DATA_FILLING", "READY_TO_SUPPLY", "IN_TRANSIT"
ACCEPTANCE, CONFIRMATION = "ACCEPTANCE_AT_STORAGE_WAREHOUSE", "REPORTS_CONFIRMATION_AWAITING"
COMPLETED, CANCELLED = "COMPLETED", "CANCELLED"
COURSE = (DATA_FILLING, READY, IN_TRANSIT, ACCEPTANCE, CONFIRMATION, COMPLETED)
SOON = 3
"""Days before the week of arrival on which the goods leave."""
AGREED = 2
"""Days from the end of the week to the acts being agreed upon."""
CALLED_OFF = 5
"""Every so many orders hold a delivery that was called off, too."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """``goods``: (row of the shelf, pieces declared, pieces accepted); ``arrived``: the day on which the
    first of them did, -1 while none has."""

    number: int
    place: Place
    is_direct: bool
    state: str
    arrived: int
    goods: tuple[tuple[int, int, int], ...]

    @property
    def has_acts(self) -> bool:
        """Is there anything that was accepted?"""
        return any(accepted for _, _, accepted in self.goods)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands. Days are counted from the origin; ``monday`` is that of its week."""

    number: int
    created: int
    monday: int
    moved: int
    state: str
    supplies: tuple[Delivery, ...]


def orders(world: World) -> list[Order]:
    """Those that arrive, or arrived, in the history that is shown; the oldest first."""
    weeks: dict[int, list[Sent]] = {}
    for sent in world.ozon.sent:
        monday = sent.due - world.day(sent.due).weekday()
        if sent.t < world.now_t and monday + 6 >= world.first_t:
            weeks.setdefault(monday, []).append(sent)
    return [_order(world, monday, weeks[monday]) for monday in sorted(weeks)]


def _order(world: World, monday: int, parts: list[Sent]) -> Order:
    now, created = world.now_t, min(part.t for part in parts)
    number = 99_000_000 + world.day(monday).toordinal() // 7
    supplies = tuple(_deliveries(world, number, monday, parts))
    living = [each.state for each in supplies if each.state != CANCELLED]
    state = min(living, key=COURSE.index)
    agreed = monday + 6 + AGREED
    moved = agreed if state == COMPLETED else max(part.t for part in parts)
    moved = max([moved, *(part.due for part in parts if part.due < now)])
    return Order(number, created, monday, min(moved, now - 1), state, supplies)


def _deliveries(world: World, number: int, monday: int, parts: list[Sent]) -> Iterator[Delivery]:
    """The first place is delivered to directly, the others by way of the first one (cross-docking)."""
    now, rows = world.now_t, len(world.ozon.shelf)
    sent, accepted = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    first = np.full(rows, now, dtype=np.int64)
    for part in parts:
        np.add.at(sent, part.skus, part.units)
        if part.due < now:
            np.add.at(accepted, part.skus, part.units)
            np.minimum.at(first, part.skus, part.due)
    by_place = np.arange(rows) % len(PLACES)
    for k, place in enumerate(PLACES):
        chosen = np.flatnonzero((sent > 0) & (by_place == k))
        if len(chosen):
            arrived = int(first[chosen].min())
            state = _state(now, monday, min(part.t for part in parts), arrived)
            goods = _goods(chosen, sent, accepted)
            yield Delivery(_named(number, k), place, k == 0, state, arrived if arrived < now else -1, goods)
    if number % CALLED_OFF == 0:
        goods = _goods(np.flatnonzero(sent)[:3], sent, np.zeros(rows, dtype=np.int64))
        yield Delivery(_named(number, len(PLACES)), PLACES[1], False, CANCELLED, -1, goods)


def _named(number: int, k: int) -> int:
    return 2_000_000_000_000 + number * 10 + k


def _goods(chosen: Ints, sent: Ints, accepted: Ints) -> tuple[tuple[int, int, int], ...]:
    return tuple((row, int(sent[row]), int(accepted[row])) for row in chosen.tolist())


def _state(now: int, monday: int, created: int, arrived: int) -> str:
    if arrived < now:
        if monday + 6 >= now:
            return ACCEPTANCE
        return CONFIRMATION if monday + 6 + AGREED >= now else COMPLETED
    if created == now - 1:
        return DATA_FILLING
    return IN_TRANSIT if monday - SOON <= now else READY
