"""Products as catalogue rows."""

from collections.abc import Sequence
from typing import Any

from app.marketplaces.ozon.catalogue.wire import ListedProduct, Product
from app.marketplaces.rows import CatalogueRow
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


def listed_products(body: bytes) -> list[ListedProduct]:
    """Readable rows of a page of product/list; an unreadable one is left to the catalogue to miss."""
    rows = parse_rows(body, "ozon.product_list", "result", "items")
    return [product for _, product in read_rows(rows, ListedProduct, lambda _raw, _reason: None)]
