"""Calls of discounts-prices-api. Source: facts/wildberries.md section 5, specs/wb items.yaml."""

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient

PAGE = 1_000
_GOODS = Endpoint("wb.prices", "GET", "discounts-prices-api", "/api/v2/list/goods/filter")


def goods(client: WbClient, offset: int) -> Reply:
    """Up to 1,000 cards with the prices of their sizes."""
    return client.transport.call(_GOODS, params={"limit": str(PAGE), "offset": str(offset)})
