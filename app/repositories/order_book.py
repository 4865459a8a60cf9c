"""The book of orders as people look at it: what is ready, what waits, what an order is made of."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("order_book.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedOrder:
    """An order in a list: pieces it wants and has; ``lacking`` are the articles it has too little of.

    ``marketplace`` and ``told`` are "" of an order that no marketplace brought.
    """

    id: int
    number: str
    state: str
    told: str
    ordered_on: date | None
    marketplace: str
    wanted: int
    has: int
    articles: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHead:
    """An order by itself; ``rounds`` of allocation were tried."""

    id: int
    number: str
    state: str
    told: str
    ordered_on: date | None
    rounds: int
    marketplace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """``qty`` pieces wanted, of which some are reserved and some shipped."""

    line: int
    item_id: int
    article: str
    name: str
    qty: int
    reserved: int
    shipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHold:
    """Pieces promised to a line, where they lie; ``expires_on`` is the lot's, ``expires_at`` the hold's."""

    id: int
    line: int
    left_qty: int
    code: str
    expires_on: date | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """Open orders in a state; ``gone`` of them are with the buyer already, by the marketplace's word."""

    state: str
    orders: int
    gone: int


def settle(tx: TenantTx) -> int:
    """Bring the states to what was shipped, given up and undone elsewhere; how many orders changed."""
    return int(tx.run(SQL["settle"]).rowcount)


def count_orders(tx: TenantTx) -> list[StateCount]:
    """Open orders by state."""
    return [StateCount(**row._mapping) for row in tx.run(SQL["counts"])]


def list_orders(tx: TenantTx, limit: int, offset: int = 0) -> list[BookedOrder]:
    """A page of open orders: ready ones, then those that wait, then those put aside; the oldest first."""
    return [
        BookedOrder(**{**row._mapping, "articles": tuple(row.articles), "lacking": tuple(row.lacking)})
        for row in tx.run(SQL["page"], limit=limit, offset=offset)
    ]


def find_order(tx: TenantTx, order_id: int = 0, number: str = "") -> OrderHead | None:
    """An order by its id, or by its number; None where there is none."""
    row = tx.run(SQL["find"], order_id=order_id, number=number).one_or_none()
    return None if row is None else OrderHead(**row._mapping)


def list_lines(tx: TenantTx, order_id: int) -> list[OrderLine]:
    """What an order wants."""
    return [OrderLine(**row._mapping) for row in tx.run(SQL["lines"], order_id=order_id)]


def list_holds(tx: TenantTx, order_id: int) -> list[OrderHold]:
    """What is promised to it and has not left yet."""
    return [OrderHold(**row._mapping) for row in tx.run(SQL["holds"], order_id=order_id)]


def set_state(tx: TenantTx, order_id: int, state: str, try_at: datetime) -> None:
    """The order is in this state from now on. It is locked."""
    tx.run(SQL["set_state"], order_id=order_id, state=state, try_at=try_at)
