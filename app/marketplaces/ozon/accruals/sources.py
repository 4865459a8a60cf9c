"""Accruals, day by day, and the dictionary of their types."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.marketplaces.errors import NotOffered, Refused, ScopeMissing
from app.marketplaces.ozon.accruals import calls
from app.marketplaces.ozon.accruals.dictionary import normalise_types
from app.marketplaces.ozon.accruals.quantities import postings_to_ask, told_pieces
from app.marketplaces.ozon.accruals.rows import Reading, normalise_accruals
from app.marketplaces.ozon.accruals.telling import last_telling
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.lines import TypeBook
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.wire import parse_rows

CURSOR_LIFE = timedelta(minutes=14)
"""Ozon lets ``last_id`` live for 15, and does not say what it answers to an older one."""

RESTARTS = 2
"""A day that cannot be read in three goes is left for another night."""

PATIENCE = 40
"""Refusals of postings in a day: one bad number costs eight. Pieces are a nicety, the day is not."""

_ANEW = "anew"
"""A cursor that begins the day again."""


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """The words first, then the truth of the P&L."""
    return [OzonAccrualTypes(client), OzonAccruals(client, policy.types)]


@dataclass(frozen=True, slots=True)
class OzonAccrualTypes:
    """Ozon's dictionary of accrual types as it is now; what it has dropped or renamed is kept."""

    client: OzonClient
    name: str = "ozon.accrual_types"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"accrual_types"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        reply = calls.accrual_types(self.client)
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_types(bodies(pages), unit.d_to)


@dataclass(frozen=True, slots=True)
class OzonAccruals:
    """Accruals of a day: the truth of the P&L and of sales, replaced as a whole."""

    client: OzonClient
    types: TypeBook = field(default_factory=TypeBook)
    name: str = "ozon.accruals"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"sales", "settlement"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        days = (d_from + timedelta(days=n) for n in range((d_to - d_from).days + 1))
        return [Unit(d.isoformat(), d, d) for d in days]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Pages of the day, then the postings whose pieces they do not tell.

        A ``last_id`` that is too old, or is refused, starts the day over; the rows come twice, count once.
        """
        place, left, lacking = _Place.read(cursor), RESTARTS, dict[str, None]()
        while True:
            if place.last_id and place.is_stale(self._now()):
                place = _START
            try:
                reply = calls.by_day(self.client, unit.d_from, place.last_id)
            except Refused as error:
                if not place.last_id or not left or error.status != 400:
                    raise
                place, left = _START, left - 1
                continue
            rows = parse_rows(reply.body, self.name, "accruals")
            lacking |= dict.fromkeys(postings_to_ask(rows))
            following = next_id(reply.body, self.name)
            if not rows or following == place.last_id:
                following = ""
            place = _Place(following, self._now())
            if following:
                yield Page(reply.request, reply.body, place.written())
                continue
            # Whoever comes back between the two begins the day anew: what it lacks is known here only.
            yield Page(reply.request, reply.body, _ANEW if lacking else "")
            yield from self._postings(list(lacking))
            return

    def _postings(self, numbers: Sequence[str]) -> Iterator[Page]:
        """What they were charged. A number that Ozon takes for malformed refuses its whole batch: it is found
        by halving, and stays without pieces, which the normaliser notes."""
        size, patience = calls.LARGEST_BATCH, PATIENCE
        batches = [numbers[start : start + size] for start in range(0, len(numbers), size)]
        while batches and patience:
            batch = batches.pop(0)
            try:
                reply = calls.postings(self.client, batch)
            except (ScopeMissing, NotOffered):
                return
            except Refused as error:
                if error.status != 400:
                    raise
                patience -= 1
                half = len(batch) // 2
                batches[:0] = [batch[:half], batch[half:]] if half else []
                continue
            yield Page(reply.request, reply.body, _ANEW if batches else "")

    def _now(self) -> datetime:
        return self.client.transport.clock.now()

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        asked = [page.body for page in pages if page.key.path == calls.POSTINGS.path]
        days = last_telling([page for page in pages if page.key.path != calls.POSTINGS.path])
        return normalise_accruals(days, Reading(self.types, told_pieces(asked)))


class _Place(NamedTuple):
    """Where the reading of a day stands: the ``last_id`` to go on with, "" = from the start, and when it was
    told. As a cursor: "2026-11-21T02:00:00+00:00 b2sg"."""

    last_id: str = ""
    told_at: datetime | None = None

    @classmethod
    def read(cls, cursor: str) -> "_Place":
        """A cursor that says no time may be of any age: the day begins anew."""
        told_at, _, last_id = cursor.partition(" ")
        try:
            return cls(last_id, datetime.fromisoformat(told_at)) if last_id else _START
        except ValueError:
            return _START

    def written(self) -> str:
        return f"{self.told_at.isoformat() if self.told_at else ''} {self.last_id}"

    def is_stale(self, now: datetime) -> bool:
        return self.told_at is None or now - self.told_at > CURSOR_LIFE


_START = _Place()
