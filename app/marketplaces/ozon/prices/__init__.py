"""What the seller asks for its goods, and what share Ozon will take of it."""

from app.marketplaces.ozon.prices.sources import OzonPrices, sources

__all__ = ["OzonPrices", "sources"]
