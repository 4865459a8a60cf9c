"""Which skus stock is asked for: those of every card that is not archived."""

from collections.abc import Iterator

from app.marketplaces.ozon.catalogue.calls import product_info, product_list
from app.marketplaces.ozon.catalogue.rows import listed_products
from app.marketplaces.ozon.catalogue.wire import Product
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.stock.calls import STOCK_SKUS
from app.marketplaces.wire import parse_rows, read_rows


def chunks_to_ask(client: OzonClient, policy: OzonPolicy, after: int) -> Iterator[tuple[list[int], bool]]:
    """Skus greater than ``after`` in ascending order, a hundred at a time, and whether they are the last."""
    skus = sorted(sku for sku in set(policy.stock_skus or _listed(client)) if sku > after)
    for start in range(0, len(skus), STOCK_SKUS):
        yield skus[start : start + STOCK_SKUS], start + STOCK_SKUS >= len(skus)


def _listed(client: OzonClient) -> Iterator[int]:
    """By the list; where it does not tell a sku, by the details."""
    last_id = ""
    while True:
        reply = product_list(client, "ALL", last_id)
        products = listed_products(reply.body)
        yield from (product.sku for product in products if product.sku > 0)
        unnamed = [product.product_id for product in products if product.sku <= 0]
        if unnamed:
            info = product_info(client, unnamed)
            rows = parse_rows(info.body, "ozon.product_info", "items")
            for _, product in read_rows(rows, Product, lambda _raw, _reason: None):
                yield from product.skus()
        following = next_id(reply.body, "ozon.product_list", "result")
        if not products or following in ("", last_id):
            return
        last_id = following
