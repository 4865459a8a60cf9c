"""How old goods on the shelf are: what came first is taken to have left first (FIFO).

So what is left is of the last arrivals: counted back from the newest until they make what is there. What no
arrival is known of (the books begin later) has no age.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

AGES = ((30, "0–30"), (60, "31–60"), (90, "61–90"), (180, "91–180"))
"""Days until which goods are in a bucket, both ends included, and what it is called."""

OLDEST = ">180"


class Layer(NamedTuple):
    """Pieces that came on a day."""

    day: date
    qty: int


class Left(NamedTuple):
    """What is left of a layer; ``day`` None: nobody knows when it came."""

    day: date | None
    qty: int


def layers_left(arrivals: Iterable[Layer], on_hand: int) -> list[Left]:
    """The layers that ``on_hand`` pieces are of, the newest first, what has no arrival last.

    Pieces of one day are one layer; a layer of no or of fewer pieces than none is passed over.
    """
    by_day: dict[date, int] = {}
    for day, qty in arrivals:
        by_day[day] = by_day.get(day, 0) + qty
    left: list[Left] = []
    rest = on_hand
    for day in sorted(by_day, reverse=True):
        taken = min(rest, by_day[day])
        if taken > 0:
            left.append(Left(day, taken))
            rest -= taken
    if rest > 0:
        left.append(Left(None, rest))
    return left


def age_bucket(came: date, today: date) -> str:
    """What the age's bucket is called; goods that are to come yet are of the newest."""
    age = (today - came).days
    return next((name for upto, name in AGES if age <= upto), OLDEST)


def by_age(left: Iterable[Left], today: date) -> dict[str | None, int]:
    """Pieces by bucket, of unknown age under None; only buckets that have any."""
    pieces: dict[str | None, int] = {}
    for day, qty in left:
        bucket = None if day is None else age_bucket(day, today)
        pieces[bucket] = pieces.get(bucket, 0) + qty
    return pieces
