"""Orders as plain rows: one ordered item a row, as it stands now."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from app.marketplaces.rows import OrderRow, SkuRef
from app.marketplaces.source import Normalised
from app.marketplaces.unplaced import set_aside
from app.marketplaces.wb.money.operations import plain
from app.marketplaces.wb.normalize import CHANNELS, MOSCOW, business_day
from app.marketplaces.wire import (
    ZERO,
    Id,
    Moment,
    Rubles,
    Text,
    Wire,
    parse_json,
    parse_rows,
    read_rows,
)

STATUSES: Mapping[str, str] = {
    "created": "ordered",
    "buyout": "bought",
    "cancel": "cancelled",
    "return": "returned",
    "returndefective": "defective",
}
"""order-feed's words → ours."""


class Order(Wire):
    """A row of /api/v1/supplier/orders: one ordered item. Times are Moscow, no zone."""

    srid: Text = Field(min_length=1)
    date: Moment
    changed: Moment | None = Field(None, alias="lastChangeDate")
    nm_id: Id = Field(alias="nmId", gt=0)
    barcode: Text = ""
    tech_size: Text = Field("", alias="techSize")
    article: Text = Field("", alias="supplierArticle")
    warehouse: Text = Field("", alias="warehouseName")
    warehouse_type: Text = Field("", alias="warehouseType")
    region: Text = Field("", alias="regionName")
    price_with_disc: Rubles = Field(ZERO, alias="priceWithDisc")
    is_cancelled: bool = Field(False, alias="isCancel")


class FedOrder(Wire):
    """A row of order-feed: one ordered item with the status it has now. Times carry their zone."""

    srid: Text = Field(min_length=1)
    created: Moment = Field(alias="createdAt")
    updated: Moment | None = Field(None, alias="updatedAt")
    nm_id: Id = Field(alias="nmId", gt=0)
    chrt_id: Id = Field(0, alias="chrtId")
    status: Text = ""
    cancel_type: Text = Field("", alias="cancelType")
    warehouse: Text = Field("", alias="warehouseName")
    is_own: bool = Field(False, alias="isMp")
    price: Rubles = Field(ZERO, alias="sellerPrice")
    district: Text = Field("", alias="destinationDistrict")


def normalise_orders(bodies: Sequence[bytes], day_timezone: ZoneInfo = MOSCOW) -> Normalised:
    """supplier/orders. Unpaid and instalment orders are not told here; of an order told twice (it was
    cancelled meanwhile) the last telling counts."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(set_aside(raw, reason, "srid", amount="priceWithDisc", day="date"))

    for body in bodies:
        for _, row in read_rows(parse_rows(body, "wb.orders"), Order, refuse):
            changed = row.changed
            out.orders.append(
                OrderRow(
                    d=business_day(row.date, day_timezone),
                    feed="orders",
                    order_id=row.srid,
                    sku=SkuRef(nm_id=row.nm_id, barcode=row.barcode, size=row.tech_size, article=row.article),
                    warehouse=row.warehouse,
                    channel=CHANNELS.get(plain(row.warehouse_type), ""),
                    currency="RUB",
                    qty=1,
                    price=row.price_with_disc,
                    status="cancelled" if row.is_cancelled else "ordered",
                    reason="",
                    changed_at=changed.replace(tzinfo=MOSCOW) if changed and not changed.tzinfo else changed,
                    region=row.region,
                )
            )
    return out


def normalise_feed(bodies: Sequence[bytes], day_timezone: ZoneInfo = MOSCOW) -> Normalised:
    """order-feed, unpaid orders included. An unknown status is set aside with its money."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(set_aside(raw, reason, "srid", amount="sellerPrice", day="createdAt"))

    for body in bodies:
        page = parse_json(body, "wb.order_feed")
        data = page.get("data") if isinstance(page, dict) else None
        currency = str((data or {}).get("currency") or "RUB").upper() if isinstance(data, dict) else "RUB"
        for raw, row in read_rows(parse_rows(body, "wb.order_feed", "data", "orders"), FedOrder, refuse):
            status = STATUSES.get(row.status.casefold())
            if status is None:
                refuse(raw, f"неизвестный статус «{row.status}»")
                continue
            out.orders.append(
                OrderRow(
                    d=business_day(row.created, day_timezone),
                    feed="feed",
                    order_id=row.srid,
                    sku=SkuRef(nm_id=row.nm_id, chrt_id=row.chrt_id or None),
                    warehouse=row.warehouse,
                    channel="FBS" if row.is_own else "FBO",
                    currency=currency,
                    qty=1,
                    price=row.price,
                    status=status,
                    reason=row.cancel_type,
                    changed_at=row.updated,
                    region=row.district,
                )
            )
    return out
