"""The two lists of returns as sources. Upsert only: a return does not vanish, it ends."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.errors import Refused
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import numbered_pages
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.returns import calls
from app.marketplaces.ozon.returns.rows import normalise_returns, normalise_rfbs_returns
from app.marketplaces.ozon.schemes import scheme_is_off
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, windows

LONGEST = 31
"""No longest period is told; a month keeps the pages of a unit few."""


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:  # noqa: ARG001 - as every area's
    """In the order of a night."""
    return [OzonReturns(client), OzonRfbsReturns(client)]


@dataclass(frozen=True, slots=True)
class OzonReturns:
    """Returns of FBO and FBS by the moment their status moved, so a unit brings what began long before it."""

    client: OzonClient
    name: str = "ozon.returns"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"returns"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        yield from numbered_pages(
            lambda after: calls.returns(self.client, unit.d_from, unit.d_to, after),
            cursor,
            self.name,
            "returns",
            "id",
        )

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_returns(bodies(pages))


@dataclass(frozen=True, slots=True)
class OzonRfbsReturns:
    """Claims of rFBS by the day they were made: their states move for weeks, so months are read anew."""

    client: OzonClient
    name: str = "ozon.rfbs_returns"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"returns"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Raises NotOffered where the seller has no rFBS warehouse."""
        try:
            yield from numbered_pages(
                lambda after: calls.rfbs_returns(self.client, unit.d_from, unit.d_to, after),
                cursor,
                self.name,
                "returns",
                "return_id",
            )
        except Refused as refused:
            raise scheme_is_off(self.client, refused, for_rfbs=True) or refused from None

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_rfbs_returns(bodies(pages))
