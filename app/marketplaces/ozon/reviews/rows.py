"""Reviews as plain rows."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from app.marketplaces.ozon.reviews import calls
from app.marketplaces.ozon.reviews.wire import Comment, Review
from app.marketplaces.rows import ReviewRow, SkuRef
from app.marketplaces.rows.market import ANSWERED, ARCHIVED, NEW
from app.marketplaces.source import Normalised, Page
from app.marketplaces.unplaced import set_aside
from app.marketplaces.wire import parse_json, parse_rows, read_rows

PROCESSED = "PROCESSED"


def _ignore(_raw: Any, _reason: str) -> None:
    """The normaliser tells of it."""


def commented(body: bytes) -> Iterator[str]:
    """Reviews of a page under which something was said. Raises Garbled."""
    for _, told in read_rows(parse_rows(body, calls.LIST.budget, "reviews"), Review, _ignore):
        if told.comments:
            yield told.review_id


def normalise_reviews(pages: Sequence[Page]) -> Normalised:
    """A row a review, with what its seller answered last."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(set_aside(raw, reason, "id", amount="", day="published_at"))

    found: dict[str, Review] = {}
    answers: dict[str, list[Comment]] = {}
    for page in pages:
        if page.key.path == calls.LIST.path:
            rows = parse_rows(page.body, calls.LIST.budget, "reviews")
            found |= {told.review_id: told for _, told in read_rows(rows, Review, refuse)}
        else:
            review_id = str(parse_json(page.key.params.encode(), page.key.path)["body"]["review_id"])
            rows = parse_rows(page.body, calls.COMMENTS.budget, "comments")
            told = [each for _, each in read_rows(rows, Comment, refuse)]
            answers[review_id] = [each for each in told if each.is_owner]
    out.reviews += [_row(told, answers.get(told.review_id, [])) for told in found.values()]
    return out


def _row(told: Review, own: Sequence[Comment]) -> ReviewRow:
    """``own``: the seller's comments, the newest first. One that moderation has turned down is none, and
    whoever wrote the review still waits."""
    answer = next((each for each in own if not each.is_rejected), None)
    media = bool(told.photos or told.videos)
    if answer is not None:
        status = ANSWERED
    elif own:
        status = NEW
    else:
        # The seller has put it aside, or there are only stars: nothing to answer.
        status = ARCHIVED if told.status == PROCESSED or not (told.text or media) else NEW
    published = told.published if told.published.tzinfo else told.published.replace(tzinfo=UTC)
    return ReviewRow(
        review_id=told.review_id,
        sku=SkuRef(ozon_id=told.sku) if told.sku > 0 else None,
        created_at_utc=published.astimezone(UTC),
        rating=told.rating,
        has_media=media,
        text=told.text,
        pros="",
        cons="",
        reply_status=status,
        reply_id=answer.comment_id if answer else None,
        answer=answer.text if answer else "",
        replied_at_utc=answer.published.astimezone(UTC) if answer and answer.published else None,
    )
