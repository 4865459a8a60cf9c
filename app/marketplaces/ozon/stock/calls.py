"""Calls about stock. Source: facts/ozon.md section 5."""

from collections.abc import Sequence

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

STOCK_SKUS = 100
"""As many skus as analytics/stocks takes; how many the other methods take is published nowhere."""

PAGE = 1000

STOCKS = post("ozon.stock", "/v1/analytics/stocks")
AT_OZON = post("ozon.fbo_stock", "/v1/product/info/stocks-by-warehouse/fbo")
AT_SELLER = post("ozon.own_stock", "/v2/product/info/stocks-by-warehouse/fbs")
WAREHOUSES = post("ozon.warehouses", "/v1/warehouse/ozon/list")


def stocks(client: OzonClient, skus: Sequence[int]) -> Reply:
    """Stock by warehouse of up to 100 skus."""
    return client.transport.call(STOCKS, body={"skus": [str(sku) for sku in skus]})


def stocks_at_ozon(client: OzonClient, skus: Sequence[int], cursor: str) -> Reply:
    """Pieces at Ozon's warehouses, without names and without what is on its way."""
    body = {"skus": [str(sku) for sku in skus], "limit": PAGE, "cursor": cursor}
    return client.transport.call(AT_OZON, body=body)


def stocks_at_seller(client: OzonClient, skus: Sequence[int], cursor: str) -> Reply:
    """Pieces in the seller's own warehouses (FBS and rFBS)."""
    body = {"sku": [str(sku) for sku in skus], "limit": PAGE, "cursor": cursor}
    return client.transport.call(AT_SELLER, body=body)


def warehouses(client: OzonClient) -> Reply:
    """Ozon's warehouses by name."""
    return client.transport.call(WAREHOUSES, body={})
