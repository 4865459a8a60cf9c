"""Orders of buyers: postings that Ozon sends (FBO) and that the seller sends (FBS, rFBS)."""

from app.marketplaces.ozon.orders.sources import OzonFbo, OzonFbs, sources

__all__ = ["OzonFbo", "OzonFbs", "sources"]
