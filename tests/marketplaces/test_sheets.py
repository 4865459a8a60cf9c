"""Tables from files: what spreadsheets and CSVs are read as, and what of them is refused."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from app.marketplaces import sheets
from app.marketplaces.errors import Garbled
from app.marketplaces.sheets import cell_day, column_name, read_sheets, table
from app.sandbox.xlsx import workbook

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)


def archive(**parts: str) -> bytes:
    """A file of these parts: ``sheet1`` and so on, ``texts``."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr("xl/sharedStrings.xml" if name == "texts" else f"xl/worksheets/{name}.xml", text)
    return made.getvalue()


def rows(body: bytes) -> list[list[str]]:
    return [row for sheet in read_sheets(body, "m") for row in sheet]


def test_every_kind_of_cell_is_its_text_in_its_own_column() -> None:
    runs = "<r><t>крас</t></r><rPh><t>подсказка</t></rPh><r><t>ный</t></r>"
    texts = f"<sst><si><t>Артикул</t></si><si>{runs}</si></sst>"
    cells = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row r="2"/>'
        '<row r="3"><c t="inlineStr"><is><t>А &amp; Б</t></is></c><c><f>1+1</f><v>26272.180000000004</v></c>'
        '<c t="b"><v>1</v></c><c t="str"><v>да</v></c><c t="s"/></row>'
    )
    assert rows(archive(texts=texts, sheet1=SHEET.format(cells))) == [
        ["Артикул", "", "красный"],
        [],
        ["А & Б", "26272.180000000004", "1", "да", ""],
    ]


def test_sheets_come_in_their_order() -> None:
    def one(value: int) -> str:
        return SHEET.format(f'<row><c r="A1"><v>{value}</v></c></row>')

    assert rows(archive(sheet10=one(3), sheet2=one(2), sheet1=one(1))) == [["1"], ["2"], ["3"]]


def test_what_is_written_is_read() -> None:
    told = workbook([("Дата", "Сумма"), (), (date(2026, 11, 19), Decimal("12.50")), (None, "<&>")])
    assert rows(told) == [["Дата", "Сумма"], [], ["46345", "12.50"], ["", "<&>"]]
    assert cell_day("46345") == date(2026, 11, 19)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("by", [";", ",", "\t"])
def test_a_csv_is_one_sheet_whatever_divides_it(mark: bytes, by: str) -> None:
    text = f'Артикул{by}"Название{by} полное"{by}Цена\r\nA-1{by}"Нож ""Шеф"""{by}12.5\r\n'
    assert rows(mark + text.encode()) == [
        ["Артикул", f"Название{by} полное", "Цена"],
        ["A-1", 'Нож "Шеф"', "12.5"],
    ]


def test_a_table_begins_below_its_header_wherever_that_stands() -> None:
    told = [
        ["Отчет о компенсациях № 77"],
        [],
        ["№", "SKU", "Итого к начислению, RUB"],
        ["1", "11", "5"],
        ["", " "],
        ["2", "12"],
    ]
    assert list(table(told, ("sku", "итого к начислению"), "m")) == [
        {"№": "1", "sku": "11", "итого к начислению": "5"},
        {"№": "2", "sku": "12", "итого к начислению": ""},
    ]


def test_a_table_without_its_columns_is_not_guessed_at() -> None:
    with pytest.raises(Garbled, match="нет столбцов: sku, цена"):
        list(table([["SKU", "Сумма"], ["1", "2"]], ("sku", "цена"), "m"))
    assert list(table([], ("sku",), "m")) == []
    with pytest.raises(Garbled):
        list(table([["x"]] * 40 + [["sku"], ["1"]], ("sku",), "m"))


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Итого к начислению, RUB", "итого к начислению"),
        ("Итого к начислению, руб.", "итого к начислению"),
        ("Сумма (₽)", "сумма"),
        ("Действительная\u00a0стоимость —\n всего", "действительная стоимость - всего"),
        (" Ещё раз: ", "еще раз"),
    ],
)
def test_a_column_is_known_by_its_name_however_it_is_written(told: str, name: str) -> None:
    assert column_name(told) == name


@pytest.mark.parametrize("told", ["46345", "46345.0", "2026-11-19", "2026-11-19T00:00:00Z", "19.11.2026"])
def test_a_day_is_read_as_spreadsheets_tell_it(told: str) -> None:
    assert cell_day(told) == date(2026, 11, 19)


@pytest.mark.parametrize("told", ["", "463", "31.13.2026", "вчера", "99999", "-46345"])
def test_what_is_no_day_is_refused(told: str) -> None:
    with pytest.raises(ValueError):
        cell_day(told)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet><v>&b;</v></worksheet>'


@pytest.mark.parametrize(
    "body",
    [
        b"PK\x03\x04 and no more",
        archive(texts="<sst/>"),
        archive(sheet1="<worksheet><row>"),
        archive(sheet1=BOMB),
        archive(sheet1=SHEET.format('<row><c r="XFD1"><v>1</v></c></row>')),
        archive(sheet1=SHEET.format('<row><c r="A1" t="s"><v>7</v></c></row>')),
        archive(sheet1=SHEET.format("<row/>"))[:-30],
        b"<Error><Code>AccessDenied</Code></Error>",
        b"\xff\xfe\x00",
    ],
)
def test_a_damaged_or_hostile_file_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        rows(body)


def test_a_part_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "LARGEST", 1 << 18)
    told = archive(sheet1=SHEET.format("<row></row>" * 50_000))
    assert len(told) < 10_000
    with pytest.raises(Garbled, match="не читается"):
        rows(told)
