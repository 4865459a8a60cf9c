"""The warehouse of figures: brought up to date by the platform for all, read by each tenant for itself.

For analytics alone: it is as old as its last refresh, and whoever moves goods never looks here.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.db.named_sql import load_sql
from app.db.session import PlatformTx, TenantTx

SQL = load_sql(Path(__file__).with_name("dw.sql"))

DIMENSIONS = ("dim_product", "dim_warehouse", "dim_customer")


class Versions(NamedTuple):
    """Versions of a dimension that a refresh closed and opened."""

    closed: int
    opened: int


class ShelfQty(NamedTuple):
    """An item's pieces on the shelf, of all its places and lots."""

    item_id: int
    article: str
    name: str
    on_hand: int


def refresh_stock(tx: PlatformTx) -> datetime:
    """Take the copy of the shelf anew, of all tenants; when it was taken. Readers do not wait.

    Raises DBAPIError 55P03 where somebody else is at it.
    """
    tx.run("SET LOCAL statement_timeout = 0")
    taken: datetime = tx.run(SQL["refresh_stock"]).scalar_one()
    return taken


def refresh_dimension(tx: PlatformTx, dimension: str) -> Versions:
    """Close the versions that hold no more and open those that hold now, of all tenants."""
    return Versions(*tx.run(SQL["refresh_dimension"], dimension=dimension).one())


def refreshed_at(tx: TenantTx) -> datetime | None:
    """When the copy of the shelf was last taken."""
    found: datetime | None = tx.run(SQL["refreshed_at"]).scalar()
    return found


def list_shelf(tx: TenantTx) -> Sequence[ShelfQty]:
    """What lies on the shelf by item, as of the last refresh, by article."""
    return [ShelfQty(*row) for row in tx.run(SQL["shelf"])]
