"""Accruals: what Ozon books for and against the seller, day by day."""

from app.marketplaces.ozon.accruals.sources import OzonAccruals, sources

__all__ = ["OzonAccruals", "sources"]
