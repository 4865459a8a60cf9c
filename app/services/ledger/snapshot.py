"""What is on the shelf: the first page that a storekeeper opens, and the same at any past instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from app.db.session import TenantTx
from app.repositories import shelf
from app.repositories.shelf import PastBalance, PlaceQty

NEAR_EXPIRY_DAYS = 30
PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryItem:
    """An item's pieces in all and its two fullest places. ``spec`` tells it from its sisters, "" where
    nothing does. ``earliest_expiry`` is of lots with stock; ``near_expiry``: it is at most ``near_days``
    away, or past.
    """

    item_id: int
    article: str
    name: str
    spec: str
    total_qty: int
    available_qty: int
    top2_locations: tuple[PlaceQty, ...]
    earliest_expiry: date | None
    near_expiry: bool


def page_of_items(tx: TenantTx, words: str, limit: int, offset: int) -> list[int]:
    """A page of items by article, or of those that answer to ``words``, the nearest first."""
    typed = words.strip()
    return shelf.find_items(tx, typed, limit, offset) if typed else shelf.list_page(tx, limit, offset)


def query_inventory_snapshot(
    tx: TenantTx,
    today: date,
    *,
    words: str = "",
    limit: int = PAGE,
    offset: int = 0,
    near_days: int = NEAR_EXPIRY_DAYS,
) -> list[InventoryItem]:
    """A page of items by article, items without stock too; with ``words`` (a barcode, an article, words of a
    name, perhaps only begun) a page of those that answer to them, the nearest first."""
    page = page_of_items(tx, words, limit, offset)
    near = today + timedelta(days=near_days)
    return [
        InventoryItem(
            item_id=each.item_id,
            article=each.article,
            name=each.name,
            spec=each.spec,
            total_qty=each.total,
            available_qty=each.total - each.reserved,
            top2_locations=each.top,
            earliest_expiry=each.earliest,
            near_expiry=each.earliest is not None and each.earliest <= near,
        )
        for each in shelf.list_items_there(tx, page)
    ]


def query_stock_as_of(
    tx: TenantTx, items: Sequence[int], at: datetime, by: Literal["posted", "occurred"] = "posted"
) -> list[PastBalance]:
    """Balances of some items at an instant: as the books stood then (``posted``), or as the shelf did by
    what is known now (``occurred``: facts that came late are in their place)."""
    asked = shelf.list_as_of_posted if by == "posted" else shelf.list_as_of_occurred
    return asked(tx, items, at)
