"""Wildberries' money: finance rows, the reports they stand in, the balance."""

from app.marketplaces.wb.money.sources import WbBalance, WbFinance, WbReports, sources

__all__ = ["WbBalance", "WbFinance", "WbReports", "sources"]
