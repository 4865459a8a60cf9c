"""Calls of the two order feeds. Source: facts/wildberries.md sections 5.1 and 5.2."""

from datetime import date

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient

FEED_PAGE = 10_000

_ORDERS = Endpoint("wb.orders", "GET", "statistics-api", "/api/v1/supplier/orders")
_FEED = Endpoint("wb.order_feed", "POST", "seller-analytics-api", "/api/analytics/v1/order-feed")


def orders(client: WbClient, changed_after: str) -> Reply:
    """Orders with lastChangeDate after ``changed_after`` (Moscow, no zone)."""
    return client.transport.call(_ORDERS, params={"dateFrom": changed_after, "flag": "0"})


def feed(client: WbClient, d_from: date, d_to: date, snapshot: str, offset: int) -> Reply:
    """Orders whose status moved on these days. ``snapshot`` is the first reply's ``snapshotTime``: later
    pages must be of the same instant."""
    paging: dict[str, object] = {"offset": offset, "limit": FEED_PAGE}
    if snapshot:
        paging["snapshotTime"] = snapshot
    period = {"start": f"{d_from}T00:00:00+03:00", "end": f"{d_to}T23:59:59+03:00"}
    return client.transport.call(_FEED, body={"selectedPeriod": period, "pagination": paging})
