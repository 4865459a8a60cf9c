"""Does what we booked of a finance report add up to the marketplace's own totals?

The signs of three parts of «Итого к оплате» are not settled (facts/wildberries.md 7.1): every reading is
tried, and what no reading explains stays a visible residual.
"""

from decimal import Decimal
from itertools import product
from typing import NamedTuple

TOLERANCE = Decimal(1)
"""Rubles between the goods' money of the rows and that of the header: both round row by row."""


class Reading(NamedTuple):
    """How the unsettled parts enter the payout: 1 added, -1 subtracted, 0 left out."""

    additional: int = -1
    loyalty: int = 1
    schedule: int = 0


OURS = Reading()
"""How rows are booked."""

_READINGS = (OURS, *(Reading(*signs) for signs in product((-1, 1), (1, 0), (0, 1, -1)) if signs != OURS))


class Told(NamedTuple):
    """A report's header in rubles, costs positive. ``services``: delivery, storage, acceptance, penalties
    and deductions together; ``loyalty``: the discount less commission and what was paid with points."""

    for_pay: Decimal
    services: Decimal
    additional: Decimal
    loyalty: Decimal
    schedule: Decimal
    payout: Decimal


class Booked(NamedTuple):
    """What our lines of the report add up to: all of them, and the goods' (sales less returns). ``raised``:
    the part of the goods' that returns have added instead of taking."""

    total: Decimal
    for_pay: Decimal
    raised: Decimal = Decimal(0)


class Checked(NamedTuple):
    """``residual``: what the marketplace paid beyond what we booked. ``reading``: the one under which the
    header itself adds up, None where none does. ``returns_turned``: its returns come with the other sign.
    """

    residual: Decimal
    reading: Reading | None
    returns_turned: bool


def check_report(told: Told, booked: Booked) -> Checked:
    """Compare a report's rows with its header."""
    gap = booked.for_pay - told.for_pay
    return Checked(
        residual=told.payout - booked.total,
        reading=next((way for way in _READINGS if payout(told, way) == told.payout), None),
        returns_turned=abs(gap) > TOLERANCE and abs(gap - 2 * booked.raised) <= TOLERANCE,
    )


def payout(told: Told, way: Reading) -> Decimal:
    """«Итого к оплате» of a header under a reading."""
    unsettled = way.additional * told.additional + way.loyalty * told.loyalty + way.schedule * told.schedule
    return told.for_pay - told.services + unsettled
