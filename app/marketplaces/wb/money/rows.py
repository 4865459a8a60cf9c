"""A Wildberries finance row as P&L lines.

One row may fill several money fields; each becomes a settlement row, and they always add up to
what the row brings to «Итого к оплате» (facts/wildberries.md 7.1)::

    forPay (return documents negative) − deliveryService − paidStorage − paidAcceptance − penalty
    − deduction − additionalPayment
    + (cashbackDiscount − cashbackCommissionChange − cashbackAmount, return documents negative)

Deliberately without money: rebillLogisticCost and ppvzReward (informational in both reconciled
formulas), acquiringFee (inside forPay). paymentSchedule has an unknown sign: the row is noted.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.finance.settlement import PnlLine
from app.marketplaces.rows import SettlementRow, SkuRef
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.streaming import stream_rows
from app.marketplaces.wb.money.operations import Kind, deduction_line, delivery_line, kind_of
from app.marketplaces.wb.wire import FinanceRow
from app.marketplaces.wire import ZERO, payload, read_rows, readable_day, readable_money

_MINUS = (
    "deliveryService",
    "paidStorage",
    "paidAcceptance",
    "penalty",
    "deduction",
    "additionalPayment",
)


class _Part(NamedTuple):
    name: str
    line: PnlLine
    amount: Decimal
    units: int = 0


def normalise_finance(bodies: Sequence[bytes], period: str) -> Normalised:
    """Rows of sales-reports/detailed. ``period``: "daily" or "weekly", as asked for."""
    out, same = Normalised(), dict[Any, Any]()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(_unplaced(raw, reason))

    for body in bodies:
        if not body.strip():
            continue  # 204: no more rows
        for raw, row in read_rows(stream_rows(body, "wb.finance"), FinanceRow, refuse):
            out.settlement.extend(settle(row, period, same))
            if row.payment_schedule:
                out.unplaced.append(_schedule_note(raw, row))
    return out


def settle(row: FinanceRow, period: str, same: dict[Any, Any] | None = None) -> Iterator[SettlementRow]:
    """The settlement rows of one finance row, of every money field that is not zero.

    ``same`` keeps what many rows have in common (days, SKUs, operations), so that they share it: a page
    may have 100,000 of them.
    """
    shared = ({} if same is None else same).setdefault
    sku = None
    if row.nm_id > 0:
        sku = SkuRef(nm_id=row.nm_id, barcode=row.barcode, size=row.tech_size, article=row.vendor_code)
        sku = shared(sku, sku)
    operation = f"{row.operation}: {row.bonus}"[:300] if row.bonus else row.operation
    operation = shared(operation, operation)
    currency = row.currency.upper()
    currency = _CURRENCY_NAMES.get(currency, currency)
    currency, d, row_id = shared(currency, currency), shared(row.rr_date, row.rr_date), str(row.rrd_id)
    for part in _parts(row):
        if part.amount or part.units:
            yield SettlementRow(
                d=d,
                period=period,
                report_id=row.report_id,
                row_id=row_id,
                part=part.name,
                sku=sku,
                operation=operation,
                line=part.line,
                units=part.units,
                amount=part.amount,
                currency=currency,
                ref=row.srid,
            )


_CURRENCY_NAMES = {"": "RUB", "РУБ": "RUB", "РУБ.": "RUB", "RUR": "RUB"}


def _parts(row: FinanceRow) -> Iterator[_Part]:
    kind = kind_of(row.operation, row.doc_type)
    services = tuple(_services(row))
    if kind is Kind.UNKNOWN:
        to_transfer = row.doc_sign * row.for_pay
        everything = to_transfer + sum((part.amount for part in services), ZERO)
        yield _Part("unmapped", PnlLine.UNMAPPED, everything)
        return
    yield from _to_transfer(row, kind)
    for part in services:
        yield part._replace(line=PnlLine.OTHER) if kind is Kind.OTHER else part


def _to_transfer(row: FinanceRow, kind: Kind) -> Iterator[_Part]:
    """What forPay is made of. Goods: the seller's price and, apart, what Wildberries keeps of it."""
    to_transfer = row.doc_sign * row.for_pay
    if kind in (Kind.TRADE, Kind.TRADE_FIX) and row.doc_type:
        price = row.doc_sign * row.price_with_disc
        units = row.doc_sign * row.quantity
        returned = row.doc_sign < 0
        if kind is Kind.TRADE_FIX and price:
            returned = price < 0
            units = -abs(row.quantity) if returned else abs(row.quantity)
        if returned:
            yield _Part("return", PnlLine.RETURN, price, units)
        else:
            yield _Part("sale", PnlLine.SALE, price, units)
        yield _Part("commission", PnlLine.COMMISSION, to_transfer - price)
        return
    line = {
        Kind.COMPENSATION: PnlLine.COMPENSATION,
        Kind.ACQUIRING_FIX: PnlLine.ACQUIRING,
        Kind.LOYALTY: PnlLine.LOYALTY,
    }.get(kind, PnlLine.UNMAPPED)
    yield _Part("for_pay", line, to_transfer)


def _services(row: FinanceRow) -> Iterator[_Part]:
    """Charges beside forPay: read on every row, whatever its operation."""
    yield _Part("delivery", delivery_line(row.bonus, row.delivery_amount), -row.delivery)
    yield _Part("storage", PnlLine.STORAGE, -row.storage)
    yield _Part("acceptance", PnlLine.ACCEPTANCE, -row.acceptance)
    yield _Part("penalty", PnlLine.PENALTY, -row.penalty)
    yield _Part("deduction", deduction_line(row.bonus), -row.deduction)
    yield _Part("correction", PnlLine.CORRECTION, -row.additional_payment)
    yield _Part("loyalty", PnlLine.LOYALTY, row.doc_sign * row.loyalty)


def _unplaced(raw: Any, reason: str) -> Unplaced:
    row_key, currency = "", "RUB"
    if isinstance(raw, dict):
        row_key = f"{raw.get('reportId', '')}:{raw.get('rrdId', '')}"
        currency = str(raw.get("currency") or "RUB")[:3].upper()
    return Unplaced(
        row_key, reason, payload(raw), _readable_payout(raw), currency, readable_day(raw, "rrDate")
    )


def _readable_payout(raw: Any) -> Decimal | None:
    """The row's share of the payout if every field of it can be read; otherwise unknown, not partial."""
    names = ("forPay", *_MINUS, "cashbackDiscount", "cashbackCommissionChange", "cashbackAmount")
    told = {name: readable_money(raw, name) for name in names}
    known = {name: amount for name, amount in told.items() if amount is not None}
    if len(known) != len(names):
        return None
    sign = -1 if str(raw.get("docTypeName") or "").casefold() == "возврат" else 1
    loyalty = known["cashbackDiscount"] - known["cashbackCommissionChange"] - known["cashbackAmount"]
    return sign * (known["forPay"] + loyalty) - sum((known[name] for name in _MINUS), ZERO)


def _schedule_note(raw: Any, row: FinanceRow) -> Unplaced:
    """paymentSchedule moves the payout, but nobody has established which way: shown, not added."""
    return Unplaced(
        f"{row.report_id}:{row.rrd_id}:paymentSchedule",
        f"сдвиг выплаты {row.payment_schedule}: знак не установлен, в сумму не включён",
        payload(raw),
        None,
        row.currency.upper() or "RUB",
        row.rr_date,
    )
