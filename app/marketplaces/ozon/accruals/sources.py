"""Accruals, day by day."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.marketplaces.errors import Refused
from app.marketplaces.ozon.accruals import calls
from app.marketplaces.ozon.accruals.rows import normalise_accruals
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.wire import parse_rows


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:  # noqa: ARG001 - as every area's
    """The truth of the P&L."""
    return [OzonAccruals(client)]


@dataclass(frozen=True, slots=True)
class OzonAccruals:
    """Accruals of a day: the truth of the P&L and of sales, replaced as a whole."""

    client: OzonClient
    name: str = "ozon.accruals"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"sales", "settlement"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        days = (d_from + timedelta(days=n) for n in range((d_to - d_from).days + 1))
        return [Unit(d.isoformat(), d, d) for d in days]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Pages of the day. An expired ``last_id`` starts the day over; the rows come twice, count once."""
        last_id, restarted = cursor, False
        while True:
            try:
                reply = calls.by_day(self.client, unit.d_from, last_id)
            except Refused as error:
                if not last_id or restarted or error.status != 400:
                    raise
                last_id, restarted = "", True
                continue
            rows = parse_rows(reply.body, self.name, "accruals")
            following = next_id(reply.body, self.name)
            if not rows or following == last_id:
                following = ""
            yield Page(reply.request, reply.body, following)
            if not following:
                return
            last_id = following

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_accruals(bodies(pages))
