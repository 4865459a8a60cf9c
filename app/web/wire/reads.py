"""Questions about the shelf and their answers."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.web.wire.common import Instant, Page, Ref, SaidFlag, SaidIds, Told, Words


class SearchQuery(Page):
    """A page of items, or of those that answer to ``q``."""

    q: Words = Field("", description="Штрихкод, артикул или слова названия, можно начатые.")


class StockQuery(Page):
    """Balances now, or as they were."""

    item_id: SaidIds | None = None
    location_id: SaidIds | None = None
    empty: SaidFlag = Field(False, description="Показать и остатки, на которых ничего не лежит.")
    at: Instant | None = Field(None, description="На какой момент; тогда нужен item_id.")
    by: Literal["posted", "occurred"] = Field(
        "posted", description="posted — как стояло в книге тогда; occurred — как было по тому, что известно."
    )

    @model_validator(mode="after")
    def _past_of_named_items(self) -> Self:
        if self.at is not None and self.item_id is None:
            raise ValueError("остаток на прошлый момент спрашивают о названных товарах: нужен item_id")
        return self


class HoldsQuery(Page):
    """Open promises."""

    item_id: SaidIds | None = None
    ref: Ref | None = None


class OrdersQuery(Page):
    """Customers' orders."""

    state: Literal["waiting", "partial", "allocated", "paused", "shipped", "cancelled"] | None = Field(
        None, description="Пусто — те, что ещё не отгружены и не отменены."
    )


class TopPlace(Told):
    location_id: int
    code: str
    qty: int


class InventoryItem(Told):
    """An item's pieces in all, its two fullest places, and what expires first of what is there."""

    item_id: int
    article: str
    name: str
    spec: str
    total_qty: int
    available_qty: int
    top2_locations: list[TopPlace]
    earliest_expiry: date | None
    near_expiry: bool


class InventoryReply(Told):
    items: list[InventoryItem]


class Balance(Told):
    """``available`` = ``on_hand`` − ``reserved``. A past balance has no version: it is not to be counted."""

    stock_id: int
    item_id: int
    location_id: int
    code: str | None
    lot_id: int
    lot: str | None
    expires_on: date | None
    on_hand: int
    reserved: int
    available: int
    version: int | None


class StockReply(Told):
    balances: list[Balance]


class ItemCard(Told):
    item_id: int
    article: str
    name: str
    spec: str
    barcodes: list[str]


class ItemsReply(Told):
    items: list[ItemCard]


class Location(Told):
    location_id: int
    warehouse: str
    code: str
    name: str


class LocationsReply(Told):
    locations: list[Location]


class Hold(Told):
    """A promise: ``left_qty`` pieces of ``qty`` are still promised, ``shipped_qty`` are gone."""

    hold_id: int
    item_id: int
    location_id: int
    lot_id: int
    qty: int
    left_qty: int
    shipped_qty: int
    ref: str
    order_id: int | None
    expires_at: datetime | None


class HoldsReply(Told):
    holds: list[Hold]


class OrderLine(Told):
    """Of ``qty`` pieces so many are reserved, shipped, and ``missing``: neither."""

    line: int
    item_id: int
    lot_id: int | None
    qty: int
    reserved: int
    shipped: int
    missing: int


class Order(Told):
    order_id: int
    number: str
    state: Annotated[str, Field(examples=["waiting"])]
    created_at: datetime
    lines: list[OrderLine]


class OrdersReply(Told):
    orders: list[Order]


class RefreshReply(Told):
    """The warehouse of figures is as of ``refreshed_at``; so many versions of its rows ended and began."""

    refreshed_at: datetime
    closed: int
    opened: int
    message: str
