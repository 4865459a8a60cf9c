"""Calls about prices. Source: facts/ozon.md section 6."""

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.transport import Reply

PAGE = 1000

PRICES = post("ozon.prices", "/v5/product/info/prices")


def prices(client: OzonClient, cursor: str) -> Reply:
    """A page of the prices of everything that is not archived."""
    body = {"filter": {"visibility": "ALL"}, "cursor": cursor, "limit": PAGE}
    return client.transport.call(PRICES, body=body)
