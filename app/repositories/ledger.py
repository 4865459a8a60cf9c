"""The way into the stock ledger: a document as arrays to the posting function, its arrays back as answers."""

from collections.abc import Sequence
from datetime import date
from itertools import repeat
from pathlib import Path
from typing import Any

from app.core.trace import Actor, current_actor
from app.db.named_sql import load_sql
from app.db.session import Database, TenantTx
from app.domain.warehouse.movements import ANY, Entry, Line, LineAnswer, Status, StockDocument

SQL = load_sql(Path(__file__).with_name("ledger.sql"))


def post(tx: TenantTx, document: StockDocument, lines: Sequence[Line], today: date) -> list[LineAnswer]:
    """Post, once. ``lines`` are numbered and none is there twice; ``today`` decides what has expired.

    Raises DBAPIError of SQLSTATE AM001 (closed period), AM002 (not to be reversed), 23503 (no such item,
    place or lot), 22023 (a line of nothing).
    """
    rows = tx.run(SQL["post"], **_asked(document, lines, today, tx.actor), trace_id=tx.trace_id)
    return _answers(*rows.one())


def post_alone(
    db: Database, tenant_id: int, document: StockDocument, lines: Sequence[Line], today: date
) -> list[LineAnswer]:
    """``post`` as a transaction of its own, in one round trip."""
    (row,) = db.at_once(tenant_id, SQL["post"], **_asked(document, lines, today, current_actor()))
    return _answers(*row)


def _asked(document: StockDocument, lines: Sequence[Line], today: date, actor: Actor) -> dict[str, Any]:
    return {
        "reason": document.reason.value,
        "ref": document.ref,
        **_columns(lines),
        "atomic": document.atomic,
        "partial": document.partial,
        "occurred": document.occurred_at,
        "today": today,
        "expires": document.expires_at,
        "order_id": document.order_id,
        "reverses": document.reverses,
        "note": document.note,
        "actor_id": actor.user_id,
        "actor": actor.name,
    }


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
    """Arrays as the server reads them, by the text of a list: many times cheaper than the driver's own."""
    columns = zip(*lines, strict=True) if lines else repeat(())
    return {
        name: "{" + str([none if value is None else value for value in column])[1:-1] + "}"
        for (name, none), column in zip(_COLUMNS.items(), columns, strict=False)
    }


def _answers(
    numbers: Sequence[int],
    statuses: Sequence[str],
    missing: Sequence[int],
    of_line: Sequence[int] | None,
    *entries: Sequence[Any] | None,
) -> list[LineAnswer]:
    """The function's arrays: of the first three one element a line, of the rest (see ``Entry``) an entry."""
    found: list[list[Entry]] = [[] for _ in numbers]
    if of_line is not None:
        columns = [repeat(None) if column is None else column for column in entries]
        for line, entry in zip(of_line, map(Entry._make, zip(*columns, strict=False)), strict=False):
            found[line - 1].append(entry)
    return [
        LineAnswer(number, _STATUS[status], lacks, tuple(each))
        for number, status, lacks, each in zip(numbers, statuses, missing, found, strict=True)
    ]


_STATUS = {each.value: each for each in Status}
"""By name: asking the enumeration costs more than all else about an answer."""
