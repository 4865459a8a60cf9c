"""What the ledger would say to a file's lines: it is asked, and all of it is taken back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.db.session import TenantTx
from app.domain.warehouse.movements import NO_LOT, Line, LineAnswer, Reason, Status, StockDocument
from app.repositories.balances import BalanceRow
from app.services.ledger.posting import PostStock
from app.services.ledger.prepare import TRANSFERS
from app.services.warehouse.file_lines import Column, Fault, FileKind, ReadTable
from app.services.warehouse.file_lookup import Found

ROUNDS = 20
"""Of a transfer one line in want stops all: it is asked again without those, which may put others in want."""
LISTED = 2


def try_lines(
    tx: TenantTx, post: PostStock, kind: FileKind, ref: str, found: Found
) -> tuple[dict[int, Line], dict[int, LineAnswer]]:
    """Lines that can all be posted together, by row; and what was said to the others."""
    good, short = dict(found.lines), dict[int, LineAnswer]()
    for _ in range(ROUNDS):
        if not good:
            break
        document = StockDocument(reason=kind.reason, ref=ref, lines=list(good.values()))
        with _taken_back(tx):
            answers = dict(zip(good, post(tx, document).lines, strict=True))
        wrong = {row: answer for row, answer in answers.items() if _is_wrong(kind.reason, answer)}
        short |= wrong
        good = {row: line for row, line in good.items() if row not in wrong}
        if kind.reason not in TRANSFERS or not wrong:
            return good, short
    return {}, short


def shortages(table: ReadTable, kind: FileKind, found: Found, short: Mapping[int, LineAnswer]) -> list[Fault]:
    """What was said to these lines, in words."""
    rows: dict[int, list[BalanceRow]] = {}
    for row in found.there.values():
        rows.setdefault(row.item_id, []).append(row)
    cell = {row: table.cell(row, Column.QTY) for row in short}
    return [
        Fault(row, cell[row], _sentence(kind, found.lines[row], answer, rows))
        for row, answer in short.items()
    ]


@contextmanager
def _taken_back(tx: TenantTx) -> Iterator[None]:
    nested = tx.session.begin_nested()
    try:
        yield
    finally:
        if nested.is_active:
            nested.rollback()


def _is_wrong(reason: Reason, answer: LineAnswer) -> bool:
    """A transfer that stops says the same of its good lines, but that nothing is missing there."""
    if reason in TRANSFERS:
        return answer.missing > 0 or answer.status is Status.CONFLICT
    return answer.status is not Status.OK


def _sentence(kind: FileKind, line: Line, answer: LineAnswer, rows: Mapping[int, list[BalanceRow]]) -> str:
    if answer.status is Status.CONFLICT:
        return "остаток тем временем изменился: проверьте файл ещё раз"
    here = [row for row in rows.get(line.item_id, ()) if _is_asked(kind, line, row)]
    if kind.reason is Reason.COUNT:
        reserved = sum(row.reserved for row in here)
        return f"посчитано {line.qty}, а в резерве {reserved}: сначала снимите резерв"
    free, held = max(line.qty - answer.missing, 0), sum(row.reserved for row in here)
    told = f"нужно {line.qty}, а доступно {free}" + (f" (в резерве {held})" if held else "")
    others = [row for row in rows.get(line.item_id, ()) if row not in here and row.available > 0]
    if others:
        others.sort(key=lambda row: -row.available)
        told += "; есть на " + ", ".join(f"{row.code} {row.available}" for row in others[:LISTED])
    return told


def _is_asked(kind: FileKind, line: Line, row: BalanceRow) -> bool:
    """Does the line name this balance? Of what goes out the place and the lot may be left to us."""
    if kind.reason is Reason.OUTBOUND:
        return line.location_id in (None, row.location_id) and line.lot_id in (None, row.lot_id)
    return row.location_id == line.location_id and row.lot_id == (line.lot_id or NO_LOT)
