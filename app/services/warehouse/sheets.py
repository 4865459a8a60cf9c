"""A file of a table → its rows: Excel (.xlsx), or CSV in UTF-8 or CP1251, with ; or , or tabs."""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from app.core.errors import BadInput
from app.services.warehouse.file_cells import Cell

LARGEST = 10 * 1024 * 1024
"""Bytes of a file; 20,000 lines are about one megabyte."""
LARGEST_UNPACKED = 200 * 1024 * 1024
"""A zip may be a thousand times smaller than what is in it."""
MOST_ROWS = 50_000
MOST_COLUMNS = 200
ENCODINGS = ("utf-8-sig", "cp1251")
DELIMITERS = ";\t,"
TOO_LARGE = f"Файл больше {LARGEST // 1024 // 1024} МБ. Разделите его."
NOT_A_TABLE = "Это не таблица: пришлите файл Excel (.xlsx) или CSV. Шаблоны: /file"


@dataclass(frozen=True, slots=True)
class Sheet:
    """``rows`` from the very first one, empty ones too. ``name`` "" where the file has none."""

    name: str
    rows: Sequence[Sequence[Cell]]


def read_sheet(content: bytes) -> Sheet:
    """The first sheet. Raises BadInput for what is no table, or too large a one."""
    if len(content) > LARGEST:
        raise BadInput(TOO_LARGE)
    if content.startswith(b"PK\x03\x04"):
        return _excel(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadInput("Это старый Excel (.xls). Сохраните его как .xlsx и пришлите снова.")
    return Sheet("", _csv(content))


def _excel(content: bytes) -> Sheet:
    # Here and not above: most chats never see a file.
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST_UNPACKED:
                raise BadInput("В этом файле слишком много всего. Оставьте в нём одну таблицу.")
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = [each.name for each in book.sheets_metadata if each.visible is SheetVisibleEnum.Visible]
        if not shown:
            raise BadInput(NOT_A_TABLE)
        sheet = book.get_sheet_by_name(shown[0])
        last_row, last_column = sheet.end or (0, 0)
        if last_row >= MOST_ROWS or last_column >= MOST_COLUMNS:
            raise BadInput(f"В таблице больше {MOST_ROWS} строк или {MOST_COLUMNS} столбцов: пустые удалите.")
        rows = sheet.to_python(skip_empty_area=False)
        return Sheet(shown[0], [[_known(cell) for cell in row] for row in rows])
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError):
        raise BadInput(NOT_A_TABLE) from None


def _known(cell: object) -> Cell:
    """Times and durations are nothing that we read: they stay as text."""
    return cell if cell is None or isinstance(cell, str | int | float | date) else str(cell)


def _csv(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    if "\x00" in text:
        raise BadInput(NOT_A_TABLE)
    head = "\n".join(text.splitlines()[:20])
    delimiter = max(DELIMITERS, key=head.count)
    try:
        rows = list(islice(csv.reader(io.StringIO(text), delimiter=delimiter), MOST_ROWS + 1))
    except csv.Error:
        raise BadInput(NOT_A_TABLE) from None
    if len(rows) > MOST_ROWS:
        raise BadInput(f"В файле больше {MOST_ROWS} строк. Разделите его.")
    return rows


def _decoded(content: bytes) -> str:
    # Excel's «Текст Юникод» begins so; nothing else does.
    for encoding in ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(NOT_A_TABLE)
