"""Prices now."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.ozon.catalogue.calls import product_info
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import cursor_pages
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.prices.calls import PRICES, prices
from app.marketplaces.ozon.prices.rows import normalise_prices, product_ids
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit
from app.marketplaces.wire import parse_rows


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:  # noqa: ARG001 - as every area's
    """The price list."""
    return [OzonPrices(client)]


@dataclass(frozen=True, slots=True)
class OzonPrices:
    """The seller's prices. Rows name cards: what each page names is asked for before the page is kept."""

    client: OzonClient
    name: str = "ozon.prices"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"prices", "commissions"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Cursor: "@" and Ozon's own, which is "" at the start. The page of prices moves it, so its names
        come first: a resumed run misses none."""
        after = cursor.removeprefix("@")
        for page in cursor_pages(lambda start: prices(self.client, start), after, PRICES.budget, "items"):
            if ids := product_ids(page.body):
                reply = product_info(self.client, ids)
                parse_rows(reply.body, "ozon.product_info", "items")
                yield Page(reply.request, reply.body, f"@{after}")
            after = page.cursor
            yield page._replace(cursor=f"@{after}" if after else "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_prices(pages, unit.d_to)
