"""Postings that the seller hands over himself (FBS, rFBS), as orders to the own shelf. Set-based."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx
from app.repositories.orders import lock_order

SQL = load_sql(Path(__file__).with_name("postings.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surplus:
    """A promise of which ``qty`` of ``left_qty`` pieces are wanted no more."""

    hold_id: int
    left_qty: int
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Postings outside the book, and the articles because of which they are; "" is a listing without one."""

    postings: int
    articles: tuple[str, ...]


def take_postings(tx: TenantTx, since: date, now: datetime) -> int:
    """Orders made of postings ordered on ``since`` or later that the book did not know; how many."""
    return int(tx.run(SQL["take"], since=since, now=now).scalar_one())


def list_moved(tx: TenantTx, since: date) -> list[int]:
    """Orders of the book of which their marketplace says something else by now."""
    return [row.id for row in tx.run(SQL["moved"], since=since)]


def lock_orders(tx: TenantTx, orders: Sequence[int]) -> None:
    """Until the transaction ends nobody else works on these orders."""
    locked = [row.id for row in tx.run(SQL["lock"], orders=[*orders])]
    for order_id in locked:
        lock_order(tx, order_id)


def retell_orders(tx: TenantTx, orders: Sequence[int], since: date, now: datetime) -> None:
    """Their statuses and pieces as the marketplace tells them. They are locked."""
    tx.run(SQL["retell"], orders=[*orders], since=since, now=now)


def list_surplus(tx: TenantTx, orders: Sequence[int]) -> list[Surplus]:
    """Promises of these orders that nobody wants any more."""
    return [Surplus(**row._mapping) for row in tx.run(SQL["surplus"], orders=[*orders])]


def count_unmapped(tx: TenantTx, since: date) -> Unmapped:
    """Postings that cannot come into the book until somebody says what their listings are on the shelf."""
    row = tx.run(SQL["unmapped"], since=since).one()
    return Unmapped(postings=int(row.postings), articles=tuple(row.articles))
