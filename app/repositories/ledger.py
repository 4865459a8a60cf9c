"""The way into the stock ledger: a document as arrays to the posting function, its rows back as answers."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from app.db.named_sql import load_sql
from app.db.session import TenantTx
from app.domain.warehouse.movements import ANY, Entry, Line, LineAnswer, Status, StockDocument

SQL = load_sql(Path(__file__).with_name("ledger.sql"))


def post(tx: TenantTx, document: StockDocument, lines: Sequence[Line], today: date) -> list[LineAnswer]:
    """Post, once. ``lines`` are numbered and none is there twice; ``today`` decides what has expired.

    Raises DBAPIError of SQLSTATE AM001 (closed period), AM002 (not to be reversed), 23503 (no such item,
    place or lot), 22023 (a line of nothing).
    """
    rows = tx.run(
        SQL["post"],
        reason=document.reason.value,
        ref=document.ref,
        ref_lines=_array(line.ref_line for line in lines),
        items=_array(line.item_id for line in lines),
        locations=_array(_or(line.location_id, ANY) for line in lines),
        lots=_array(_or(line.lot_id, ANY) for line in lines),
        targets=_array(_or(line.to_location_id, 0) for line in lines),
        qtys=_array(line.qty for line in lines),
        holds=_array(_or(line.hold_id, 0) for line in lines),
        versions=_array(_or(line.version, -1) for line in lines),
        atomic=document.atomic,
        partial=document.partial,
        occurred=document.occurred_at,
        today=today,
        expires=document.expires_at,
        order_id=document.order_id,
        reverses=document.reverses,
        note=document.note,
        actor_id=tx.actor.user_id,
        actor=tx.actor.name,
        trace_id=tx.trace_id,
    )
    return [_answer(list(group)) for _, group in groupby(rows, key=lambda row: row.n)]


def _array(values: Iterable[int | None]) -> str:
    """An array as the server reads it: four times cheaper than the driver's list, number by number."""
    return "{" + ",".join(map(str, values)) + "}"


def _or(value: int | None, instead: int) -> int:
    return instead if value is None else value


def _answer(rows: list[Any]) -> LineAnswer:
    first = rows[0]
    return LineAnswer(
        ref_line=first.ref_line,
        status=Status(first.status),
        missing=first.missing,
        entries=tuple(
            Entry(
                stock_id=row.stock_id,
                delta=row.delta,
                reserved_delta=row.reserved_delta,
                after_qty=row.after_qty,
                after_reserved=row.after_reserved,
                version=row.version,
                hold_id=row.hold_id,
            )
            for row in rows
            if row.stock_id is not None
        ),
    )
