"""Advertising: which campaigns there are, what they cost, which goods they were for."""

from app.marketplaces.ozon.ads.sources import OzonAdMoney, OzonAds, sources

__all__ = ["OzonAdMoney", "OzonAds", "sources"]
