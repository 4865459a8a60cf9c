"""What programs read of the shelf beside balances: places, promises, orders. Reads only."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.db.named_sql import load_sql
from app.db.session import Database, TenantTx
from app.repositories import stock_documents

SQL = load_sql(Path(__file__).with_name("program_reads.sql"))


class PlaceRow(NamedTuple):
    """A place of an own warehouse, which is told by its code."""

    location_id: int
    warehouse: str
    code: str
    name: str


class HoldRow(NamedTuple):
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


class OrderLineRow(NamedTuple):
    """A line of an order; what is neither reserved nor shipped is missing."""

    line: int
    item_id: int
    lot_id: int | None
    qty: int
    reserved: int
    shipped: int


class OrderRow(NamedTuple):
    """A customer's order with its lines."""

    order_id: int
    number: str
    state: str
    created_at: datetime
    lines: tuple[OrderLineRow, ...]


def find_document(db: Database, tenant_id: int, reason: str, ref: str) -> int | None:
    """A document's number, asked in one round trip; None where nothing of it was posted."""
    rows = db.at_once(tenant_id, stock_documents.SQL["named"], reason=reason, ref=ref)
    return int(rows[0][0]) if rows else None


def list_places(tx: TenantTx, limit: int, offset: int = 0) -> list[PlaceRow]:
    """A page, by warehouse and code."""
    return [PlaceRow(*row) for row in tx.run(SQL["places"], limit=limit, offset=offset)]


def list_open_holds(
    tx: TenantTx, items: Sequence[int] | None, *, ref: str | None = None, limit: int, offset: int = 0
) -> list[HoldRow]:
    """A page of what is promised, of these items (None: of all), by these documents' name (None: by any)."""
    rows = tx.run(
        SQL["holds"], any_item=items is None, items=[*(items or ())], ref=ref, limit=limit, offset=offset
    )
    return [HoldRow(*row) for row in rows]


def list_orders(tx: TenantTx, state: str | None, *, limit: int, offset: int = 0) -> list[OrderRow]:
    """A page of orders with their lines; ``state`` None: those that are not over."""
    heads = tx.run(SQL["orders"], state=state, limit=limit, offset=offset).all()
    lines: dict[int, list[OrderLineRow]] = defaultdict(list)
    for row in tx.run(SQL["order_lines"], orders=[head.order_id for head in heads]):
        lines[row.order_id].append(
            OrderLineRow(row.line, row.item_id, row.lot_id, row.qty, row.reserved, row.shipped)
        )
    return [
        OrderRow(head.order_id, head.number, head.state, head.created_at, tuple(lines[head.order_id]))
        for head in heads
    ]
