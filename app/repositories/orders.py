"""Customers' orders: which waits, what it lacks, how a round of allocation ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.db.named_sql import load_sql
from app.db.session import TenantTx

SQL = load_sql(Path(__file__).with_name("orders.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOrder:
    """An order claimed for this transaction; ``rounds`` were tried before."""

    id: int
    number: str
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LackingLine:
    """A line, and how many of its ``qty`` pieces are neither promised nor shipped."""

    line: int
    item_id: int
    lot_id: int | None
    qty: int
    lacking: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LapsedHold:
    """A promise that is over, with pieces left; ``order_id`` whose it was."""

    id: int
    left_qty: int
    order_id: int | None


def claim_order(tx: TenantTx, now: datetime) -> WaitingOrder | None:
    """An order to allocate, held until the transaction ends: no two workers have the same."""
    row = tx.run(SQL["claim"], now=now).one_or_none()
    if row is None:
        return None
    # Whoever changes the order by another way (a cancellation, a shipment) takes the same lock.
    lock_order(tx, row.id)
    return WaitingOrder(**row._mapping)


def lock_order(tx: TenantTx, order_id: int) -> None:
    """Until the transaction ends nobody else works on this order."""
    tx.run(
        "SELECT pg_advisory_xact_lock("
        "hashtextextended('ambar_order ' || CAST(:tenant_id AS text), :order_id))",
        order_id=order_id,
    )


def list_lacking(tx: TenantTx, order_id: int) -> list[LackingLine]:
    """An order's lines, complete ones too."""
    return [LackingLine(**row._mapping) for row in tx.run(SQL["lacking"], order_id=order_id)]


def mark_order(tx: TenantTx, order_id: int, state: str, try_at: datetime) -> None:
    """How a round ended."""
    tx.run(SQL["mark"], order_id=order_id, state=state, try_at=try_at)


def list_lapsed(tx: TenantTx, now: datetime, limit: int) -> list[LapsedHold]:
    """Promises that have lapsed."""
    return [LapsedHold(**row._mapping) for row in tx.run(SQL["lapsed"], now=now, limit=limit)]


def reopen_orders(tx: TenantTx, orders: Sequence[int], now: datetime) -> None:
    """They wait for goods again."""
    tx.run(SQL["reopen"], orders=[*orders], now=now)
