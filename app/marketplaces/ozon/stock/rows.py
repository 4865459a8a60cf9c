"""Stock as plain rows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.marketplaces.ozon.stock.wire import StockLevel
from app.marketplaces.rows import SkuRef, StockRow
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import parse_rows, payload, read_rows


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
