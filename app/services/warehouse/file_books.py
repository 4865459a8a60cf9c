"""Tables that we hand out: templates to be filled in, and a file's bad lines to be put right."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from app.services.warehouse.file_cells import Cell
from app.services.warehouse.file_lines import Fault, FileKind, ReadTable, titles_of

FORMS = ("xlsx", "csv")
WIDTHS = (24, 13, 14, 14, 14)
LONG = 10**10
"""From here on Excel shows a number by its power of ten."""
WRONG = "Что исправить"


def template(kind: FileKind, form: str) -> tuple[str, bytes]:
    """A file's name and content: titles, and in Excel how the columns are filled in."""
    if form == "csv":
        text = io.StringIO()
        csv.writer(text, delimiter=";").writerow(titles_of(kind))
        return f"{kind.file_name}.csv", text.getvalue().encode("utf-8-sig")
    content = io.BytesIO()
    with _book(content) as book:
        sheet = book.add_worksheet(kind.title)
        _titles(book, sheet, titles_of(kind))
        sheet.set_column(0, 0, WIDTHS[0], book.add_format({"num_format": "@"}))
        last = len(titles_of(kind)) - 1
        sheet.set_column(1, 1, WIDTHS[1])
        sheet.set_column(2, last - 1, WIDTHS[2], book.add_format({"num_format": "@"}))
        sheet.set_column(last, last, WIDTHS[4], book.add_format({"num_format": "dd.mm.yyyy"}))
        _explain(book, kind)
    return f"{kind.file_name}.xlsx", content.getvalue()


def faults_book(
    kind: FileKind, rows: Sequence[Sequence[Cell]], table: ReadTable, faults: Iterable[Fault]
) -> bytes:
    """The rows with faults as they were, and beside each what is wrong: a file like any other."""
    said: dict[int, list[str]] = {}
    for fault in faults:
        said.setdefault(fault.row, []).append(f"{fault.cell}: {fault.sentence}")
    titles = rows[table.titles_row - 1]
    kept = [at for at, title in enumerate(titles) if title != WRONG]
    content = io.BytesIO()
    with _book(content) as book:
        page = book.add_worksheet(kind.title)
        _titles(book, page, [*(_said(titles[at]) for at in kept), WRONG])
        page.set_column(0, len(kept) - 1, 18)
        page.set_column(len(kept), len(kept), 60)
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        for place, (number, wrong) in enumerate(sorted(said.items()), 1):
            row = rows[number - 1]
            for column, at in enumerate(kept):
                _write(page, place, column, row[at] if at < len(row) else None, day)
            page.write_string(place, len(kept), "; ".join(wrong))
    return content.getvalue()


@contextmanager
def _book(content: io.BytesIO) -> Iterator[Any]:
    # Here and not above: it takes a tenth of a second, and most chats never see a file.
    from xlsxwriter import Workbook

    book = Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    yield book
    book.close()


def _titles(book: Any, page: Any, titles: Sequence[str]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#E7EEF7", "border": 1})
    for column, title in enumerate(titles):
        page.write_string(0, column, title, bold)
    page.freeze_panes(1, 0)


def _write(page: Any, row: int, column: int, cell: Cell, day: Any) -> None:
    """As it was: a long number would be shown as 4,6E+12, so a code is written as text."""
    if isinstance(cell, date):
        page.write_datetime(row, column, cell, day)
    elif isinstance(cell, float) and cell.is_integer() and abs(cell) >= LONG:
        page.write_string(row, column, str(int(cell)))
    elif isinstance(cell, int | float):
        page.write(row, column, cell)
    elif cell:
        page.write_string(row, column, cell)


def _said(cell: Cell) -> str:
    return "" if cell is None else f"{cell}"


def _explain(book: Any, kind: FileKind) -> None:
    """How each column is filled in, on a sheet of its own: what stands under the titles is posted."""
    page = book.add_worksheet("Как заполнять")
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 90)
    for row, (title, words) in enumerate(zip(titles_of(kind), _words(kind), strict=True)):
        page.write_string(row, 0, title, book.add_format({"bold": True}))
        page.write_string(row, 1, words)


def _words(kind: FileKind) -> list[str]:
    count = "Сколько штук на самом деле, можно 0." if kind.least == 0 else "Целое число штук, больше нуля."
    if kind.has_target:
        places = ["Код места, откуда взяли: A-01-03.", "Код места, куда положили."]
    elif kind.needs_place:
        places = ["Код места на складе: A-01-03."]
    else:
        places = ["Код места; пусто — возьмём там, где срок годности выходит раньше."]
    return [
        "Штрихкод с упаковки или артикул, как в /find. Одна строка — один товар в одном месте.",
        count,
        *places,
        "Если есть срок: 31.05.2027 или 05.2027 (до конца месяца). Без срока — пусто.",
    ]
