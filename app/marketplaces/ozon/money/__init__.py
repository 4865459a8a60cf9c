"""Money beside the accruals: the balance day by day, and what was paid out."""

from app.marketplaces.ozon.money.sources import OzonBalance, OzonCashflows, sources

__all__ = ["OzonBalance", "OzonCashflows", "sources"]
