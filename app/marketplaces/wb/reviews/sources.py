"""The feed of reviews: those that wait, those that are dealt with, and the archive."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from app.marketplaces.errors import Garbled
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, window
from app.marketplaces.transport import Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.reviews import calls
from app.marketplaces.wb.reviews.rows import normalise_feedbacks
from app.marketplaces.wb.token import Scope
from app.marketplaces.wire import parse_day, parse_rows

WAITING, DONE, ARCHIVE = PASSES = ("waiting", "done", "archive")


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """Nothing where the token has no category for it: the seller chose so."""
    return [WbReviews(client, policy)] if policy.covers(Scope.FEEDBACKS) else []


@dataclass(frozen=True, slots=True)
class WbReviews:
    """Reviews written since the first day, in three passes. Cursor: "pass:skip".

    Upsert only: the archive has no dates, so that no list is all there is of the days.
    """

    client: WbClient
    policy: WbPolicy
    name: str = "wb.reviews"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"reviews"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        which, _, told = (cursor or f"{WAITING}:0").partition(":")
        skip = int(told)
        while True:
            reply = self._ask(which, unit.d_from, skip)
            rows = parse_rows(reply.body, self.name, "data", "feedbacks")
            following = self._following(which, rows, skip, unit.d_from)
            yield Page(reply.request, reply.body, following)
            if not following:
                return
            which, _, told = following.partition(":")
            skip = int(told)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_feedbacks(pages)

    def _ask(self, which: str, d_from: date, skip: int) -> Reply:
        if which == ARCHIVE:
            return calls.archive(self.client, skip)
        midnight = datetime.combine(d_from, time(), ZoneInfo(self.policy.day_timezone)).astimezone(UTC)
        since = int(midnight.timestamp())
        return calls.feedbacks(self.client, is_answered=which == DONE, since=since, skip=skip)

    def _following(self, which: str, rows: Sequence[Any], skip: int, d_from: date) -> str:
        """A page shorter than its limit is its list's last one; of the archive, one that is old enough."""
        if len(rows) >= calls.PAGE and not (which == ARCHIVE and _day(rows[-1]) < d_from):
            if skip + len(rows) > calls.LARGEST_SKIP:
                raise Garbled(self.name, "отзывов больше, чем отдаёт метод")
            return f"{which}:{skip + len(rows)}"
        at = PASSES.index(which)
        return f"{PASSES[at + 1]}:0" if which != PASSES[-1] else ""


def _day(row: Any) -> date:
    """A row whose time cannot be read ends nothing."""
    try:
        return parse_day(row.get("createdDate"))
    except (ValueError, AttributeError):
        return date.max
