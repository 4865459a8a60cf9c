"""Stock: now at Wildberries, now in the seller's own warehouses, and day by day in the past."""

from app.marketplaces.wb.stock.history import WbStockHistory
from app.marketplaces.wb.stock.sources import WbOwnStock, WbRemains, WbStockNow, sources

__all__ = ["WbOwnStock", "WbRemains", "WbStockHistory", "WbStockNow", "sources"]
