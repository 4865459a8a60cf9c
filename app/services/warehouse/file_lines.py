"""A table of lines → what it asks for, and what is wrong with it, cell by cell. Knows no database."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeVar

from app.core.errors import BadInput
from app.domain.warehouse.movements import Reason
from app.services.warehouse.file_cells import Cell, NotThis, as_code, as_day, as_pieces, is_empty

MOST_LINES = 20_000
LOOKED_AT = 15
"""Rows at the top among which the titles are looked for."""

T = TypeVar("T")


class Column(StrEnum):
    """What a column says."""

    BARCODE = "barcode"
    ARTICLE = "article"
    QTY = "qty"
    PLACE = "place"
    TARGET = "target"
    UNTIL = "until"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """A movement that a file may bring. ``place`` False: the place may be left to us (FEFO)."""

    reason: Reason
    title: str
    file_name: str
    has_target: bool = False
    needs_place: bool = True

    @property
    def least(self) -> int:
        """The fewest pieces a line may name: a count may find nothing."""
        return 0 if self.reason is Reason.COUNT else 1


KINDS: Mapping[str, FileKind] = {
    kind.reason.value: kind
    for kind in (
        FileKind(reason=Reason.RECEIPT, title="Приход", file_name="prihod"),
        FileKind(reason=Reason.MOVE, title="Перемещение", file_name="peremeshchenie", has_target=True),
        FileKind(reason=Reason.COUNT, title="Инвентаризация", file_name="inventarizaciya"),
        FileKind(reason=Reason.OUTBOUND, title="Отгрузка", file_name="otgruzka", needs_place=False),
        FileKind(reason=Reason.WRITE_OFF, title="Списание", file_name="spisanie"),
        FileKind(reason=Reason.RETURN, title="Возврат", file_name="vozvrat"),
    )
}
"""By the reason's name."""

WORDS: Mapping[Column, tuple[str, ...]] = {
    Column.BARCODE: ("штрихкод", "штрих код", "баркод", "шк", "barcode", "ean", "gtin"),
    Column.ARTICLE: ("артикул", "товар", "article", "item", "sku"),
    Column.QTY: ("количество", "кол во", "колво", "кол", "шт", "посчитано", "факт", "qty", "quantity"),
    Column.PLACE: ("место", "ячейка", "откуда", "адрес", "place", "location", "from"),
    Column.TARGET: ("to", "target"),
    Column.UNTIL: ("годен", "срок", "до", "expires", "expiry", "best before"),
}
"""How a title may begin, in lower case without signs."""


class FileLine(NamedTuple):
    """A row of the file: ``row`` as the sheet numbers it; ``place`` "" and ``until`` None are left open."""

    row: int
    item: str
    qty: int
    place: str
    target: str
    until: date | None


class Fault(NamedTuple):
    """What is wrong, and where: «B7»."""

    row: int
    cell: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ReadTable:
    """``titles_row`` as the sheet numbers it, ``columns``: which is where, from 0; ``lines`` could be read,
    and what could not is in ``faults``."""

    titles_row: int
    columns: Mapping[Column, int]
    lines: tuple[FileLine, ...]
    faults: tuple[Fault, ...]

    def cell(self, row: int, *wanted: Column) -> str:
        """The name of a row's cell in the first of these columns that the file has."""
        return cell_name(row, next((self.columns[each] for each in wanted if each in self.columns), 0))


def read_table(rows: Sequence[Sequence[Cell]], kind: FileKind) -> ReadTable:
    """Rows from the sheet's very first one. Raises BadInput where it is no such table, or too long a one."""
    at, columns = _titles(rows, kind)
    body = [(number, row) for number, row in enumerate(rows[at + 1 :], at + 2) if not _blank(row, columns)]
    if not body:
        raise BadInput("Под заголовками нет ни одной строки.")
    if len(body) > MOST_LINES:
        raise BadInput(f"В файле строк: {len(body)}, а за один раз — до {MOST_LINES}. Разделите его.")
    lines, faults = [], []
    for number, row in body:
        line, wrong = _line(number, row, columns, kind)
        faults += wrong
        if line is not None:
            lines.append(line)
    return ReadTable(at + 1, columns, tuple(lines), tuple(faults))


