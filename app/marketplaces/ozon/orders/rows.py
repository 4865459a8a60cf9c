"""Postings as orders: one product of one posting a row, as it stands now."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from app.marketplaces.ozon.days import day_of, first_day
from app.marketplaces.ozon.orders.wire import Ordered, Posting
from app.marketplaces.ozon.paging import rows_of
from app.marketplaces.rows import OrderRow, SkuRef
from app.marketplaces.source import Normalised, Unplaced
from app.marketplaces.wire import ZERO, parse_json, parse_money, payload, read_rows

Feed = Literal["fbo", "fbs"]

STATUSES: Mapping[str, str] = {
    "awaiting_registration": "ordered",
    "awaiting_verification": "ordered",
    "awaiting_approve": "ordered",
    "acceptance_in_progress": "ordered",
    "awaiting_packaging": "ordered",
    "awaiting_deliver": "ordered",
    "not_accepted": "ordered",
    "sent_by_seller": "ordered",
    "driver_pickup": "ordered",
    "delivering": "ordered",
    "arbitration": "ordered",
    "client_arbitration": "ordered",
    "delivered": "bought",
    "cancelled": "cancelled",
    "cancelled_from_split_pending": "cancelled",
}
"""Words of both lists → ours. A return is none of theirs: what was delivered stays so."""

FLOWS: Mapping[str, str] = {
    "": "FBS",
    "ozon": "FBS",
    "fbp": "FBP",
    "aggregator": "rFBS",
    "non_integrated": "rFBS",
    "3pl_tracking": "rFBS",
    # «Схема доставки Почты России» is spelled so in tpl_integration_type.
    "hybryd": "rFBS",
    "hybrid": "rFBS",
    "hybrid_aggregator": "rFBS",
    "hybrid_non_integrated": "rFBS",
    "hybrid_3pl_tracking": "rFBS",
    "click_and_collect": "rFBS",
}
"""integration_type_flow of the FBS list → who delivers: Ozon (FBS), its partner (FBP), the seller (rFBS)."""


def normalise_postings(bodies: Sequence[bytes], feed: Feed) -> Normalised:
    """Rows of a list of postings; of a posting told twice the last telling counts.

    ``order_id`` is «posting number:sku», since a posting holds several products; the number leads to its
    accruals. A posting of an unknown status is set aside with its money.
    """
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(_set_aside(raw, reason))

    for body in bodies:
        rows = rows_of(parse_json(body, f"ozon.{feed}"), f"ozon.{feed}", "postings")
        for raw, posting in read_rows(rows, Posting, refuse):
            made = posting.created or posting.in_process
            status = STATUSES.get(posting.status.casefold())
            if status is None:
                refuse(raw, f"неизвестный статус «{posting.status}»")
            elif made is None:
                refuse(raw, "нет времени заказа")
            else:
                d = day_of(made)
                for key, product in _products(raw, posting, out.unplaced):
                    out.orders.append(
                        OrderRow(
                            d=d,
                            feed=feed,
                            order_id=key,
                            sku=SkuRef(ozon_id=product.sku, article=product.offer_id),
                            warehouse=posting.warehouse,
                            channel="FBO" if feed == "fbo" else _channel(posting),
                            currency=product.currency,
                            qty=product.quantity,
                            price=product.price.amount if product.price else ZERO,
                            status=status,
                            reason=_reason(posting) if status == "cancelled" else "",
                            changed_at=None,
                            region=posting.region,
                        )
                    )
    return out


def _products(raw: Any, posting: Posting, unplaced: list[Unplaced]) -> Iterator[tuple[str, Ordered]]:
    """Products with their keys. A sku that stands twice (another price, another piece) is two rows."""

    def refuse(product: Any, reason: str) -> None:
        unplaced.append(_set_aside({**raw, "products": [product]}, f"товар {reason}"))

    seen: Counter[int] = Counter()
    for _, product in read_rows(posting.products or (), Ordered, refuse):
        seen[product.sku] += 1
        again = f":{seen[product.sku]}" if seen[product.sku] > 1 else ""
        yield f"{posting.number}:{product.sku}{again}", product


def _channel(posting: Posting) -> str:
    """Who delivers; "" for a word that nobody knows yet."""
    return FLOWS.get((posting.flow or posting.carrier).casefold(), "")


def _reason(posting: Posting) -> str:
    return posting.cancellation.cancel_reason if posting.cancellation else ""


def _set_aside(raw: Any, reason: str) -> Unplaced:
    told = raw if isinstance(raw, dict) else {}
    products = told.get("products")
    listed = products if isinstance(products, list) else []
    skus = [str(each.get("sku", "")) for each in listed if isinstance(each, dict)]
    key = ":".join([str(told.get("posting_number", "")), *(skus if len(skus) == 1 else ())])
    return Unplaced(
        row_key=key,
        reason=reason,
        payload=payload(raw),
        amount=_money(listed),
        currency="RUB",
        d=first_day(told, "created_at", "in_process_at"),
    )


def _money(products: list[Any]) -> Decimal | None:
    """What the products cost together; None where one of them cannot be read."""
    total = ZERO
    for product in products:
        price = product.get("price") if isinstance(product, dict) else None
        amount = price.get("amount") if isinstance(price, dict) else price
        try:
            total += parse_money(amount) * int(product.get("quantity") or 0)
        except (ValueError, TypeError, AttributeError):
            return None
    return total
