"""Prices: what the seller asks now, before and after discounts."""

from app.marketplaces.wb.prices.sources import WbPrices, sources

__all__ = ["WbPrices", "sources"]
