"""/v1/finance/accrual/by-day on the wire.

Runtime is not the swagger: sku is an int or a string, blocks are null or absent, an accrual's
``quantity`` is undocumented and may be missing (facts/ozon.md 2.1).
"""

from pydantic import Field

from app.marketplaces.ozon.wire import Money
from app.marketplaces.wire import Count, Day, Id, Text, Wire


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
    """Charges for delivering a product line; ``total_accrued`` is their sum."""

    total_accrued: Money | None = None
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


class PostingCharge(Wire):
    """A charge of /v1/finance/accrual/postings. ``quantity`` is documented here; ``seller_price`` stands on
    the sale's own charges only, negative on a return's."""

    accrual_date: Day
    sku: Id = 0
    quantity: Count = 0
    seller_price: Money | None = None


class PostingCharges(Wire):
    """What a posting was charged, on all days."""

    posting_number: Text
    accruals: list[PostingCharge] | None = None
