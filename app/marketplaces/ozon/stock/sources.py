"""Stock now."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.ozon.catalogue.calls import product_info, product_list
from app.marketplaces.ozon.catalogue.rows import listed_products
from app.marketplaces.ozon.catalogue.wire import Product
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.stock import calls
from app.marketplaces.ozon.stock.calls import STOCK_SKUS
from app.marketplaces.ozon.stock.rows import normalise_stocks
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.wire import parse_rows, read_rows


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """What lies at Ozon."""
    return [OzonStock(client, policy)]


@dataclass(frozen=True, slots=True)
class OzonStock:
    """Stock now, a hundred skus a page. Cursor: the last sku asked for (they go in ascending order)."""

    client: OzonClient
    policy: OzonPolicy
    name: str = "ozon.stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        after = int(cursor or 0)
        skus = sorted(sku for sku in set(self.policy.stock_skus or self._catalogue()) if sku > after)
        for start in range(0, len(skus), STOCK_SKUS):
            chunk = skus[start : start + STOCK_SKUS]
            reply = calls.stocks(self.client, chunk)
            parse_rows(reply.body, self.name, "items")
            last = start + STOCK_SKUS >= len(skus)
            yield Page(reply.request, reply.body, "" if last else str(chunk[-1]))

    def _catalogue(self) -> Iterator[int]:
        """Skus of live products, by the list; where it does not tell them, by the details."""
        last_id = ""
        while True:
            reply = product_list(self.client, "ALL", last_id)
            products = listed_products(reply.body)
            yield from (product.sku for product in products if product.sku > 0)
            unnamed = [product.product_id for product in products if product.sku <= 0]
            if unnamed:
                info = product_info(self.client, unnamed)
                rows = parse_rows(info.body, "ozon.product_info", "items")
                for _, product in read_rows(rows, Product, lambda _raw, _reason: None):
                    yield from product.skus()
            following = next_id(reply.body, "ozon.product_list", "result")
            if not products or following in ("", last_id):
                return
            last_id = following

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_stocks(bodies(pages), unit.d_to)
