"""Wildberries on the wire: only the fields we read.

Sources: specs/wb/official-2026-08-18 (02-items, 12-reports, 13-finances), checked against the
newest of 24 Oct 2026; facts/wildberries.md sections 5 and 6.
"""

from decimal import Decimal

from pydantic import Field

from app.marketplaces.wire import ZERO, Count, Day, Id, Moment, Rubles, Text, Wire


class CardSize(Wire):
    """A size of a card (/content/v2/get/cards/list). ``skus`` are its barcodes."""

    chrt_id: Id = Field(0, alias="chrtID")
    tech_size: Text = Field("", alias="techSize")
    skus: list[Text] | None = None


class Card(Wire):
    """A card."""

    nm_id: Id = Field(alias="nmID", gt=0)
    vendor_code: Text = Field("", alias="vendorCode")
    brand: Text = ""
    title: Text = ""
    subject: Text = Field("", alias="subjectName")
    sizes: list[CardSize] | None = None


class SaleOrReturn(Wire):
    """A row of /api/v1/supplier/sales: one item sold (S…) or returned (R…). Times are Moscow, no zone."""

    sale_id: Text = Field(alias="saleID", min_length=2)
    date: Moment
    nm_id: Id = Field(alias="nmId", gt=0)
    barcode: Text = ""
    tech_size: Text = Field("", alias="techSize")
    article: Text = Field("", alias="supplierArticle")
    warehouse: Text = Field("", alias="warehouseName")
    warehouse_type: Text = Field("", alias="warehouseType")
    price_with_disc: Rubles = Field(ZERO, alias="priceWithDisc")
    for_pay: Rubles = Field(ZERO, alias="forPay")


class WarehouseQuantity(Wire):
    """A warehouse, or one of three pseudo-rows, of a stock report row."""

    name: Text = Field("", alias="warehouseName")
    quantity: Count = 0


class Remains(Wire):
    """A row of the warehouse_remains report: one barcode over all warehouses."""

    nm_id: Id = Field(alias="nmId", gt=0)
    barcode: Text = ""
    tech_size: Text = Field("", alias="techSize")
    vendor_code: Text = Field("", alias="vendorCode")
    warehouses: list[WarehouseQuantity] | None = None


class FinanceRow(Wire):
    """A row of /api/finance/v1/sales-reports/detailed. Money comes as strings with the row's own sign."""

    report_id: Id = Field(alias="reportId", gt=0)
    rrd_id: Id = Field(alias="rrdId", gt=0)
    rr_date: Day = Field(alias="rrDate")
    currency: Text = ""
    doc_type: Text = Field("", alias="docTypeName")
    operation: Text = Field("", alias="sellerOperName")
    bonus: Text = Field("", alias="bonusTypeName")
    nm_id: Id = Field(0, alias="nmId")
    vendor_code: Text = Field("", alias="vendorCode")
    barcode: Text = Field("", alias="sku")
    tech_size: Text = Field("", alias="techSize")
    srid: Text = ""
    quantity: Count = 0
    delivery_amount: Count = Field(0, alias="deliveryAmount")
    price_with_disc: Rubles = Field(ZERO, alias="retailPriceWithDisc")
    for_pay: Rubles = Field(ZERO, alias="forPay")
    delivery: Rubles = Field(ZERO, alias="deliveryService")
    storage: Rubles = Field(ZERO, alias="paidStorage")
    acceptance: Rubles = Field(ZERO, alias="paidAcceptance")
    penalty: Rubles = ZERO
    deduction: Rubles = ZERO
    additional_payment: Rubles = Field(ZERO, alias="additionalPayment")
    cashback_discount: Rubles = Field(ZERO, alias="cashbackDiscount")
    cashback_commission: Rubles = Field(ZERO, alias="cashbackCommissionChange")
    cashback_amount: Rubles = Field(ZERO, alias="cashbackAmount")
    payment_schedule: Rubles = Field(ZERO, alias="paymentSchedule")

    @property
    def doc_sign(self) -> int:
        """−1 for a return document: facts/wildberries.md section 7, «Sign»."""
        return -1 if self.doc_type.casefold() == "возврат" else 1

    @property
    def loyalty(self) -> Decimal:
        """The loyalty programme's share in the payout, as the row tells it, before the document's sign."""
        return self.cashback_discount - self.cashback_commission - self.cashback_amount


FINANCE_FIELDS = (
    *(field.alias or name for name, field in FinanceRow.model_fields.items()),
    # Not booked, kept in raw_payload: controls and reading by a person.
    "reportType",
    "saleDt",
    "orderDt",
    "retailAmount",
    "acquiringFee",
    "returnAmount",
    "rebillLogisticCost",
    "ppvzReward",
    "officeName",
    "deliveryMethod",
)
"""Asked for by name: a whole 100,000-row page of the old report was 217 MB."""
