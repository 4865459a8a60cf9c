"""What there is of everything, what it costs and how it sells: for valuing goods, and finding those that
lie."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("valuation.sql"))


class Listing(NamedTuple):
    """A SKU of a cabinet; ``item_id`` the thing on the shelf that a person has confirmed it to be."""

    sku_id: int
    item_id: int | None
    marketplace: str
    article: str
    size: str
    title: str


class SkuQty(NamedTuple):
    """A SKU's pieces at its marketplace, on the way there included."""

    sku_id: int
    qty: int


class SkuPace(NamedTuple):
    """How a SKU sold: pieces in the days looked at; ``is_old``: it was offered before them."""

    sku_id: int
    sold: int
    is_old: bool


class ItemPace(NamedTuple):
    """How an item left the shelf otherwise than to a marketplace; ``is_old``: it lay there before."""

    item_id: int
    gone: int
    is_old: bool


class ItemQty(NamedTuple):
    """An item's pieces on the shelf at some instant."""

    item_id: int
    article: str
    name: str
    on_hand: int


def list_listings(tx: TenantTx) -> list[Listing]:
    """All SKUs, by article."""
    return [Listing(*row) for row in tx.run(SQL["listings"])]


def costs_on(tx: TenantTx, d: date) -> dict[int, Decimal]:
    """The cost of a piece valid on a day, of the SKUs that have one."""
    return {row.sku_id: row.cost_price for row in tx.run(SQL["costs"], d=d)}


def list_at_marketplaces(tx: TenantTx, d: date) -> list[SkuQty]:
    """What lay at the marketplaces on a day, of SKUs that had any."""
    return [SkuQty(*row) for row in tx.run(SQL["at_marketplaces"], d=d)]


def has_stock_of(tx: TenantTx, d: date) -> bool:
    """Did any marketplace tell its stock of a day?"""
    return bool(tx.run(SQL["has_stock_of"], d=d).scalar_one())


def list_sku_paces(tx: TenantTx, since: date, until: date) -> list[SkuPace]:
    """How SKUs sold from a day on until another."""
    return [SkuPace(*row) for row in tx.run(SQL["sku_paces"], since=since, until=until)]


def list_item_paces(tx: TenantTx, since: datetime, reasons: list[str]) -> list[ItemPace]:
    """How items that lie on the shelf left it for these reasons since an instant."""
    return [ItemPace(*row) for row in tx.run(SQL["item_paces"], since=since, reasons=reasons)]


def list_shelf_at(tx: TenantTx, at: datetime) -> list[ItemQty]:
    """What lay on the shelf at an instant, as the books stood then, by article."""
    return [ItemQty(*row) for row in tx.run(SQL["shelf_at"], at=at)]
