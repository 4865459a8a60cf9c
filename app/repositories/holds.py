"""Promises: who waits for which goods, and until when. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx
from app.domain.warehouse.movements import Reason

SQL = load_sql(Path(__file__).with_name("holds.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHold:
    """``left_qty`` of ``qty`` pieces are still promised. ``code`` is the place's; ``expires_on`` the goods'
    last day, ``expires_at`` the promise's. ``order_number`` None: of no order."""

    id: int
    item_id: int
    article: str
    name: str
    code: str
    location_id: int
    lot_id: int
    expires_on: date | None
    qty: int
    left_qty: int
    shipped_qty: int
    ref: str
    order_id: int | None
    order_number: str | None
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNamed:
    """A customer's order by its number."""

    id: int
    number: str
    state: str


def list_open_holds(
    tx: TenantTx, limit: int, offset: int = 0, *, item_id: int | None = None
) -> list[StoredHold]:
    """A page of promises with pieces left, those that lapse first, first."""
    rows = tx.run(SQL["open"], item=item_id, limit=limit, offset=offset)
    return [StoredHold(**row._mapping) for row in rows]


def find_holds(tx: TenantTx, holds: Sequence[int]) -> dict[int, StoredHold]:
    """Promises by their numbers, those that are used up too."""
    return {row.id: StoredHold(**row._mapping) for row in tx.run(SQL["some"], holds=[*holds])}


def holds_of_order(tx: TenantTx, order_id: int) -> list[int]:
    """The promises of an order that have pieces left."""
    return [row.id for row in tx.run(SQL["of_order"], order_id=order_id)]


def holds_made_by(tx: TenantTx, ref: str, reason: Reason = Reason.RESERVE) -> list[int]:
    """The promises that a document of this reference made (of another reason: used)."""
    return [row.hold_id for row in tx.run(SQL["made_by"], ref=ref, reason=reason.value)]


def count_open_holds(tx: TenantTx) -> int:
    """Promises with pieces left."""
    return int(tx.run(SQL["count"]).scalar_one())


def find_orders_named(tx: TenantTx, numbers: Sequence[str]) -> dict[str, OrderNamed]:
    """Orders by number; those that there are."""
    rows = tx.run(SQL["orders"], numbers=[*numbers])
    return {row.number: OrderNamed(id=row.id, number=row.number, state=row.state) for row in rows}


def find_order(tx: TenantTx, order_id: int) -> OrderNamed | None:
    row = tx.run(SQL["order"], order_id=order_id).one_or_none()
    return None if row is None else OrderNamed(id=row.id, number=row.number, state=row.state)
