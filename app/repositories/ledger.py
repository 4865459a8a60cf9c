"""The way into the stock ledger: a document as arrays to the posting function, its rows back as answers."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby, repeat
from operator import itemgetter
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
        **_columns(lines),
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
    return [_answer(list(group)) for _, group in groupby(rows.all(), key=itemgetter(0))]


_COLUMNS = {
    "qtys": None,
    "items": None,
    "locations": ANY,
    "lots": ANY,
    "targets": 0,
    "holds": 0,
    "versions": -1,
    "ref_lines": None,
}
"""What the function calls the fields of ``Line``, in their order, and what stands there for none."""


def _columns(lines: Sequence[Line]) -> dict[str, str]:
    """Arrays as the server reads them: four times cheaper than the driver's lists, number by number."""
    columns = zip(*lines, strict=True) if lines else repeat(())
    return {
        name: "{" + ",".join([str(none if value is None else value) for value in column]) + "}"
        for (name, none), column in zip(_COLUMNS.items(), columns, strict=False)
    }


def _answer(rows: Sequence[Sequence[Any]]) -> LineAnswer:
    """Rows of one line: n, its number, status, missing, and an entry's fields, or nothing."""
    _, ref_line, status, missing, *_ = rows[0]
    entries = tuple([Entry._make(row[4:]) for row in rows if row[4] is not None])
    return LineAnswer(ref_line, Status(status), missing, entries)
