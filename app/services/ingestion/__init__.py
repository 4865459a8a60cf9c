"""Bringing the marketplaces' rows into facts; the names a caller by hand needs."""

from app.repositories.catalogue import ensure_sku, ensure_warehouse
from app.services.ingestion.sources import (
    collect_ozon_cashflows,
    collect_ozon_sales,
    collect_ozon_stock,
    collect_wb_sales,
    collect_wb_stock,
)

__all__ = [
    "collect_ozon_cashflows",
    "collect_ozon_sales",
    "collect_ozon_stock",
    "collect_wb_sales",
    "collect_wb_stock",
    "ensure_sku",
    "ensure_warehouse",
]
