"""What every marketplace is normalised to: plain rows in the marketplace's own identities.

Database ids are resolved later, set-based, by the ingestion service. Named tuples, because a
night makes hundreds of thousands of them. Money is ``Decimal`` rubles (or the row's currency),
signed from the seller's side where it says so; ``d`` is a business day.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.domain.finance.settlement import PnlLine


class SkuRef(NamedTuple):
    """How a marketplace row names what was sold. WB gives nm_id and barcode or size, Ozon its sku."""

    nm_id: int | None = None
    chrt_id: int | None = None
    barcode: str = ""
    size: str = ""
    ozon_id: int | None = None
    article: str = ""


class CatalogueRow(NamedTuple):
    """One size of one card as the catalogue lists it. ``barcodes`` may be empty."""

    nm_id: int | None
    chrt_id: int | None
    ozon_id: int | None
    product_id: int | None
    article: str
    size: str
    barcodes: tuple[str, ...]
    brand: str
    category: str
    title: str


class SaleEventRow(NamedTuple):
    """One sale or return event: units and preliminary money, all amounts >= 0 in their own columns."""

    event_id: str
    d: date
    sku: SkuRef
    warehouse: str
    channel: str
    currency: str
    qty: int
    refunds_qty: int
    revenue_gross: Decimal
    refunds_amount: Decimal
    promo_cost: Decimal
    delivery_cost: Decimal
    commission_amount: Decimal


class StockRow(NamedTuple):
    """Stock of one SKU at one warehouse at the moment of reading. ``warehouse`` "" = not told."""

    d: date
    sku: SkuRef
    warehouse: str
    warehouse_name: str
    on_hand: int
    in_transit: int


class SettlementRow(NamedTuple):
    """One money movement of the marketplace's finance report.

    ``row_id`` is the marketplace's own id of the row; ``part`` tells apart the P&L lines that
    one row fills. ``amount`` is signed (cost negative). ``units`` are pieces sold (+) or
    returned (-) and stand on the SALE / RETURN part only. ``sku`` None = account level.
    """

    d: date
    period: str
    report_id: int
    row_id: str
    part: str
    sku: SkuRef | None
    operation: str
    line: PnlLine
    units: int
    amount: Decimal
    currency: str
    ref: str
