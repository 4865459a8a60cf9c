"""An old ledger from a CSV file: article, place, lot, expires_on, reason, ref, ref_line, delta, occurred_at.

``lot`` and ``expires_on`` may be left out. A reason of the old program that we know by another word is ours;
one that we do not know is ADJUST. Instants without a zone are UTC.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime

from sqlalchemy.exc import DBAPIError

from app.core.errors import BadInput
from app.db.session import TenantTx
from app.domain.warehouse.movements import Reason
from app.repositories.ledger_import import OldEntry
from app.repositories.ledger_import import take_over as post_all

COLUMNS = ("article", "place", "reason", "ref", "ref_line", "delta", "occurred_at")
REASONS: Mapping[str, Reason] = {
    "INBOUND": Reason.RECEIPT,
    "RECEIVE": Reason.RECEIPT,
    "TRANSFER": Reason.MOVE,
    "SHIP": Reason.OUTBOUND,
    "STOCKTAKE": Reason.COUNT,
    "SCRAP": Reason.WRITE_OFF,
}
"""Words of other programs. A SHIP without its hold is an OUTBOUND."""

OURS = frozenset(Reason) - {Reason.RESERVE, Reason.RELEASE, Reason.SHIP, Reason.REVERSAL}


def take_over(tx: TenantTx, content: bytes, warehouse: str) -> int:
    """Post the file's entries; how many, 0 where the same file was taken over before.

    Raises BadInput naming the line that cannot be read, or that takes more than there was.
    """
    entries = _read(content)
    try:
        with tx.session.begin_nested():
            return post_all(tx, hashlib.sha256(content).digest(), warehouse, entries)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != "AM003":
            raise
        line = int(error.orig.diag.message_detail) + 1  # type: ignore[union-attr]
        raise BadInput(f"Строка {line}: списано больше, чем было. Ничего не загружено.") from error


def _read(content: bytes) -> list[OldEntry]:
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        missing = set(COLUMNS) - set(rows.fieldnames or ())
    except (UnicodeDecodeError, csv.Error):
        raise BadInput("Нужен файл CSV в кодировке UTF-8.") from None
    if missing:
        raise BadInput(f"В файле нет столбцов: {', '.join(sorted(missing))}.")
    entries = []
    for number, row in enumerate(rows, 2):
        try:
            entries.append(_entry(row))
        except (ValueError, AttributeError, TypeError):
            raise BadInput(f"Строка {number} не читается. Ничего не загружено.") from None
    if not entries:
        raise BadInput("В файле нет ни одной строки.")
    return entries


def _entry(row: Mapping[str, str]) -> OldEntry:
    said = row["reason"].strip().upper()
    occurred = datetime.fromisoformat(row["occurred_at"].strip())
    expires = (row.get("expires_on") or "").strip()
    entry = OldEntry(
        reason=(REASONS.get(said) or (Reason(said) if said in OURS else Reason.ADJUST)).value,
        ref=row["ref"].strip(),
        ref_line=int(row["ref_line"]),
        article=row["article"].strip(),
        place=row["place"].strip(),
        lot=(row.get("lot") or "").strip(),
        expires_on=date.fromisoformat(expires) if expires else None,
        delta=int(row["delta"]),
        occurred_at=occurred if occurred.tzinfo else occurred.replace(tzinfo=UTC),
    )
    if not (entry.ref and entry.article and entry.place and entry.delta):
        raise ValueError("empty")
    return entry
