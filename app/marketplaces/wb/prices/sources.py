"""The feed of prices: a snapshot of the whole account."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.transport import Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.paging import offset_pages
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.prices import calls
from app.marketplaces.wb.prices.rows import normalise_prices
from app.marketplaces.wb.token import Scope


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """Nothing where the token has no category for it: the seller chose so."""
    return [WbPrices(client)] if policy.covers(Scope.PRICES) else []


@dataclass(frozen=True, slots=True)
class WbPrices:
    """Prices now, replaced as a whole; what a price was before is in figure_change. Cursor: the offset."""

    client: WbClient
    name: str = "wb.prices"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"prices"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        def ask(offset: int) -> Reply:
            return calls.goods(self.client, offset)

        # The specification asks for pages until an empty one; on a base token that one costs a quarter of
        # an hour.
        yield from offset_pages(ask, cursor, calls.PAGE, self.name, "data", "listGoods")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_prices(bodies(pages))
