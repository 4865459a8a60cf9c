"""What lies where, now and at any past instant. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx
from app.repositories.items import spec_of

SQL = load_sql(Path(__file__).with_name("shelf.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceQty:
    """Pieces of an item at a place, of all its lots."""

    location_id: int
    code: str
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemThere:
    """An item's pieces in all; ``top`` its two fullest places; ``earliest`` expiry among lots with stock."""

    item_id: int
    article: str
    name: str
    spec: str
    total: int
    reserved: int
    top: tuple[PlaceQty, ...]
    earliest: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastBalance:
    """A balance as it was."""

    stock_id: int
    item_id: int
    location_id: int
    lot_id: int
    on_hand: int
    reserved: int


def list_page(tx: TenantTx, limit: int, offset: int = 0) -> list[int]:
    """A page of items by article."""
    return [row.id for row in tx.run(SQL["page"], limit=limit, offset=offset)]


def find_items(tx: TenantTx, words: str, limit: int, offset: int = 0) -> list[int]:
    """A page of items that answer to a barcode, an article or words of a name, the nearest first."""
    return [row.item_id for row in tx.run(SQL["find"], words=words, limit=limit, offset=offset)]


def place_named(tx: TenantTx, warehouse: str, code: str) -> int | None:
    """A place of an own warehouse by its code."""
    found: int | None = tx.run(SQL["place"], warehouse=warehouse, code=code).scalar()
    return found


def list_items_there(tx: TenantTx, items: Sequence[int]) -> list[ItemThere]:
    """These items, in their order, with or without stock."""
    rows = tx.run(SQL["snapshot"], items=[*items])
    return [
        ItemThere(
            item_id=row.id,
            article=row.article,
            name=row.name,
            spec=spec_of(row.attributes),
            total=int(row.total),
            reserved=int(row.reserved),
            top=tuple(PlaceQty(location_id=where, code=code, qty=qty) for where, code, qty in row.top),
            earliest=row.earliest,
        )
        for row in rows
    ]


def list_as_of_posted(tx: TenantTx, items: Sequence[int], at: datetime) -> list[PastBalance]:
    """Balances as the books stood at ``at``."""
    rows = tx.run(SQL["as_of_posted"], items=[*items], at=at)
    return [PastBalance(**row._mapping) for row in rows]


def list_as_of_occurred(tx: TenantTx, items: Sequence[int], at: datetime) -> list[PastBalance]:
    """Balances as the shelf stood at ``at``, by all that is known by now."""
    rows = tx.run(SQL["as_of_occurred"], items=[*items], at=at)
    return [PastBalance(**row._mapping) for row in rows]
