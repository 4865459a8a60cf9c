"""Ozon on the wire: only the fields we read.

Sources: the swagger models of October 2026 and live replies (facts/ozon.md sections 2, 5, 6).
Runtime is not the swagger: sku is an int or a string, blocks are null or absent, an accrual's
``quantity`` is undocumented and may be missing.
"""

from decimal import Decimal

from pydantic import Field

from app.marketplaces.wire import Count, Day, Id, Rubles, Text, Wire


class Money(Wire):
    """An amount with its currency; the sign is Ozon's: a charge is negative."""

    amount: Rubles
    currency: Text = ""


class TypedFee(Wire):
    """A charge of one accrual type."""

    type_id: Id
    accrued: Money


class Commission(Wire):
    """The sale part of a product line. ``sale_amount`` is of the line, ``seller_price`` of one piece."""

    seller_price: Money | None = None
    sale_amount: Money
    sale_commission: Money | None = None
    sale_price: Money | None = None
    bonus: Money | None = None
    coinvestment: Money | None = None


class Delivery(Wire):
    """Charges for delivering a product line."""

    services: list[TypedFee] | None = None


class PostingProduct(Wire):
    """A product of a posting. No commission = not a sale (cancelled or not bought)."""

    sku: Id = 0
    delivery: Delivery | None = None
    commission: Commission | None = None
    quantity: Count | None = None


class Posting(Wire):
    delivery_schema: Text = ""
    products: list[PostingProduct] | None = None


class ItemFees(Wire):
    sku: Id = 0
    fees: list[TypedFee] | None = None


class ItemBlock(Wire):
    fees: list[ItemFees] | None = None


class ContainerBlock(Wire):
    fees: list[TypedFee] | None = None


class Accrual(Wire):
    """One accrual of /v1/finance/accrual/by-day: exactly one block is filled."""

    accrual_id: Id = Field(gt=0)
    date: Day
    total_amount: Money
    unit_number: Text = ""
    category: Text = Field("", alias="accrued_category")
    posting: Posting | None = None
    item_fees: ItemBlock | None = None
    non_item_fee: TypedFee | None = None
    container_fees: ContainerBlock | None = None


class ListedProduct(Wire):
    """A row of /v3/product/list. ``sku`` is there since 9 Jul 2026."""

    product_id: Id
    offer_id: Text = ""
    sku: Id = 0


class SkuOrigin(Wire):
    sku: Id = 0
    source: Text = ""


class Product(Wire):
    """A row of /v3/product/info/list."""

    product_id: Id = Field(alias="id", gt=0)
    offer_id: Text = ""
    name: Text = ""
    sku: Id = 0
    barcodes: list[Text] | None = None
    sources: list[SkuOrigin] | None = None

    def skus(self) -> list[int]:
        """Every Ozon sku of the card: today's one and the old separate FBO and FBS ones."""
        told = [self.sku, *(origin.sku for origin in self.sources or ())]
        return [sku for sku in dict.fromkeys(told) if sku > 0]


class StockLevel(Wire):
    """A row of /v1/analytics/stocks: sku at a warehouse; warehouse 0 = a cluster's aggregate."""

    sku: Id = Field(gt=0)
    offer_id: Text = ""
    warehouse_id: Id
    warehouse_name: Text = ""
    available: Count = Field(0, alias="available_stock_count")
    preparing: Count = Field(0, alias="valid_stock_count")
    in_supplies: Count = Field(0, alias="transit_stock_count")
    from_customers: Count = Field(0, alias="return_from_customer_stock_count")
    between_warehouses: Count = Field(0, alias="inbound_replenishment")

    @property
    def in_transit(self) -> int:
        """On the way to being sold: in supplies, being moved, coming back, being prepared for sale.

        Not counted: ``requested`` (only an application, nothing has left), defects, what waits
        for documents or for the seller to take it away.
        """
        return self.in_supplies + self.between_warehouses + self.from_customers + self.preparing


def amount_of(money: Money | None) -> Decimal:
    """An optional amount, absent = 0."""
    return money.amount if money else Decimal("0.00")
