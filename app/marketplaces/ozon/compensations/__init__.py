"""Compensations by goods: what the accruals say in sums that name none."""

from app.marketplaces.ozon.compensations.sources import OzonCompensations, sources

__all__ = ["OzonCompensations", "sources"]
