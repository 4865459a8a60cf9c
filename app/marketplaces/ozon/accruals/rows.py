"""An Ozon accrual as P&L lines and sale events.

The identity that holds on every live accrual (facts/ozon.md 10.1)::

    total_amount = Σ (sale_amount + sale_commission) + Σ delivery services + Σ fees

It is checked on each; where it breaks, the residual is noted, and nothing fails.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.accruals.lines import line_of, title_of
from app.marketplaces.ozon.accruals.wire import Accrual, Commission, PostingProduct, TypedFee
from app.marketplaces.ozon.wire import amount_of
from app.marketplaces.rows import SaleEventRow, SettlementRow, SkuRef
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import ZERO, parse_rows, payload, read_rows, readable_day, readable_money

METHOD = "ozon.accruals"
PERIOD = "accrual"


class _Piece(NamedTuple):
    """A movement of an accrual before repeated ones are summed."""

    part: str
    sku: int
    line: PnlLine
    operation: str
    amount: Decimal
    currency: str
    units: int = 0


def normalise_accruals(bodies: Sequence[bytes]) -> Normalised:
    """Rows of a day's pages. An accrual told twice (the day was restarted) counts once, the last time."""
    out = Normalised()
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
        rows = settle(accrual)
        out.settlement.extend(rows)
        out.sales.extend(_sale_events(accrual))
        out.unplaced.extend(_notes(raw, accrual, rows))
    out.unplaced.extend(refused.values())
    return out


def settle(accrual: Accrual) -> list[SettlementRow]:
    """Settlement rows of one accrual; two charges of one type on one sku are summed."""
    summed: dict[tuple[str, str], _Piece] = {}
    for piece in _pieces(accrual):
        key = (piece.part, piece.currency)
        same = summed.get(key)
        summed[key] = (
            same._replace(amount=same.amount + piece.amount, units=same.units + piece.units)
            if same
            else piece
        )
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


def _pieces(accrual: Accrual) -> Iterator[_Piece]:
    currency = _currency(accrual.total_amount.currency)
    found = False
    for product in (accrual.posting.products or ()) if accrual.posting else ():
        found = True
        if product.commission:
            yield from _trade(product, product.commission)
        for service in (product.delivery.services or ()) if product.delivery else ():
            yield _fee("delivery", product.sku, service)
    for item in (accrual.item_fees.fees or ()) if accrual.item_fees else ():
        for fee in item.fees or ():
            found = True
            yield _fee("item", item.sku, fee)
    if accrual.non_item_fee:
        found = True
        yield _fee("non_item", 0, accrual.non_item_fee)
    for fee in (accrual.container_fees.fees or ()) if accrual.container_fees else ():
        found = True
        yield _fee("container", 0, fee)
    if not found:
        # A block that we do not know yet: its money is kept whole.
        operation = f"Начисление вида {accrual.category or 'без вида'}"
        yield _Piece("unknown:0:0", 0, PnlLine.UNMAPPED, operation, accrual.total_amount.amount, currency)


def _trade(product: PostingProduct, commission: Commission) -> Iterator[_Piece]:
    sale = commission.sale_amount
    returned = sale.amount < 0
    units = _units(product, commission) or 0
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


def _fee(block: str, sku: int, fee: TypedFee) -> _Piece:
    return _Piece(
        f"{block}:{sku}:{fee.type_id}",
        sku,
        line_of(fee.type_id),
        title_of(fee.type_id),
        fee.accrued.amount,
        _currency(fee.accrued.currency),
    )


def _units(product: PostingProduct, commission: Commission) -> int | None:
    """Pieces, always positive. Without ``quantity``: sale_amount / seller_price, never sale_price.

    (They agree on every published line that has both.) None = cannot be told.
    """
    sale = commission.sale_amount.amount
    if not sale:
        return 0
    if product.quantity:
        return abs(product.quantity)
    price = amount_of(commission.seller_price)
    if not price:
        return None
    pieces = abs(sale / price)
    whole = int(pieces.to_integral_value())
    return whole if whole and abs(pieces - whole) <= Decimal("0.01") else None


def _sale_events(accrual: Accrual) -> Iterator[SaleEventRow]:
    """A sale event per product with a commission. Delivery of unsold products is settlement only."""
    if accrual.posting is None:
        return
    for product in accrual.posting.products or ():
        commission = product.commission
        if commission is None or product.sku <= 0:
            continue
        sale = commission.sale_amount
        sold = sale.amount >= 0
        units = _units(product, commission) or 0
        services = (product.delivery.services or ()) if product.delivery else ()
        delivery = -sum((service.accrued.amount for service in services), ZERO)
        yield SaleEventRow(
            event_id=f"{accrual.accrual_id}:{product.sku}",
            d=accrual.date,
            sku=SkuRef(ozon_id=product.sku),
            warehouse="",
            channel=accrual.posting.delivery_schema.upper(),
            currency=_currency(sale.currency),
            qty=units if sold else 0,
            refunds_qty=0 if sold else units,
            revenue_gross=sale.amount if sold else ZERO,
            refunds_amount=ZERO if sold else -sale.amount,
            promo_cost=ZERO,
            delivery_cost=max(delivery, ZERO),
            commission_amount=max(-amount_of(commission.sale_commission), ZERO) if sold else ZERO,
        )


def _notes(raw: Any, accrual: Accrual, rows: Sequence[SettlementRow]) -> Iterator[Unplaced]:
    key, currency = str(accrual.accrual_id), _currency(accrual.total_amount.currency)
    if any(row.currency != currency for row in rows):
        yield Unplaced(key, "в одном начислении разные валюты", payload(raw), None, currency, accrual.date)
        return
    residual = accrual.total_amount.amount - sum((row.amount for row in rows), ZERO)
    if residual:
        yield Unplaced(f"{key}:identity", "identity", payload(raw), residual, currency, accrual.date)
    for product in (accrual.posting.products or ()) if accrual.posting else ():
        if product.commission and _units(product, product.commission) is None:
            reason = "число штук не сообщено и не вычисляется"
            yield Unplaced(f"{key}:units:{product.sku}", reason, payload(raw), None, currency, accrual.date)


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
