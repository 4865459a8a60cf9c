"""Realization: the month's closing document, signed by both sides, and what accruals are checked against."""

from app.marketplaces.ozon.realization.sources import OzonRealization, OzonRealizationPostings, sources

__all__ = ["OzonRealization", "OzonRealizationPostings", "sources"]
