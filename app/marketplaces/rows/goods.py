"""What is listed, where it lies, what was ordered and sold, what came back, what is on its way."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple


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


class ClusterRow(NamedTuple):
    """The cluster that a warehouse (``code``) stands in; a cluster itself has a code too, for what is sent to
    it before a warehouse is chosen. ``name`` is the place's own."""

    code: str
    name: str
    cluster_id: int
    cluster: str


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


class OrderRow(NamedTuple):
    """One ordered item in one feed (``feed``: "orders", "feed", "fbo", "fbs"), as it stands now.

    ``status`` is the house's word: "ordered", "bought", "cancelled", "returned", "defective".
    ``price`` is after the seller's discount. ``d`` is the day of the order.
    """

    d: date
    feed: str
    order_id: str
    sku: SkuRef | None
    warehouse: str
    channel: str
    currency: str
    qty: int
    price: Decimal
    status: str
    reason: str
    changed_at: datetime | None
    region: str


class ReturnRow(NamedTuple):
    """Goods on their way back to the seller, or handed over already. ``status`` as the marketplace says."""

    d: date
    return_id: str
    sku: SkuRef | None
    status: str
    reason: str
    place: str
    done_on: date | None


class PriceRow(NamedTuple):
    """The seller's price of a SKU now: before and after discounts, percent of each."""

    sku: SkuRef
    price: Decimal
    discount: Decimal
    club_discount: Decimal
    final_price: Decimal
    currency: str


class SupplyRow(NamedTuple):
    """A delivery to a marketplace's warehouse. ``status``: "draft", "planned", "allowed", "accepting",
    "accepted", "unloaded", "cancelled", "unknown"; quantities None where not told yet."""

    supply_id: str
    status: str
    warehouse: str
    created_on: date | None
    planned_on: date | None
    fact_on: date | None
    quantity: int | None
    accepted: int | None
    ready: int | None
    acceptance_cost: Decimal | None


class SupplyLineRow(NamedTuple):
    """One SKU of a delivery: pieces sent, accepted, ready for sale."""

    supply_id: str
    sku: SkuRef
    quantity: int
    accepted: int
    ready: int
