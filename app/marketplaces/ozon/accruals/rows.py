"""An Ozon accrual as P&L lines and sale events.

The identities that hold on live accruals (facts/ozon.md 10.1)::

    total_amount = Σ (sale_amount + sale_commission) + Σ delivery.total_accrued + Σ fees
    sale_amount  = sale_price + bonus + coinvestment, on every line

Both are checked on each; where one breaks, the residual is noted, and nothing fails. The first had no
exception in 22 live accruals, the second 15 in 998 lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import structlog

from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.accruals.quantities import SoldLine, own_pieces, sold_line
from app.marketplaces.ozon.accruals.wire import Accrual, Commission, Delivery, PostingProduct, TypedFee
from app.marketplaces.ozon.lines import TypeBook
from app.marketplaces.ozon.wire import amount_of, channel_of
from app.marketplaces.rows import SaleEventRow, SettlementRow, SkuRef
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import ZERO, parse_rows, payload, read_rows, readable_day, readable_money

log = structlog.get_logger(__name__)

METHOD = "ozon.accruals"
PERIOD = "accrual"

BROKEN_TOTAL = "итог начисления не равен сумме его частей"
BROKEN_LINE = "сумма продажи не равна цене покупателя с баллами и софинансированием"
PIECES_UNKNOWN = "число штук не сообщено и не вычисляется"


class _Piece(NamedTuple):
    """A movement of an accrual before repeated ones are summed."""

    part: str
    sku: int
    line: PnlLine
    operation: str
    amount: Decimal
    currency: str
    units: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How a shop's accruals are read: ``types`` places them on lines, ``pieces`` is what its postings told
    of the quantities that by-day leaves out."""

    types: TypeBook = field(default_factory=TypeBook)
    pieces: Mapping[SoldLine, int] = field(default_factory=dict)

    def units(self, accrual: Accrual, product: PostingProduct, commission: Commission) -> int | None:
        """Pieces of a line, always positive; None = cannot be told."""
        told = own_pieces(product, commission)
        return self.pieces.get(sold_line(accrual, product, commission)) if told is None else told


def normalise_accruals(bodies: Sequence[bytes], reading: Reading | None = None) -> Normalised:
    """Rows of a day's pages. An accrual told twice (the day was restarted) counts once, the last time."""
    reading, out = reading or Reading(), Normalised()
    read: dict[int, tuple[Any, Accrual]] = {}
    refused: dict[str, Unplaced] = {}

    def refuse(raw: Any, reason: str) -> None:
        told = _unplaced(raw, reason)
        refused[told.row_key or told.payload] = told

    for body in bodies:
        on_this_page: set[int] = set()
        for raw, accrual in read_rows(parse_rows(body, METHOD, "accruals"), Accrual, refuse):
            twin = read.get(accrual.accrual_id)
            if twin and accrual.accrual_id in on_this_page and twin[0] != raw:
                refuse(raw, "номер начисления повторяется с другими данными")
                continue
            on_this_page.add(accrual.accrual_id)
            read[accrual.accrual_id] = (raw, accrual)
    for raw, accrual in read.values():
        rows = settle(accrual, reading)
        out.settlement.extend(rows)
        out.sales.extend(_sale_events(accrual, reading))
        out.unplaced.extend(_notes(raw, accrual, rows, reading))
    out.unplaced.extend(refused.values())
    return out


def settle(accrual: Accrual, reading: Reading) -> list[SettlementRow]:
    """Settlement rows of one accrual; two charges of one type on one sku are summed."""
    summed: dict[tuple[str, str], _Piece] = {}
    for piece in _pieces(accrual, reading):
        key = (piece.part, piece.currency)
        same = summed.get(key)
        if same:
            # "Theoretically possible", said Ozon; nobody has seen it yet (facts/ozon.md 11, trap 2).
            log.warning("accrual_type_repeated", accrual_id=accrual.accrual_id, part=piece.part)
            piece = piece._replace(amount=same.amount + piece.amount, units=same.units + piece.units)
        summed[key] = piece
    return [
        SettlementRow(
            d=accrual.date,
            period=PERIOD,
            report_id=int(f"{accrual.date:%Y%m%d}"),
            row_id=str(accrual.accrual_id),
            part=piece.part,
            sku=SkuRef(ozon_id=piece.sku) if piece.sku > 0 else None,
            operation=piece.operation,
            line=piece.line,
            units=piece.units,
            amount=piece.amount,
            currency=piece.currency,
            ref=accrual.unit_number,
        )
        for piece in summed.values()
        if piece.amount or piece.units
    ]


def _pieces(accrual: Accrual, reading: Reading) -> Iterator[_Piece]:
    currency = _currency(accrual.total_amount.currency)
    found = False
    for product in _products(accrual):
        found = True
        if product.commission:
            units = reading.units(accrual, product, product.commission) or 0
            yield from _trade(product, product.commission, units)
        if product.delivery:
            yield from _delivery(product.sku, product.delivery, reading.types)
    for item in (accrual.item_fees.fees or ()) if accrual.item_fees else ():
        for fee in item.fees or ():
            found = True
            yield _fee("item", item.sku, fee, reading.types)
    if accrual.non_item_fee:
        found = True
        yield _fee("non_item", 0, accrual.non_item_fee, reading.types)
    for fee in (accrual.container_fees.fees or ()) if accrual.container_fees else ():
        found = True
        yield _fee("container", 0, fee, reading.types)
    if not found:
        # A block that we do not know yet: its money is kept whole.
        operation = f"Начисление вида {accrual.category or 'без вида'}"
        yield _Piece("unknown:0:0", 0, PnlLine.UNMAPPED, operation, accrual.total_amount.amount, currency)


