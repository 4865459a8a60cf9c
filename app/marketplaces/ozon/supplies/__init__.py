"""Deliveries to Ozon's warehouses (FBO): what is on its way, what was accepted."""

from app.marketplaces.ozon.supplies.sources import OzonSupplies, sources

__all__ = ["OzonSupplies", "sources"]
