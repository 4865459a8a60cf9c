"""The realization report by posting as a file, for months that are too large to be told at once.

The sheet is the cabinet's own: a title, the contract, then two rows of header, of which the lower one repeats
its names under «Реализовано» and under «Возвращено клиентом», then a row of column numbers. Columns are found
by name within their half, never by place. Names as in files of July 2026 that sellers received.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from app.marketplaces.errors import Garbled
from app.marketplaces.ozon.realization.wire import Side
from app.marketplaces.sheets import HEADER_WITHIN, column_name, read_sheets

SOLD, RETURNED = "реализовано на сумму", "возвращено на сумму"
NAMES = {
    "выплаты по механикам лояльности партнеров": "bank_coinvestment",
    "баллы за скидки": "bonus",
    "кол-во": "quantity",
    "базовое вознаграждение ozon": "standard_fee",
    "итого к начислению": "total",
    "итого возвращено": "total",
}
_NEEDED = {"amount", "standard_fee"}


class SheetRow(NamedTuple):
    """A row as the JSON report would tell it: ``raw`` cells by name, each side None where it is empty."""

    raw: dict[str, str]
    sold: dict[str, str] | None
    returned: dict[str, str] | None


def read_sheet(body: bytes, method: str) -> Iterator[SheetRow]:
    """Rows of the file. Raises Garbled where it has no header that we know."""
    rows = chain.from_iterable(read_sheets(body, method))
    header: list[str] | None = None
    for seen, row in enumerate(rows):
        if header is None:
            names = [column_name(cell) for cell in row]
            if {SOLD, RETURNED} <= set(names):
                header = names
                halves = _halves(header, method)
            elif seen > HEADER_WITHIN:
                break
        elif row and row[0].strip().isdigit() and not _is_numbering(row):
            sold, returned = (_side(row, half) for half in halves)
            yield SheetRow(
                {f"{i} {name}": cell for i, (name, cell) in enumerate(zip(header, row, strict=False))},
                sold,
                returned,
            )
    if header is None:
        raise Garbled(method, f"в таблице нет столбцов: {SOLD}, {RETURNED}")


def _halves(header: Sequence[str], method: str) -> tuple[dict[str, int], dict[str, int]]:
    """Field → column, of what was sold and of what came back."""
    middle, start = header.index(RETURNED), header.index(SOLD)
    found = []
    for first, last in ((start, middle), (middle, len(header))):
        half = {NAMES[name]: i for i, name in enumerate(header) if first < i < last and name in NAMES}
        half["amount"] = first
        if not half.keys() >= _NEEDED:
            raise Garbled(method, "в таблице нет столбца: базовое вознаграждение ozon")
        found.append(half)
    return found[0], found[1]


def _side(row: Sequence[str], half: dict[str, int]) -> dict[str, str] | None:
    told = {name: row[i].strip() for name, i in half.items() if i < len(row)}
    return told if any(cell not in ("", "0") for cell in told.values()) else None


def _is_numbering(row: Sequence[str]) -> bool:
    """The row under the header that numbers its columns: 1, 2, 3, …"""
    numbers = [cell.strip() for cell in row if cell.strip()]
    return len(numbers) > 2 and numbers == [str(n) for n in range(1, len(numbers) + 1)]


def add_total(told: dict[str, str] | None, side: Side) -> Side:
    """A file without the total of a side has nothing to be checked against."""
    if told is None or told.get("total"):
        return side
    return side.model_copy(update={"total": side.gross - side.standard_fee})
