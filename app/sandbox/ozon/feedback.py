"""What buyers wrote at Ozon, and what stands under it: the seller's answers, now and then a buyer's word.

Ozon's moderation turns some answers down.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.feedback import Review, written_of
from app.sandbox.ledger import Lines
from app.sandbox.world import MOSCOW, NAMESPACE, World

NEW, VIEWED, PROCESSED = "NEW", "VIEWED", "PROCESSED"
_QUESTION = "А какого он размера?"


@dataclass(frozen=True, slots=True)
class Comment:
    """Words under a review. ``at`` is None while moderation reads them."""

    id: str
    text: str
    at: datetime | None
    is_owner: bool
    is_rejected: bool = False


def reviews(world: World) -> list[Review]:
    """All reviews that are there by now, oldest first."""
    return written_of(world, world.ozon.ledger, _number)


def review_id(review: Review) -> str:
    """Its name at Ozon."""
    return str(uuid.uuid5(NAMESPACE, f"ozon-review-{review.number}"))


def comments(world: World, review: Review, given: Mapping[str, str]) -> list[Comment]:
    """What stands under a review now, the oldest first; ``given`` are the answers that came by the API."""
    name, found = review_id(review), []
    asked = review.written + 1
    if review.number // 7 % 9 == 0 and asked < world.now_t:
        found.append(_comment(world, name, "asked", _QUESTION, asked, is_owner=False))
    if 0 <= review.answered < world.now_t:
        is_rejected = review.number // 11 % 8 == 0
        found.append(_comment(world, name, "own", review.answer, review.answered, is_rejected=is_rejected))
    if name in given:
        found.append(Comment(_id(name, "given"), given[name], None, is_owner=True))
    return found


def status(world: World, review: Review, given: Mapping[str, str]) -> str:
    """NEW, VIEWED, PROCESSED: the seller's mark, not the answer's."""
    if any(each.is_owner for each in comments(world, review, given)):
        return PROCESSED
    if review.number // 13 % 12 == 0 and review.written + 1 < world.now_t:
        return PROCESSED
    return VIEWED if review.written + 1 < world.now_t else NEW


def _comment(
    world: World,
    review: str,
    which: str,
    text: str,
    day: int,
    *,
    is_owner: bool = True,
    is_rejected: bool = False,
) -> Comment:
    at = datetime.combine(world.day(day), time(15, 0), MOSCOW) + timedelta(seconds=len(text))
    return Comment(_id(review, which), text, at, is_owner, is_rejected)


def _id(review: str, which: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{review}-{which}"))


def _number(lines: Lines) -> Ints:
    """Seventeen digits, one for each order item."""
    key = lines["day"].astype(np.uint64) * np.uint64(1 << 32) + lines["row"].astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (key * np.uint64(0x9E3779B97F4A7C15)) & np.uint64((1 << 53) - 1)
    return (mixed + np.uint64(10**16)).astype(np.int64)
