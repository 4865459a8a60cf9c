"""When what lies on the shelf came there."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import NamedTuple

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("ageing.sql"))


class Arrival(NamedTuple):
    """Pieces of an item that came on a day."""

    item_id: int
    day: date
    qty: int


class OnShelf(NamedTuple):
    """An item that is on the shelf."""

    item_id: int
    article: str
    name: str
    on_hand: int


def list_on_shelf(tx: TenantTx) -> list[OnShelf]:
    """Items with stock, by article. Of the balances themselves: it must agree with the arrivals."""
    return [OnShelf(*row) for row in tx.run(SQL["on_shelf"])]


def list_arrivals(tx: TenantTx, reasons: Collection[str], day_timezone: str) -> list[Arrival]:
    """Arrivals for these reasons of items with stock, those that were undone left out; of each item from the
    newest back until they cover what is there."""
    return [Arrival(*row) for row in tx.run(SQL["arrivals"], reasons=[*reasons], zone=day_timezone)]
