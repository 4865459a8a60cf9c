"""The feed of reviews: a page of them, then what was said under each of the page."""

# ruff: noqa: ARG001, ARG002 - the ports have one signature for all areas and sources

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.reviews import calls
from app.marketplaces.ozon.reviews.rows import commented, normalise_reviews
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, window
from app.marketplaces.transport import Reply
from app.marketplaces.wire import parse_json, parse_rows

MOSCOW = ZoneInfo("Europe/Moscow")


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """Whether the seller has the subscription for it, Ozon says when it is asked."""
    return [OzonReviews(client)]


class _Rest(NamedTuple):
    """What is still to be asked: the words under these reviews, then the list from ``last_id`` on (None:
    it is read to its end)."""

    last_id: str | None = ""
    reviews: tuple[str, ...] = ()

    @property
    def cursor(self) -> str:
        return json.dumps(self) if self.reviews or self.last_id is not None else ""


def _read(cursor: str) -> _Rest:
    if not cursor:
        return _Rest()
    last_id, reviews = json.loads(cursor)
    return _Rest(last_id, tuple(reviews))


@dataclass(frozen=True, slots=True)
class OzonReviews:
    """Reviews published since the first day. Cursor: what is still to be asked (``_Rest``).

    Upsert only, as of Wildberries: the days say nothing of older reviews.
    """

    client: OzonClient
    name: str = "ozon.reviews"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"reviews"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        since = datetime.combine(unit.d_from, time(), MOSCOW).astimezone(UTC)
        rest: _Rest | None = _read(cursor)
        while rest is not None:
            if rest.reviews:
                reply = calls.comments(self.client, rest.reviews[0])
                parse_rows(reply.body, self.name, "comments")
                rest = rest._replace(reviews=rest.reviews[1:])
            else:
                reply, rest = self._listed(since, rest.last_id or "")
            yield Page(reply.request, reply.body, rest.cursor)
            rest = rest if rest.cursor else None

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_reviews(pages)

    def _listed(self, since: datetime, last_id: str) -> tuple[Reply, _Rest]:
        reply = calls.reviews(self.client, since, last_id)
        rows = parse_rows(reply.body, self.name, "reviews")
        following, told = next_id(reply.body, self.name), parse_json(reply.body, self.name)
        more = bool(rows) and told.get("has_next") is not False and following not in ("", last_id)
        return reply, _Rest(following if more else None, tuple(commented(reply.body)))
