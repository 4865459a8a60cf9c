"""What the key may do, until when, and whose cabinet it opens."""

from app.marketplaces.ozon.access.sources import OzonAccess, sources

__all__ = ["OzonAccess", "sources"]
