"""Deliveries to Wildberries' warehouses (FBW): what is on its way, what was accepted."""

from app.marketplaces.wb.supplies.sources import WbSupplies, WbSupplyList, sources

__all__ = ["WbSupplies", "WbSupplyList", "sources"]
