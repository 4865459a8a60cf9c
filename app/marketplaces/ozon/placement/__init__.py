"""What placement in Ozon's warehouses costs by SKU: the accruals charge it to the cabinet as a whole."""

from app.marketplaces.ozon.placement.sources import OzonPlacement, sources

__all__ = ["OzonPlacement", "sources"]
