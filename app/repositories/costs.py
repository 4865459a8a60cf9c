"""Cost prices as history, and the changes people made to it."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Row

from app.db.copying import copy_rows, create_stage
from app.db.figures import move_stamp
from app.db.session import TenantTx


class Change(NamedTuple):
    """A person's change: what each SKU's point of that day was before (None: there was none)."""

    id: int
    article: str
    dt_from: date
    cost_price: Decimal
    previous: dict[int, Decimal | None]
    undone_at: datetime | None


class Point(NamedTuple):
    """From this day on a piece cost so much, in rubles."""

    sku_id: int
    dt_from: date
    cost_price: Decimal


def list_points(tx: TenantTx, skus: Sequence[int]) -> list[Point]:
    """The whole history of these SKUs, each one's from its first day on."""
    rows = tx.run(
        "SELECT sku_id, dt_from, cost_price FROM cost_price_history WHERE tenant_id = :tenant_id"
        " AND sku_id = ANY(:skus) ORDER BY sku_id, dt_from",
        skus=list(skus),
    )
    return [Point(*row) for row in rows]


def points_at(tx: TenantTx, skus: Sequence[int], d: date) -> dict[int, Decimal | None]:
    """The point of exactly this day of each SKU, None where there is none."""
    rows = tx.run(
        "SELECT k.id, c.cost_price FROM sku k LEFT JOIN cost_price_history c ON c.tenant_id = :tenant_id"
        " AND c.sku_id = k.id AND c.dt_from = :d WHERE k.tenant_id = :tenant_id AND k.id = ANY(:skus)",
        skus=list(skus),
        d=d,
    )
    return {row.id: row.cost_price for row in rows}


def valid_on(tx: TenantTx, skus: Sequence[int], d: date) -> Decimal | None:
    """The cost valid on a day, where all the SKUs that have one agree; else None."""
    rows = tx.run(
        "SELECT DISTINCT ON (sku_id) cost_price FROM cost_price_history WHERE tenant_id = :tenant_id"
        " AND sku_id = ANY(:skus) AND dt_from <= :d ORDER BY sku_id, dt_from DESC",
        skus=list(skus),
        d=d,
    )
    prices = {row.cost_price for row in rows}
    return prices.pop() if len(prices) == 1 else None


def has_cost(tx: TenantTx, skus: Sequence[int]) -> bool:
    """Has any of these SKUs a cost of any day?"""
    found = tx.run(
        "SELECT EXISTS (SELECT FROM cost_price_history WHERE tenant_id = :tenant_id AND sku_id = ANY(:skus))",
        skus=list(skus),
    )
    return bool(found.scalar_one())


def first_sold(tx: TenantTx, skus: Sequence[int]) -> date | None:
    """The first day any of these SKUs was sold."""
    found: date | None = tx.run(
        "SELECT min(first_sold) FROM sku WHERE tenant_id = :tenant_id AND id = ANY(:skus)", skus=list(skus)
    ).scalar()
    return found


def set_points(tx: TenantTx, d: date, prices: dict[int, Decimal | None]) -> int:
    """Set (or, with None, remove) the SKUs' points of this day; how many rows are not what they were.

    What they cost from that day on is stale afterwards.
    """
    create_stage(tx, "in_costs", "sku_id bigint, cost_price numeric(14,2)")
    copy_rows(tx, "in_costs", ("sku_id", "cost_price"), prices.items())
    written = tx.run(
        "MERGE INTO cost_price_history c USING in_costs s ON c.tenant_id = :tenant_id"
        " AND c.sku_id = s.sku_id AND c.dt_from = :d "
        "WHEN MATCHED AND s.cost_price IS NULL THEN DELETE "
        "WHEN MATCHED AND c.cost_price <> s.cost_price THEN UPDATE SET cost_price = s.cost_price "
        "WHEN NOT MATCHED AND s.cost_price IS NOT NULL THEN INSERT (tenant_id, sku_id, dt_from, cost_price)"
        " VALUES (:tenant_id, s.sku_id, :d, s.cost_price)",
        d=d,
    ).rowcount
    if written:
        move_stamp(tx)
        tx.run(
            "INSERT INTO recalc_pending AS p (tenant_id, sku_id, d_from) "
            "SELECT :tenant_id, sku_id, :d FROM in_costs ON CONFLICT (tenant_id, sku_id) "
            "DO UPDATE SET d_from = excluded.d_from WHERE p.d_from > excluded.d_from",
            d=d,
        )
    return int(written)


def clear_stale(tx: TenantTx, skus: Sequence[int], since: date) -> None:
    """These SKUs were recomputed from this day on just now, in this transaction. What is stale from an
    earlier day (a night that died before its recalculation) stays so."""
    tx.run(
        "DELETE FROM recalc_pending WHERE tenant_id = :tenant_id AND sku_id = ANY(:skus) "
        "AND d_from >= :since",
        skus=list(skus),
        since=since,
    )


def note_change(
    tx: TenantTx, article: str, d: date, price: Decimal, previous: dict[int, Decimal | None], now: datetime
) -> int:
    """Remember a person's change, so that it can be undone; its id."""
    made = tx.run(
        "INSERT INTO cost_change (tenant_id, article, dt_from, cost_price, previous, made_at) VALUES"
        " (:tenant_id, :article, :d, :price, CAST(:previous AS jsonb), :now) RETURNING id",
        article=article,
        d=d,
        price=price,
        previous=json.dumps({sku: None if was is None else str(was) for sku, was in previous.items()}),
        now=now,
    )
    return int(made.scalar_one())


def find_change(tx: TenantTx, change_id: int) -> Change | None:
    """A change by its id, locked until the transaction ends."""
    row = tx.run(
        f"SELECT {_CHANGE} FROM cost_change WHERE tenant_id = :tenant_id AND id = :id FOR UPDATE",
        id=change_id,
    ).first()
    return None if row is None else _change(row)


def list_changes(tx: TenantTx, limit: int, offset: int = 0) -> list[Change]:
    """People's changes, the newest first."""
    rows = tx.run(
        f"SELECT {_CHANGE} FROM cost_change WHERE tenant_id = :tenant_id"
        " ORDER BY id DESC LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
    )
    return [_change(row) for row in rows]


_CHANGE = "id, article, dt_from, cost_price, previous, undone_at"


def _change(row: Row[Any]) -> Change:
    previous = {int(sku): None if was is None else Decimal(was) for sku, was in row.previous.items()}
    return Change(row.id, row.article, row.dt_from, row.cost_price, previous, row.undone_at)


def mark_undone(tx: TenantTx, change_id: int, now: datetime) -> None:
    """The change was taken back."""
    tx.run(
        "UPDATE cost_change SET undone_at = :now WHERE tenant_id = :tenant_id AND id = :id",
        now=now,
        id=change_id,
    )
