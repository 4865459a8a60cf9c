"""Paid storage by SKU, warehouse and day: what the finance report charges to the cabinet as a whole."""

from app.marketplaces.wb.storage.sources import WbStorage, sources

__all__ = ["WbStorage", "sources"]
