"""Ozon replies as plain rows: catalogue and stock. Accruals have their own module."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.marketplaces.ozon.wire import ListedProduct, Product, StockLevel
from app.marketplaces.rows import CatalogueRow, SkuRef, StockRow
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import parse_json, parse_rows, payload, read_rows


def normalise_products(bodies: Sequence[bytes]) -> Normalised:
    """A catalogue row per Ozon sku of each card, from the pages of product/info/list.

    Pages of product/list among the bodies only led to them. Brand and category are not told by
    these methods in words and stay empty.
    """
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        key = str(raw.get("id", "")) if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", None))

    seen: set[tuple[int, int]] = set()
    for body in dict.fromkeys(bodies):
        told = parse_json(body, "ozon.product_info")
        if isinstance(told, dict) and "result" in told:
            continue
        for _, product in read_rows(parse_rows(body, "ozon.product_info", "items"), Product, refuse):
            for sku in product.skus():
                if (product.product_id, sku) in seen:
                    continue
                seen.add((product.product_id, sku))
                out.catalogue.append(
                    CatalogueRow(
                        nm_id=None,
                        chrt_id=None,
                        ozon_id=sku,
                        product_id=product.product_id,
                        article=product.offer_id,
                        size="",
                        barcodes=tuple(dict.fromkeys(code for code in product.barcodes or () if code)),
                        brand="",
                        category="",
                        title=product.name,
                    )
                )
    return out


def normalise_stocks(bodies: Sequence[bytes], d: date) -> Normalised:
    """Stock as of ``d``: what can be sold now, and what is on its way to be sold.

    Rows of one sku and warehouse (several item tags) are summed; a sku asked for twice counts as
    last told.
    """
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        key = f"{raw.get('sku', '')}:{raw.get('warehouse_id', '')}" if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", d))

    by_sku: dict[int, dict[int, StockRow]] = {}
    for body in bodies:
        told: dict[int, dict[int, StockRow]] = {}
        for _, level in read_rows(parse_rows(body, "ozon.stock", "items"), StockLevel, refuse):
            if level.warehouse_id == 0:
                continue  # a cluster's aggregate: summing it would double the stock
            places = told.setdefault(level.sku, {})
            before = places.get(level.warehouse_id)
            places[level.warehouse_id] = StockRow(
                d=d,
                sku=SkuRef(ozon_id=level.sku, article=level.offer_id),
                warehouse=str(level.warehouse_id),
                warehouse_name=level.warehouse_name,
                on_hand=level.available + (before.on_hand if before else 0),
                in_transit=level.in_transit + (before.in_transit if before else 0),
            )
        by_sku.update(told)
    out.stock.extend(row for places in by_sku.values() for row in places.values())
    return out


def listed_products(body: bytes) -> list[ListedProduct]:
    """Readable rows of a page of product/list; an unreadable one is left to the catalogue to miss."""
    rows = parse_rows(body, "ozon.product_list", "result", "items")
    return [product for _, product in read_rows(rows, ListedProduct, lambda _raw, _reason: None)]
