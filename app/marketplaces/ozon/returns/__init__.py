"""Goods that come back: through Ozon (FBO, FBS) and past it (rFBS)."""

from app.marketplaces.ozon.returns.sources import OzonReturns, OzonRfbsReturns, sources

__all__ = ["OzonReturns", "OzonRfbsReturns", "sources"]
