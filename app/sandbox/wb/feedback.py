"""What buyers wrote at Wildberries, and until when it can be answered there."""

import hashlib

from app.sandbox.feedback import Review, written_of
from app.sandbox.wb.names import srid_number
from app.sandbox.world import World

PATIENCE = 30
"""Days after which nobody is expected to answer."""

NAMES = ("Николай", "Ольга", "Марина", "Дмитрий", "Светлана", "Тимур", "Анна")


def reviews(world: World) -> list[Review]:
    """All reviews that are there by now, oldest first."""
    return written_of(world, world.wb.ledger, srid_number)


def review_id(review: Review) -> str:
    """Its name at Wildberries."""
    return hashlib.sha256(str(review.number).encode()).hexdigest()[:20]


def answer_of(world: World, review: Review, given: dict[str, str]) -> str:
    """The answer that stands under a review now; ``given`` are those that came by the API."""
    own = review.answer if 0 <= review.answered < world.now_t else ""
    return given.get(review_id(review), own)


def is_archived(world: World, review: Review) -> bool:
    """Is nobody expected to answer it (any more)?"""
    return review.is_bare or world.now_t - review.written > PATIENCE
