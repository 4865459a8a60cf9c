"""Products and how they are named."""

from app.marketplaces.ozon.catalogue.sources import OzonCatalogue, sources

__all__ = ["OzonCatalogue", "sources"]
