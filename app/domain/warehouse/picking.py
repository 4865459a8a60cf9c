"""Which goods would go: what expires first goes first, what has expired goes to nobody.

The posting function picks again under its locks (migrations/sql/0005/5_post.sql); this is what a person is
shown before, by the same order.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple


class Pile(NamedTuple):
    """Pieces of a lot at a place that are promised to nobody. ``expires_on`` None: it does not."""

    location_id: int
    lot_id: int
    expires_on: date | None
    available: int


class Take(NamedTuple):
    """So many pieces of a pile, by its place in the list."""

    pile: int
    qty: int


def has_expired(expires_on: date | None, today: date) -> bool:
    """A lot is good on its last day."""
    return expires_on is not None and expires_on < today


def first_expired_first_out(piles: Sequence[Pile], qty: int, today: date) -> list[Take]:
    """What ``qty`` pieces would be taken of; where there are fewer, all there are."""
    order = sorted(
        (number for number, pile in enumerate(piles) if not has_expired(pile.expires_on, today)),
        key=lambda number: _turn(piles[number]),
    )
    taken, left = [], qty
    for number in order:
        part = min(left, piles[number].available)
        if part > 0:
            taken.append(Take(number, part))
            left -= part
    return taken


def _turn(pile: Pile) -> tuple[date, int, int]:
    return (pile.expires_on or date.max, pile.lot_id, pile.location_id)
