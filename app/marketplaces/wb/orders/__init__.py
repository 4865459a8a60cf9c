"""Orders of buyers: the statistics feed, and the feed of every status."""

from app.marketplaces.wb.orders.sources import WbOrderFeed, WbOrders, sources

__all__ = ["WbOrderFeed", "WbOrders", "sources"]
