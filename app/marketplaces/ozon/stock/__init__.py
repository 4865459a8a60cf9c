"""What lies at Ozon."""

from app.marketplaces.ozon.stock.sources import OzonStock, sources

__all__ = ["OzonStock", "sources"]
