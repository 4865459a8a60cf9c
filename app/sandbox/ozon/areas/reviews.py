"""Reviews, what stands under them, and the seller's answers: for those who pay for it.

Answers live as long as the process: the file of the sandbox keeps the day alone.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from app.sandbox.feedback import Review
from app.sandbox.http import reply, whole
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.door import FORBIDDEN, NOT_FOUND, NOT_PAID, Answer, error, invalid
from app.sandbox.ozon.feedback import Comment, comments, review_id, reviews, status
from app.sandbox.world import World

FEWEST, MOST = 20, 100
STATUSES = ("ALL", "NEW", "VIEWED", "PROCESSED")


@dataclass(slots=True)
class Reviews:
    """Reviews of one world and the answers given to them here."""

    world: World
    is_paid: bool = True
    given: dict[str, str] = field(default_factory=dict)
    _known: dict[str, Review] = field(default_factory=dict)
    _known_on: int = -1

    def routes(self) -> list[Route]:
        return [
            Route("/v2/review/list", self._paid(self.listed)),
            Route("/v1/review/comment/list", self._paid(self.commented)),
            Route("/v1/review/comment/create", self._paid(self.answer)),
        ]

    def _paid(self, answer: Answer) -> Answer:
        async def guarded(body: dict[str, Any]) -> web.Response:
            return await answer(body) if self.is_paid else error(403, FORBIDDEN, NOT_PAID)

        return guarded

    async def listed(self, body: dict[str, Any]) -> web.Response:
        limit, asked = whole(body.get("limit")), body.get("filters") or {}
        if limit is None or not FEWEST <= limit <= MOST:
            return invalid(f"invalid Limit: value must be inside range [{FEWEST}, {MOST}]")
        wanted = asked.get("status", "ALL")
        try:
            since, until = (_moment(asked.get(name)) for name in ("published_from", "published_to"))
        except ValueError:
            return invalid("invalid Filters: published_from must be a timestamp")
        if wanted not in STATUSES:
            return invalid("invalid Filters: status must be one of the defined enum values")
        skus = {str(sku) for sku in asked.get("skus") or ()}
        found = [
            row
            for review in self._all().values()
            if (since is None or review.at >= since)
            and (until is None or review.at <= until)
            and (row := self._show(review))
            and (wanted == "ALL" or row["status"] == wanted)
            and (not skus or str(row["sku"]) in skus)
        ]
        found = found[::-1] if body.get("sort_dir") == "DESC" else found
        last_id = str(body.get("last_id") or "")
        names = [row["id"] for row in found]
        start = names.index(last_id) + 1 if last_id in names else 0
        page = found[start : start + limit]
        return reply(
            {
                "reviews": page,
                "has_next": start + limit < len(found),
                "last_id": page[-1]["id"] if page else "",
            }
        )

    async def commented(self, body: dict[str, Any]) -> web.Response:
        limit, offset = whole(body.get("limit")), whole(body.get("offset", 0))
        if limit is None or offset is None or not FEWEST <= limit <= MOST:
            return invalid(f"invalid Limit: value must be inside range [{FEWEST}, {MOST}]")
        review = self._find(body.get("review_id"))
        if review is None:
            return error(404, NOT_FOUND, "review not found")
        found = [_told(each) for each in comments(self.world, review, self.given)]
        found = found[::-1] if body.get("sort_dir") == "DESC" else found
        return reply({"comments": found[offset : offset + limit], "offset": offset})

    async def answer(self, body: dict[str, Any]) -> web.Response:
        review, text = self._find(body.get("review_id")), body.get("text")
        if review is None:
            return error(404, NOT_FOUND, "review not found")
        if not isinstance(text, str) or not text.strip():
            return invalid("invalid Text: value length must be at least 1 runes")
        self.given.setdefault(review_id(review), text)
        return reply({"comment_id": comments(self.world, review, self.given)[-1].id})

    def _find(self, name: Any) -> Review | None:
        return self._all().get(str(name))

    def _all(self) -> dict[str, Review]:
        """By name, the oldest first; worked out once a day."""
        if self._known_on != self.world.now_t:
            self._known = {review_id(each): each for each in reviews(self.world)}
            self._known_on = self.world.now_t
        return self._known

    def _show(self, review: Review) -> dict[str, Any]:
        return {
            "id": review_id(review),
            "sku": int(self.world.ozon.shelf.item_id[review.row]),
            "text": review.text,
            "published_at": f"{review.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
            "rating": review.rating,
            "status": status(self.world, review, self.given),
            "comments_amount": len(comments(self.world, review, self.given)),
            "photos_amount": review.photos,
            "videos_amount": 0,
            "order_status": "DELIVERED",
            "is_rating_participant": True,
        }


def _told(each: Comment) -> dict[str, Any]:
    return {
        "id": each.id,
        "text": each.text,
        "published_at": f"{each.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}" if each.at else None,
        "is_official": False,
        "is_owner": each.is_owner,
        "is_published": each.at is not None and not each.is_rejected,
        "is_rejected": each.is_rejected,
        "deviation_reason": "Реклама" if each.is_rejected else "",
        "parent_comment_id": "",
        "likes_amount": 0,
        "dislikes_amount": 0,
    }


def _moment(text: Any) -> datetime | None:
    """Raises ValueError: what is no moment in UTC."""
    if text in (None, ""):
        return None
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment
