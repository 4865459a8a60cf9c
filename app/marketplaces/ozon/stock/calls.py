"""Calls about stock. Source: facts/ozon.md section 5."""

from collections.abc import Sequence

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

STOCK_SKUS = 100

STOCKS = post("ozon.stock", "/v1/analytics/stocks")


def stocks(client: OzonClient, skus: Sequence[int]) -> Reply:
    """Stock by warehouse of up to 100 skus."""
    return client.transport.call(STOCKS, body={"skus": [str(sku) for sku in skus]})
