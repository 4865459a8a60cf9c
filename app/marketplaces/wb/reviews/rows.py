"""Reviews as plain rows."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from app.marketplaces.rows import ReviewRow, SkuRef
from app.marketplaces.rows.market import ANSWERED, ARCHIVED, NEW
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.wb.normalize import MOSCOW
from app.marketplaces.wb.reviews.wire import Feedback
from app.marketplaces.wire import parse_rows, payload, read_rows, readable_day


def normalise_feedbacks(pages: Sequence[Page]) -> Normalised:
    """A row per review; where several lists tell of it, the last one counts: it was asked last."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        key = str(raw.get("id", "")) if isinstance(raw, dict) else ""
        day = readable_day(raw, "createdDate")
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", day))

    for page in pages:
        waits = '"isAnswered":"false"' in page.key.params
        rows = parse_rows(page.body, "wb.feedbacks", "data", "feedbacks")
        for _, told in read_rows(rows, Feedback, refuse):
            out.reviews.append(_row(told, waits=waits))
    return out


def _row(told: Feedback, *, waits: bool) -> ReviewRow:
    created = told.created if told.created.tzinfo else told.created.replace(tzinfo=MOSCOW)
    goods = told.goods
    answer = told.answer.text if told.answer else ""
    return ReviewRow(
        review_id=told.review_id,
        sku=SkuRef(nm_id=goods.nm_id, size=goods.size, article=goods.article) if goods.nm_id else None,
        created_at_utc=created.astimezone(UTC),
        rating=told.rating,
        has_media=told.photos or told.video,
        text=told.text,
        pros=told.pros,
        cons=told.cons,
        # Nobody is expected to answer after 30 days, or where there are only stars.
        reply_status=ANSWERED if answer else NEW if waits else ARCHIVED,
        reply_id=None,
        answer=answer,
        replied_at_utc=None,
    )
