"""The placement feed: a report that is ordered, looked after and taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.ozon.placement.rows import normalise_placement
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.report_tasks import Report, last_file
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, windows

LONGEST = 31
"""Days of one report; five reports a day (specs/ozon, placement/by-products/create)."""

CREATE = post("ozon.placement.create", "/v1/report/placement/by-products/create")


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """Where nothing lies at Ozon the report is empty."""
    return [OzonPlacement(client, policy)]


@dataclass(frozen=True, slots=True)
class OzonPlacement:
    """What placement cost, replaced by the day. Cursor: the report's code."""

    client: OzonClient
    policy: OzonPolicy
    name: str = "ozon.placement"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"storage"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        asked = {"date_from": unit.d_from.isoformat(), "date_to": unit.d_to.isoformat()}
        yield from Report(self.client, self.policy, CREATE).pages(cursor, asked)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_placement(last_file(pages), unit.d_from, unit.d_to)
