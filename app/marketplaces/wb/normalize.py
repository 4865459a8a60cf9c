"""Wildberries replies as plain rows: cards, sales, stock. Finance rows have their own module."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.marketplaces.errors import Garbled
from app.marketplaces.rows import CatalogueRow, SaleEventRow, SkuRef, StockRow
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wb.money.operations import plain
from app.marketplaces.wb.wire import Card, CardSize, Remains, SaleOrReturn
from app.marketplaces.wire import (
    ZERO,
    parse_json,
    parse_rows,
    payload,
    read_rows,
    readable_day,
    readable_money,
)

MOSCOW = ZoneInfo("Europe/Moscow")

CHANNELS = {"склад wb": "FBO", "склад продавца": "FBS"}

_TO_BUYERS = plain("В пути до получателей")
_BACK_TO_STOCK = plain("В пути возвраты на склад WB")
_TOTAL = plain("Всего находится на складах")
"""Pseudo-rows among the warehouses: summing them with the rest doubles the stock."""


def normalise_cards(bodies: Sequence[bytes]) -> Normalised:
    """A catalogue row per size; a card without sizes is one row with no chrt_id."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        key = str(raw.get("nmID", "")) if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", None))

    for body in bodies:
        for _, card in read_rows(parse_rows(body, "wb.cards", "cards"), Card, refuse):
            for size in card.sizes or [CardSize()]:
                out.catalogue.append(
                    CatalogueRow(
                        nm_id=card.nm_id,
                        chrt_id=size.chrt_id or None,
                        ozon_id=None,
                        product_id=None,
                        article=card.vendor_code,
                        size=size.tech_size,
                        barcodes=tuple(dict.fromkeys(code for code in size.skus or () if code)),
                        brand=card.brand,
                        category=card.subject,
                        title=card.title,
                    )
                )
    return out


def normalise_sales(bodies: Sequence[bytes], day_timezone: ZoneInfo = MOSCOW) -> Normalised:
    """Sale and return events. The sign comes from saleID's letter, amounts from their absolute value.

    Preliminary by Wildberries' own words. Commission is what forPay leaves of the price; while
    forPay is still 0 (up to 24 hours) it is 0, and for returns it is always 0: what is given back
    is known from the finance report only.
    """
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(_unplaced_sale(raw, reason))

    for body in bodies:
        for raw, row in read_rows(parse_rows(body, "wb.sales"), SaleOrReturn, refuse):
            letter = row.sale_id[0].upper()
            if letter not in "SR":
                refuse(raw, f"неизвестный вид события {letter}")
                continue
            sold = letter == "S"
            price, for_pay = abs(row.price_with_disc), abs(row.for_pay)
            commission = max(price - for_pay, ZERO) if sold and for_pay else ZERO
            out.sales.append(
                SaleEventRow(
                    event_id=row.sale_id,
                    d=business_day(row.date, day_timezone),
                    sku=SkuRef(nm_id=row.nm_id, barcode=row.barcode, size=row.tech_size, article=row.article),
                    warehouse=row.warehouse,
                    channel=CHANNELS.get(plain(row.warehouse_type), ""),
                    currency="RUB",
                    qty=1 if sold else 0,
                    refunds_qty=0 if sold else 1,
                    revenue_gross=price if sold else ZERO,
                    refunds_amount=ZERO if sold else price,
                    promo_cost=ZERO,
                    delivery_cost=ZERO,
                    commission_amount=commission,
                )
            )
    return out


def business_day(told: datetime, day_timezone: ZoneInfo) -> date:
    """A time without a zone is Moscow's (statistics-api never sends one)."""
    moment = told if told.tzinfo else told.replace(tzinfo=MOSCOW)
    return moment.astimezone(day_timezone).date()


def _unplaced_sale(raw: Any, reason: str) -> Unplaced:
    key, amount = "", None
    if isinstance(raw, dict):
        key = str(raw.get("saleID", ""))
        amount = readable_money(raw, "priceWithDisc")
        if amount is not None and key[:1].upper() == "R":
            amount = -abs(amount)
    return Unplaced(key, reason, payload(raw), amount, "RUB", readable_day(raw, "date"))


def normalise_remains(bodies: Sequence[bytes], d: date) -> Normalised:
    """Stock as of ``d``, a row per barcode and warehouse.

    Returns on their way back become ``in_transit`` of warehouse "" (not told which). Goods on
    their way to buyers are no stock. The total is only compared with the sum of the warehouses.
    Of several downloads (an interrupted night makes a second task) the last one counts.
    """
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        key = f"{raw.get('nmId', '')}:{raw.get('barcode', '')}" if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", d))

    levels: defaultdict[tuple[SkuRef, str], list[int]] = defaultdict(lambda: [0, 0])
    # A dictionary is the task's own reply, kept so that an interrupted night finds its task.
    pages = [page for body in bodies if isinstance(page := _page(body), list)]
    for page in pages[-1:]:
        for raw, row in read_rows(page, Remains, refuse):
            sku = SkuRef(nm_id=row.nm_id, barcode=row.barcode, size=row.tech_size, article=row.vendor_code)
            total, counted = None, 0
            for place in row.warehouses or ():
                name = plain(place.name)
                if name == _TOTAL:
                    total = place.quantity
                elif name == _BACK_TO_STOCK:
                    levels[sku, ""][1] += place.quantity
                elif name != _TO_BUYERS:
                    levels[sku, place.name][0] += place.quantity
                    counted += place.quantity
            if total is not None and total != counted:
                refuse(raw, f"сумма по складам {counted} не равна итогу {total}")
    out.stock.extend(
        StockRow(d, sku, warehouse, warehouse, on_hand, in_transit)
        for (sku, warehouse), (on_hand, in_transit) in levels.items()
    )
    return out


def _page(body: bytes) -> list[Any] | dict[str, Any]:
    """A reply of the report's three steps. Raises Garbled for anything but a list or an object."""
    method = "wb.remains.download"
    page = parse_json(body, method)
    if page is None:
        return []
    if not isinstance(page, list | dict):
        raise Garbled(method, "ожидался список")
    return page
