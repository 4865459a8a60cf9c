"""Wildberries' price list: commission by category; storage, delivery and returns by warehouse."""

from app.marketplaces.wb.rates.sources import WbCommission, WbTariffs, sources

__all__ = ["WbCommission", "WbTariffs", "sources"]