def kind_of(*told: str) -> str | None:
    """Which movement a caption, the name of a sheet or of a file speaks of; None where none does."""
    for words in told:
        plain = _plain(words)
        for name, kind in KINDS.items():
            if kind.title.lower() in plain or kind.file_name in plain:
                return name
    return None


def titles_of(kind: FileKind) -> tuple[str, ...]:
    """The template's titles."""
    places = ("Откуда", "Куда") if kind.has_target else ("Место",)
    count = "Посчитано" if kind.reason is Reason.COUNT else "Количество"
    return ("Штрихкод или артикул", count, *places, "Годен до")


def cell_name(row: int, column: int) -> str:
    """«B7» of row 7 and column 1."""
    letters, number = "", column + 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


def _titles(rows: Sequence[Sequence[Cell]], kind: FileKind) -> tuple[int, dict[Column, int]]:
    for at, row in enumerate(rows[:LOOKED_AT]):
        columns: dict[Column, int] = {}
        for index, cell in enumerate(row):
            found = _column(cell)
            if found is not None:
                columns.setdefault(found, index)
        if Column.QTY in columns and columns.keys() & {Column.BARCODE, Column.ARTICLE}:
            _demand_places(columns, kind)
            return at, columns
    wanted = ", ".join(f"«{title}»" for title in titles_of(kind))
    raise BadInput(f"Не вижу строки с названиями столбцов: нужны {wanted}. Шаблоны: /file")


def _column(cell: Cell) -> Column | None:
    if not isinstance(cell, str):
        return None
    plain = _plain(cell)
    if "куда" in plain.split():  # «место, куда»
        return Column.TARGET
    for column, begins in WORDS.items():
        if any(plain == word or plain.startswith(f"{word} ") for word in begins):
            return column
    return None


def _demand_places(columns: Mapping[Column, int], kind: FileKind) -> None:
    if kind.has_target and not {Column.PLACE, Column.TARGET} <= columns.keys():
        raise BadInput("Для перемещения нужны столбцы «Откуда» и «Куда».")
    if kind.needs_place and Column.PLACE not in columns:
        raise BadInput("В файле нет столбца «Место».")


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[^\w]+|_", " ", words.lower().replace("ё", "е")).split())


def _blank(row: Sequence[Cell], columns: Mapping[Column, int]) -> bool:
    return all(is_empty(_cell(row, index)) for index in columns.values())


def _cell(row: Sequence[Cell], index: int) -> Cell:
    return row[index] if index < len(row) else None


def _line(
    number: int, row: Sequence[Cell], columns: Mapping[Column, int], kind: FileKind
) -> tuple[FileLine | None, list[Fault]]:
    faults: list[Fault] = []

    def read(column: Column, parse: Callable[[Cell], T], otherwise: T) -> T:
        if column not in columns:
            return otherwise
        try:
            return parse(_cell(row, columns[column]))
        except NotThis as wrong:
            faults.append(Fault(number, cell_name(number, columns[column]), str(wrong)))
            return otherwise

    def fault(column: Column, sentence: str) -> None:
        if not faults:
            faults.append(Fault(number, cell_name(number, columns[column]), sentence))

    item = read(Column.BARCODE, as_code, "") or read(Column.ARTICLE, as_code, "")
    qty = read(Column.QTY, lambda cell: as_pieces(cell, least=kind.least), 0)
    place = read(Column.PLACE, as_code, "")
    target = read(Column.TARGET, as_code, "") if kind.has_target else ""
    until = read(Column.UNTIL, as_day, None)
    if not item:
        fault(Column.BARCODE if Column.BARCODE in columns else Column.ARTICLE, "товар не указан")
    if kind.needs_place and not place:
        fault(Column.PLACE, "место не указано")
    if kind.has_target and not target:
        fault(Column.TARGET, "место не указано")
    if kind.has_target and place.upper() == target.upper() and place:
        fault(Column.TARGET, "то же место, что и «Откуда»")
    return (None if faults else FileLine(number, item, qty, place, target, until)), faults
