"""Advertising: which campaigns there are, what they brought, what was taken for them."""

from app.marketplaces.wb.ads.sources import WbAdMoney, WbAds, sources

__all__ = ["WbAdMoney", "WbAds", "sources"]
