"""A table as the spreadsheet file that a marketplace hands out: one sheet, texts in their own part."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet: its days are plain numbers."""

Cell = str | int | Decimal | date | None
Row = Sequence[Cell]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
CONTENT_TYPE = f"{_KIND}.sheet"

_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
    f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Отчёт" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def workbook(rows: Sequence[Row]) -> bytes:
    """The file; the same rows are the same bytes."""
    texts: dict[str, int] = {}
    sheet = "".join(_row(number, row, texts) for number, row in enumerate(rows, start=1))
    shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    parts = _PARTS | {
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{sheet}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>',
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in parts.items():
            part = zipfile.ZipInfo(name)
            part.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(part, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}')
    return made.getvalue()


def _row(number: int, row: Row, texts: dict[str, int]) -> str:
    return f'<row r="{number}">{"".join(_cells(number, row, texts))}</row>'


def _cells(number: int, row: Row, texts: dict[str, int]) -> Iterator[str]:
    """Nothing stands where a cell is empty."""
    for place, cell in enumerate(row):
        at = f"{_letters(place)}{number}"
        if isinstance(cell, str):
            yield f'<c r="{at}" t="s"><v>{texts.setdefault(cell, len(texts))}</v></c>'
        elif isinstance(cell, date):
            yield f'<c r="{at}"><v>{(cell - EPOCH).days}</v></c>'
        elif cell is not None:
            yield f'<c r="{at}"><v>{cell}</v></c>'


def _letters(place: int) -> str:
    """0 → A, 26 → AA."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)