def _products(accrual: Accrual) -> Sequence[PostingProduct]:
    return (accrual.posting.products or ()) if accrual.posting else ()


def _trade(product: PostingProduct, commission: Commission, units: int) -> Iterator[_Piece]:
    """The sign of ``sale_amount`` alone tells a sale from a return: no amount loses its sign here."""
    sale = commission.sale_amount
    returned = sale.amount < 0
    yield _Piece(
        f"sale:{product.sku}:0",
        product.sku,
        PnlLine.RETURN if returned else PnlLine.SALE,
        "Возврат" if returned else "Продажа",
        sale.amount,
        _currency(sale.currency),
        -units if returned else units,
    )
    fee = commission.sale_commission
    if fee:
        yield _Piece(
            f"commission:{product.sku}:0",
            product.sku,
            PnlLine.COMMISSION,
            "Вознаграждение за продажу",
            fee.amount,
            _currency(fee.currency),
        )


def _delivery(sku: int, delivery: Delivery, types: TypeBook) -> Iterator[_Piece]:
    """Each service, and of ``total_accrued`` what no service explains."""
    for service in delivery.services or ():
        yield _fee("delivery", sku, service, types)
    if rest := _unexplained(delivery):
        told = delivery.total_accrued
        currency = _currency(told.currency if told else "")
        yield _Piece(f"delivery:{sku}:0", sku, PnlLine.UNMAPPED, "Доставка без расшифровки", rest, currency)


def _unexplained(delivery: Delivery) -> Decimal:
    told = delivery.total_accrued
    return told.amount - _services(delivery) if told else ZERO


def _services(delivery: Delivery) -> Decimal:
    return sum((service.accrued.amount for service in delivery.services or ()), ZERO)


def _fee(block: str, sku: int, fee: TypedFee, types: TypeBook) -> _Piece:
    return _Piece(
        f"{block}:{sku}:{fee.type_id}",
        sku,
        types.line(fee.type_id),
        types.title(fee.type_id),
        fee.accrued.amount,
        _currency(fee.accrued.currency),
    )


def _sale_events(accrual: Accrual, reading: Reading) -> Iterator[SaleEventRow]:
    """A sale event per product with a commission. Delivery of unsold products is settlement only."""
    if accrual.posting is None:
        return
    for product in _products(accrual):
        commission = product.commission
        if commission is None or product.sku <= 0:
            continue
        sale = commission.sale_amount
        sold = sale.amount >= 0
        units = reading.units(accrual, product, commission) or 0
        delivery = product.delivery
        spent = -(_services(delivery) + _unexplained(delivery)) if delivery else ZERO
        yield SaleEventRow(
            event_id=f"{accrual.accrual_id}:{product.sku}",
            d=accrual.date,
            sku=SkuRef(ozon_id=product.sku),
            warehouse="",
            channel=channel_of(accrual.posting.delivery_schema),
            currency=_currency(sale.currency),
            qty=units if sold else 0,
            refunds_qty=0 if sold else units,
            revenue_gross=sale.amount if sold else ZERO,
            refunds_amount=ZERO if sold else -sale.amount,
            promo_cost=ZERO,
            delivery_cost=max(spent, ZERO),
            commission_amount=max(-amount_of(commission.sale_commission), ZERO) if sold else ZERO,
        )


def _notes(raw: Any, accrual: Accrual, rows: Sequence[SettlementRow], reading: Reading) -> Iterator[Unplaced]:
    """What of an accrual does not add up or cannot be told. Its rows are booked all the same."""
    key, currency = str(accrual.accrual_id), _currency(accrual.total_amount.currency)

    def note(of: str, reason: str, amount: Decimal | None) -> Unplaced:
        return Unplaced(f"{key}:{of}" if of else key, reason, payload(raw), amount, currency, accrual.date)

    if any(row.currency != currency for row in rows):
        yield note("", "в одном начислении разные валюты", None)
        return
    if residual := accrual.total_amount.amount - sum((row.amount for row in rows), ZERO):
        log.warning("accrual_does_not_add_up", accrual_id=accrual.accrual_id, residual=str(residual))
        yield note("identity", BROKEN_TOTAL, residual)
    for product in _products(accrual):
        commission = product.commission
        if commission is None:
            continue
        if residual := _line_residual(commission):
            log.warning("sale_line_does_not_add_up", accrual_id=accrual.accrual_id, residual=str(residual))
            # No money is missing: the line is booked by sale_amount, only its parts tell another sum.
            yield note(f"line:{product.sku}", BROKEN_LINE, ZERO)
        if reading.units(accrual, product, commission) is None:
            yield note(f"units:{product.sku}", PIECES_UNKNOWN, None)


def _line_residual(commission: Commission) -> Decimal:
    """What ``sale_amount`` is beyond its parts; 0 where the parts are not told."""
    if commission.sale_price is None:
        return ZERO
    parts = (commission.sale_price, commission.bonus, commission.coinvestment)
    return commission.sale_amount.amount - sum(map(amount_of, parts), ZERO)


def _unplaced(raw: Any, reason: str) -> Unplaced:
    key, total = "", None
    if isinstance(raw, dict):
        key = str(raw.get("accrual_id", ""))
        total = raw.get("total_amount")
    told = isinstance(total, dict) and "amount" in total
    amount = readable_money(total, "amount") if told else None
    currency = _currency(str(total.get("currency") or "")[:3]) if isinstance(total, dict) else "RUB"
    return Unplaced(key, reason, payload(raw), amount, currency, readable_day(raw, "date"))


def _currency(told: str) -> str:
    return told.upper() or "RUB"
