"""Goods on their way back to the seller."""

from app.marketplaces.wb.returns.sources import WbItemReturns, sources

__all__ = ["WbItemReturns", "sources"]
