"""Documents that were posted from files: a file is known by the references it is posted under."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from app.db.session import TenantTx
from app.domain.warehouse.movements import ANY, Line, Reason


class FileDocument(NamedTuple):
    """``lines`` of it were posted; ``is_undone``: it was reversed, and the file may be posted again."""

    id: int
    posted_at: datetime
    actor: str
    lines: int
    is_undone: bool


def list_posted(tx: TenantTx, reason: Reason, refs: Sequence[str]) -> list[FileDocument]:
    """Those of these references that stand in the books, the newest first."""
    rows = tx.run(
        "SELECT d.id, d.posted_at, d.actor,"
        " (SELECT count(DISTINCT l.ref_line) FROM stock_document_line l WHERE l.tenant_id = :tenant_id"
        "  AND l.reason = d.reason AND l.ref = d.ref) AS lines,"
        " EXISTS (SELECT FROM stock_document r WHERE r.tenant_id = :tenant_id AND r.reverses = d.id) AS gone"
        " FROM stock_document d WHERE d.tenant_id = :tenant_id AND d.reason = :reason AND d.ref = ANY(:refs)"
        " ORDER BY d.posted_at DESC",
        reason=reason.value,
        refs=[*refs],
    )
    return [FileDocument(*row) for row in rows]


class AlikeDocument(NamedTuple):
    """A document; ``same`` of its lines name as many pieces of the same goods in the same place."""

    name: str
    posted_at: datetime
    actor: str
    same: int


def find_alike(
    tx: TenantTx, reason: Reason, lines: Sequence[Line], since: datetime, begins: str
) -> AlikeDocument | None:
    """Of documents posted since whose reference ``begins`` so the one with most of these lines, unless it was
    reversed."""
    row = tx.run(
        "SELECT d.note, d.posted_at, d.actor, count(*) AS same FROM stock_document d"
        " JOIN stock_document_line l ON l.tenant_id = :tenant_id AND l.reason = d.reason AND l.ref = d.ref"
        "  AND l.leg = 1"
        " JOIN unnest(CAST(:items AS bigint[]), CAST(:places AS bigint[]), CAST(:lots AS bigint[]),"
        "  CAST(:qtys AS integer[])) AS a(item, place, lot, qty)"
        "  ON a.item = l.item_id AND a.place = l.location_asked AND a.lot = l.lot_asked AND a.qty = l.qty"
        " WHERE d.tenant_id = :tenant_id AND d.reason = :reason AND d.ref >= :begins AND d.ref < :ends"
        "  AND d.posted_at >= :since AND NOT EXISTS (SELECT FROM stock_document r"
        "   WHERE r.tenant_id = :tenant_id AND r.reverses = d.id)"
        " GROUP BY d.id, d.note, d.posted_at, d.actor ORDER BY count(*) DESC, d.posted_at DESC LIMIT 1",
        reason=reason.value,
        since=since,
        begins=begins,
        ends=begins[:-1] + chr(ord(begins[-1]) + 1),
        items=[line.item_id for line in lines],
        places=[ANY if line.location_id is None else line.location_id for line in lines],
        lots=[ANY if line.lot_id is None else line.lot_id for line in lines],
        qtys=[line.qty for line in lines],
    ).one_or_none()
    return None if row is None else AlikeDocument(*row)
