"""Stock as plain rows."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from app.marketplaces.ozon.stock.calls import AT_OZON, AT_SELLER, STOCKS, WAREHOUSES
from app.marketplaces.ozon.stock.wire import OzonWarehouse, PlacedPieces, StockLevel
from app.marketplaces.rows import SkuRef, StockRow
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.transport import Endpoint
from app.marketplaces.wire import parse_rows, payload, read_rows

Refuse = Callable[[Any, str], None]


def normalise_stocks(pages: Sequence[Page], d: date) -> Normalised:
    """Stock as of ``d``: what can be sold now, and what is on its way to be sold.

    Where analytics/stocks was closed, by pages of stocks-by-warehouse/fbo alone: the two are two
    tellings of one stock.
    """
    out = Normalised()
    refuse = _refusing(out, d)
    if any(page.key.path == AT_OZON.path for page in pages):
        names = dict(_names(_of(pages, WAREHOUSES)))
        out.stock.extend(_pieces(_of(pages, AT_OZON), d, refuse, names))
    else:
        out.stock.extend(_levels(_of(pages, STOCKS), d, refuse))
    return out


def normalise_own(pages: Sequence[Page], d: date) -> Normalised:
    """The same of the seller's own warehouses: nothing there is on its way."""
    out = Normalised()
    out.own_stock.extend(_pieces(_of(pages, AT_SELLER), d, _refusing(out, d), {}))
    return out


def _levels(bodies: Sequence[bytes], d: date, refuse: Refuse) -> Iterator[StockRow]:
    """Rows of one sku and warehouse (several item tags) are summed; a sku asked for twice counts as last
    told."""
    by_sku: dict[int, dict[int, StockRow]] = {}
    for body in bodies:
        told: dict[int, dict[int, StockRow]] = {}
        for _, level in read_rows(parse_rows(body, STOCKS.budget, "items"), StockLevel, refuse):
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
    return (row for places in by_sku.values() for row in places.values())


def _pieces(bodies: Sequence[bytes], d: date, refuse: Refuse, names: dict[int, str]) -> Iterator[StockRow]:
    """A row per sku and warehouse; one told twice (a page asked for anew) counts as last told."""
    found: dict[tuple[int, int], StockRow] = {}
    for body in bodies:
        for _, row in read_rows(parse_rows(body, AT_OZON.budget, "products"), PlacedPieces, refuse):
            found[row.sku, row.warehouse_id] = StockRow(
                d=d,
                sku=SkuRef(ozon_id=row.sku, article=row.offer_id),
                warehouse=str(row.warehouse_id),
                warehouse_name=row.warehouse_name or names.get(row.warehouse_id, ""),
                on_hand=row.available,
                in_transit=0,
            )
    return iter(found.values())


def _names(bodies: Sequence[bytes]) -> Iterator[tuple[int, str]]:
    for body in bodies:
        rows = parse_rows(body, WAREHOUSES.budget, "warehouses")
        for _, place in read_rows(rows, OzonWarehouse, lambda _raw, _reason: None):
            yield place.warehouse_id, place.name


def _of(pages: Sequence[Page], method: Endpoint) -> list[bytes]:
    return [page.body for page in pages if page.key.path == method.path]


def _refusing(out: Normalised, d: date) -> Refuse:
    def refuse(raw: Any, reason: str) -> None:
        key = f"{raw.get('sku', '')}:{raw.get('warehouse_id', '')}" if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", d))

    return refuse
