"""Costs told by reports of their own: acceptance, deductions, fines for sizes, self-buyouts.

All of it stands in the finance report already, as lumps without a product. These rows say what the lumps
are for and are never added to the P&L (facts/wildberries.md 7.2).
"""

from app.marketplaces.wb.charges.sources import (
    WbAcceptance,
    WbDeductions,
    WbMeasurements,
    WbSelfBuyouts,
    sources,
)

__all__ = ["WbAcceptance", "WbDeductions", "WbMeasurements", "WbSelfBuyouts", "sources"]
