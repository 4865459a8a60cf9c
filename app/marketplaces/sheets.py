"""Tables that a marketplace gives as files: XLSX, or CSV. Cells as text, columns by their names.

An XLSX is an archive of XML from outside: it is read row by row with limits on what it may unpack to, and
a document type, the door of entity bombs, is refused.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Annotated
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from pydantic import BeforeValidator

from app.marketplaces.errors import Garbled
from app.marketplaces.wire import clean, parse_day

LARGEST = 1 << 30
"""Bytes that one part of an archive may unpack to: a full sheet of a million rows is some 600 MB."""
HEADER_WITHIN = 30
"""Rows above the header: a title, the contract, the period."""
WIDEST = 256
"""Columns. A lone cell in the last one that a spreadsheet may have makes a row of 16,384."""
_CHUNK = 1 << 16
_DOCTYPE = b"<!DOCTYPE"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet."""

Row = list[str]


def read_sheets(body: bytes, method: str) -> Iterator[Iterator[Row]]:
    """Sheets of a file, each row by row; a row is as long as its last cell. A CSV is one sheet.

    Raises:
        Garbled: neither; also from within a sheet.
    """
    if not body.startswith(b"PK"):
        yield _csv_rows(body, method)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
            if not names:
                raise Garbled(method, "в файле нет листов")
            texts = _shared_texts(archive, method)
            for name in sorted(names, key=_number):
                yield _sheet_rows(archive, name, texts, method)
    except _DAMAGED:
        raise Garbled(method, "архив повреждён") from None


def table(rows: Iterable[Row], wanted: Sequence[str], method: str) -> Iterator[dict[str, str]]:
    """Rows below the header as column → cell, names as ``column_name`` has them; empty rows left out.

    The header is the first row near the top that has all ``wanted`` names. A sheet without any row has no
    table. Raises Garbled where there are rows and no header: columns are never guessed by their place.
    """
    header: list[str] | None = None
    seen = 0
    for row in rows:
        if header is None:
            names = [column_name(cell) for cell in row]
            if set(wanted) <= set(names):
                header = names
            seen += any(names)
            if seen > HEADER_WITHIN:
                break
        elif any(cell.strip() for cell in row):
            yield {name: row[i] if i < len(row) else "" for i, name in enumerate(header) if name}
    if header is None and seen:
        raise Garbled(method, f"в таблице нет столбцов: {', '.join(wanted)}"[:200])


def column_name(cell: str) -> str:
    """How a column is called, whatever its case, spaces, dashes and currency: «Итого к начислению, RUB»."""
    told = re.sub(r"\s+", " ", cell.replace("\u00a0", " ")).strip().lower().replace("ё", "е")
    told = re.sub(r"[\u2010-\u2015\u2212]", "-", told)
    return re.sub(r",? ?\(?(?:rub|руб\.?|₽)\)?$", "", told).rstrip(" ,:")


def cell_day(cell: str) -> date:
    """A day as spreadsheets tell it: a number of days, 2026-08-04 or 04.08.2026. Raises ValueError."""
    told = cell.strip()
    if re.fullmatch(r"\d{5}(?:\.\d+)?", told):
        return parse_day((_EPOCH + timedelta(days=int(told.partition(".")[0]))).isoformat())
    if found := re.match(r"(\d{2})\.(\d{2})\.(\d{4})\b", told):
        return parse_day("-".join(reversed(found.groups())))
    return parse_day(told)


def _parse_cell_day(told: object) -> date:
    if not isinstance(told, str):
        raise ValueError("не дата")
    return cell_day(told)


CellDay = Annotated[date, BeforeValidator(_parse_cell_day)]


def _csv_rows(body: bytes, method: str) -> Iterator[Row]:
    if body.lstrip()[:1] == b"<":
        raise Garbled(method, "вместо файла пришла страница")  # a storage's refusal, an HTML page
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Garbled(method, "файл не читается") from None
    first = text[: text.find("\n")] if "\n" in text else text
    separator = max(";,\t", key=first.count)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _number(name: str) -> tuple[int, str]:
    """sheet2 before sheet10."""
    found = re.search(r"(\d+)\.xml$", name)
    return (int(found[1]) if found else 0, name)


def _shared_texts(archive: zipfile.ZipFile, method: str) -> list[str]:
    """An <si> is one text, of one or more runs."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    return [clean(_text(each)) for each in _elements(archive, "xl/sharedStrings.xml", "si", method)]


def _sheet_rows(archive: zipfile.ZipFile, name: str, texts: list[str], method: str) -> Iterator[Row]:
    try:
        for row in _elements(archive, name, "row", method):
            yield _row(row, texts)
    except _DAMAGED:
        raise Garbled(method, "архив повреждён") from None
    except (ValueError, IndexError):
        raise Garbled(method, "таблица не читается") from None


def _elements(archive: zipfile.ZipFile, part: str, named: str, method: str) -> Iterator[Element]:
    """Elements of that name, one after another; each is emptied when the next one is asked for."""
    parser: XMLPullParser[Element] = XMLPullParser(("end",))
    size, seen = 0, b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            seen = seen[-len(_DOCTYPE) :] + chunk
            if size > LARGEST or _DOCTYPE in seen or b"\x00" in chunk:
                raise Garbled(method, "таблица не читается")
            try:
                parser.feed(chunk)
                # What is at fault is told with the events, after those that came before it.
                for event in parser.read_events():
                    element = event[-1]
                    if isinstance(element, Element) and _local(element.tag) == named:
                        yield element
                        element.clear()
            except ParseError:
                raise Garbled(method, "таблица не читается") from None
    try:
        parser.close()
    except ParseError:
        raise Garbled(method, "таблица не читается") from None


def _row(row: Element, texts: Sequence[str]) -> Row:
    """Cells stand under their letters; one without stands after the last."""
    cells: Row = []
    for cell in row:
        at = cell.get("r")
        place = len(cells) if at is None else _column(at.rstrip("0123456789"))
        if place > len(cells):
            cells += [""] * (place - len(cells))
        kind, value = cell.get("t"), ""
        for inner in cell:
            match _local(inner.tag):
                case "v":
                    value = inner.text or ""
                case "is":
                    value = _text(inner)
        if kind == "s":
            value = texts[int(value)] if value else ""
        elif kind is not None and kind != "n":
            value = clean(value)
        cells.append(value)
    return cells


def _text(element: Element) -> str:
    """Its own text or that of its runs; phonetic hints are no part of it."""
    parts = []
    for inner in element:
        match _local(inner.tag):
            case "t":
                parts.append(inner.text or "")
            case "r":
                parts += [each.text or "" for each in inner if _local(each.tag) == "t"]
    return "".join(parts)


@cache
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


@cache
def _column(letters: str) -> int:
    """A → 0, AB → 27. Raises ValueError for what is no column, or too far to the right."""
    if not re.fullmatch(r"[A-Z]{1,3}", letters):
        raise ValueError("не столбец")
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    if place > WIDEST:
        raise ValueError("нет такого столбца")
    return place - 1
