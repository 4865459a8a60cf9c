"""The feed of clusters."""

# ruff: noqa: ARG001, ARG002 - the ports have one signature for all areas and sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.clusters import calls
from app.marketplaces.ozon.clusters.rows import normalise_clusters
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.wire import parse_rows


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """Which cluster each warehouse stands in."""
    return [OzonClusters(client)]


@dataclass(frozen=True, slots=True)
class OzonClusters:
    """Clusters as they are now, in one call: told anew each night, for the warehouses that came with it."""

    client: OzonClient
    name: str = "ozon.clusters"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"clusters"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit(d_to.isoformat(), d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        reply = calls.clusters(self.client)
        parse_rows(reply.body, self.name, "result")
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_clusters(bodies(pages))
