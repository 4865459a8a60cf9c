"""Money: finance rows, the reports they belong to, payouts, balances, costs beside the reports."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.domain.finance.settlement import PnlLine
from app.marketplaces.rows.goods import SkuRef


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


class AccrualTypeRow(NamedTuple):
    """An entry of Ozon's dictionary of accrual types, as the dictionary of day ``seen_on`` names it. What is
    stored is the first day of the name."""

    type_id: int
    name: str
    title: str
    seen_on: date


class ReportRow(NamedTuple):
    """The header of a finance report: the marketplace's own totals, which our rows must add up to.

    Amounts as the header tells them (costs positive); ``payout`` is «Итого к оплате».
    """

    period: str
    report_id: int
    d_from: date
    d_to: date
    created_on: date | None
    kind: int
    currency: str
    retail_amount: Decimal
    for_pay: Decimal
    delivery: Decimal
    storage: Decimal
    acceptance: Decimal
    deduction: Decimal
    penalty: Decimal
    additional: Decimal
    cashback_amount: Decimal
    cashback_discount: Decimal
    cashback_commission: Decimal
    schedule: Decimal
    payout: Decimal


class CashflowRow(NamedTuple):
    """Money that reached (+) or left (-) the seller. ``type``: "payout", "refund", …"""

    source_id: str
    d: date
    type: str
    amount: Decimal
    currency: str
    ref_id: str


class BalanceRow(NamedTuple):
    """What the marketplace owes the seller on this day, and what of it may be taken out."""

    d: date
    currency: str
    current: Decimal
    withdrawable: Decimal | None


class StorageRow(NamedTuple):
    """Paid storage of one SKU in one warehouse on one day; several rows of a key are added up."""

    d: date
    sku: SkuRef
    warehouse: str
    currency: str
    cost: Decimal
    pieces: int
    volume: Decimal


class ChargeRow(NamedTuple):
    """A cost told by a report of its own. ``kind`` is the name of the list it goes into ("acceptance",
    "deductions", …). ``amount`` is signed from the seller's side (a cost is negative)."""

    d: date
    kind: str
    row_id: str
    sku: SkuRef | None
    amount: Decimal
    currency: str
    pieces: int
    ref: str
    note: str
