"""The feeds of rates. Each is the price list as of a day; a rule holds from the day it was first seen."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.rates import calls
from app.marketplaces.wb.rates.rows import METHOD, normalise_commission, normalise_tariffs
from app.marketplaces.wire import parse_rows

KINDS = ("box", "pallet", "return")


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:  # noqa: ARG001
    """Any token may ask."""
    return [WbCommission(client), WbTariffs(client)]


@dataclass(frozen=True, slots=True)
class WbCommission:
    """Commission of all categories, one rule; the same rule tomorrow is no news."""

    client: WbClient
    name: str = "wb.commission"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"commissions"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        reply = calls.commission(self.client)
        parse_rows(reply.body, self.name, "report")
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_commission(bodies(pages), unit.d_to)


@dataclass(frozen=True, slots=True)
class WbTariffs:
    """Tariffs of boxes, pallets and returns by warehouse. Cursor: the kind to be asked next."""

    client: WbClient
    name: str = METHOD
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"tariffs"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        first = KINDS.index(cursor) if cursor else 0
        for kind, following in zip(KINDS[first:], [*KINDS[first + 1 :], ""], strict=True):
            reply = calls.tariffs(self.client, kind, unit.d_to)
            parse_rows(reply.body, self.name, "response", "data", "warehouseList")
            yield Page(reply.request, reply.body, following)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_tariffs(pages, unit.d_to)
