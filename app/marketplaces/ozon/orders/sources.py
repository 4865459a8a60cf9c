"""The two lists of postings as sources."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.errors import Refused
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.orders import calls
from app.marketplaces.ozon.orders.rows import normalise_postings
from app.marketplaces.ozon.paging import cursor_pages
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.schemes import scheme_is_off
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, weeks


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:  # noqa: ARG001 - as every area's
    """In the order of a night."""
    return [OzonFbo(client), OzonFbs(client)]


@dataclass(frozen=True, slots=True)
class OzonFbo:
    """Orders sent by Ozon, each as it stands now. Upsert: a cancelled order changes, it does not go.

    There is no asking for what changed, so weeks are read anew; one that said the same is not written again.
    """

    client: OzonClient
    name: str = "ozon.fbo"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"orders"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return weeks(d_from, d_to)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        yield from cursor_pages(
            lambda after: calls.fbo(self.client, unit.d_from, unit.d_to, after), cursor, self.name, "postings"
        )

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_postings(bodies(pages), "fbo")


@dataclass(frozen=True, slots=True)
class OzonFbs:
    """Orders sent by the seller, FBS and rFBS, in the same way. A seller without either has no such list."""

    client: OzonClient
    name: str = "ozon.fbs"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"orders"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return weeks(d_from, d_to)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Raises NotOffered where the seller has no warehouse of his own."""
        try:
            yield from cursor_pages(
                lambda after: calls.fbs(self.client, unit.d_from, unit.d_to, after),
                cursor,
                self.name,
                "postings",
            )
        except Refused as refused:
            raise scheme_is_off(self.client, refused) or refused from None

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_postings(bodies(pages), "fbs")
