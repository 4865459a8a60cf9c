"""Goods that lie: there is more of them than is sold in so many days, or nothing is sold at all."""

from decimal import Decimal
from enum import StrEnum

from app.domain.money import ratio


class Pace(StrEnum):
    """How goods go."""

    SELLS = "sells"
    SLOW = "slow"
    STANDS = "stands"
    TOO_EARLY = "too_early"


def pace_of(on_hand: int, sold: int, *, is_new: bool) -> Pace:
    """``sold`` pieces in the days looked at.

    Nothing sold is STANDS; sold, but what is there lasts for longer than those days at that pace (which is
    that there is more of it than was sold), is SLOW. Goods that are ``is_new`` (offered for fewer days) are
    not judged: TOO_EARLY.
    """
    if sold >= on_hand and sold > 0:
        return Pace.SELLS
    if is_new:
        return Pace.TOO_EARLY
    return Pace.SLOW if sold > 0 else Pace.STANDS


def lasts_for(on_hand: int, sold: int, days: int) -> Decimal | None:
    """Days that the goods last at the pace of the last ``days``; None where nothing was sold."""
    return ratio(Decimal(on_hand * days) / sold) if sold > 0 else None
