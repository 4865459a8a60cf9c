"""What lies at Ozon, and in the seller's own warehouses that Ozon sells from."""

from app.marketplaces.ozon.stock.sources import OzonOwnStock, OzonStock, sources

__all__ = ["OzonOwnStock", "OzonStock", "sources"]
