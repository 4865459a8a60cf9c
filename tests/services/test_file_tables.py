"""A table that somebody typed, read cell by cell: what is understood, and what is said of the rest."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import BadInput
from app.services.warehouse import file_lines, sheets
from app.services.warehouse.file_books import faults_book
from app.services.warehouse.file_cells import NotThis, as_code, as_day, as_pieces
from app.services.warehouse.file_lines import KINDS, Column, cell_name, kind_of, read_table
from app.services.warehouse.sheets import read_sheet

RECEIPT, MOVE = KINDS["RECEIPT"], KINDS["MOVE"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (4601234567893.0, "4601234567893"), (42, "42"), (" KRS  42 ", "KRS 42"), (None, ""), ("", ""),
        ("4601234567893.0", "4601234567893"), ("4601234567893,00", "4601234567893"), ("'0460", "0460"),
        ('="0460"', "0460"), ("1e5", "1e5"),
    ],
)  # fmt: skip
def test_a_code_is_what_was_printed_however_it_was_kept(cell, code):
    assert as_code(cell) == code


@pytest.mark.parametrize(
    ("cell", "said"),
    [("4,60123E+12", "Excel потерял цифры"), ("4.6E+12", "Excel потерял цифры"), (True, "не код"),
     (date(2027, 5, 31), "«31.05.2027» — не код"), (4.5, "«4,5» — не код"), (1e300, "не код"),
     ("я" * 101, "длиннее 100")],
)  # fmt: skip
def test_what_is_no_code_is_said(cell, said):
    with pytest.raises(NotThis, match=said):
        as_code(cell)


@pytest.mark.parametrize(
    ("cell", "pieces"),
    [(20, 20), (20.0, 20), ("20", 20), ("1\u00a0000", 1000), ("12 шт.", 12), ("12,00", 12), ("3 штуки", 3),
     (999_999, 999_999)],
)  # fmt: skip
def test_pieces_are_counted_whole(cell, pieces):
    assert as_pieces(cell) == pieces


@pytest.mark.parametrize(
    ("cell", "said"),
    [(0, "ноль"), (-1, "меньше нуля"), ("−5", "меньше нуля"), (1.5, "«1,5» — дробное"), ("1,5", "дробное"),
     ("", "не указано"), (None, "не указано"), ("много", "не количество"), (True, "не количество"),
     (1_000_000, "похоже на опечатку"), ("9" * 30, "похоже на опечатку"), (float("inf"), "не количество"),
     (float("nan"), "не количество"), (date(2027, 1, 1), "не количество")],
)  # fmt: skip
def test_what_is_no_number_of_pieces_is_said(cell, said):
    with pytest.raises(NotThis, match=said):
        as_pieces(cell)


def test_a_count_may_find_nothing():
    assert as_pieces("0", least=0) == 0


@pytest.mark.parametrize(
    ("cell", "day"),
    [("31.05.2027", (2027, 5, 31)), ("1.6.27", (2027, 6, 1)), ("2027-05-31", (2027, 5, 31)),
     ("2027-05-31 00:00:00", (2027, 5, 31)), ("31/05/2027", (2027, 5, 31)), ("05.2027", (2027, 5, 31)),
     ("02/2028", (2028, 2, 29)), (date(2027, 5, 31), (2027, 5, 31)),
     (datetime(2027, 5, 31, 12, tzinfo=UTC), (2027, 5, 31))],
)  # fmt: skip
def test_a_day_is_read_in_every_usual_spelling(cell, day):
    assert as_day(cell) == date(*day)


def test_an_empty_day_is_no_term():
    assert (as_day(None), as_day(" ")) == (None, None)


@pytest.mark.parametrize(
    ("cell", "said"),
    [("31.02.2027", "дня 31.02.2027 в календаре нет"), ("13.2027", "в календаре нет"), ("завтра", "не дата"),
     (46_000.0, "не дата"), ("31.05.0027", "не бывает"), (date(1899, 12, 31), "не бывает")],
)  # fmt: skip
def test_a_date_that_is_no_date_is_said(cell, said):
    with pytest.raises(NotThis, match=said):
        as_day(cell)


def test_columns_stand_in_any_order_under_other_titles():
    rows = [
        ("Склад Тула", None), (),
        ("№", "Ячейка", "ШК", "Наименование", "Кол-во, шт", "Срок годности", "Артикул"),
        (1, "A-01", "460", "Шапка", 3, "", "HAT"), (None, "", "", "только название", "", "", ""),
        (2, "A-02", "", "Шапка", 4, "05.2027", "HAT"),
    ]  # fmt: skip
    table = read_table(rows, RECEIPT)
    assert [tuple(line) for line in table.lines] == [
        (4, "460", 3, "A-01", "", None), (6, "HAT", 4, "A-02", "", date(2027, 5, 31)),
    ]  # fmt: skip
    assert (table.titles_row, table.faults, table.cell(6, Column.QTY)) == (3, (), "E6")


def test_a_move_needs_where_from_and_where_to():
    titles = ("Артикул", "Количество", "Откуда", "Куда")
    table = read_table(
        [titles, ("A", 1, "A-01", "B-02"), ("A", 1, "a-01", "A-01"), ("A", 1, "A-01", "")], MOVE
    )
    assert [tuple(line) for line in table.lines] == [(2, "A", 1, "A-01", "B-02", None)]
    assert [(fault.cell, fault.sentence) for fault in table.faults] == [
        ("D3", "то же место, что и «Откуда»"), ("D4", "место не указано"),
    ]  # fmt: skip
    with pytest.raises(BadInput, match="«Откуда» и «Куда»"):
        read_table([("Артикул", "Количество", "Место"), ("A", 1, "A-01")], MOVE)


def test_a_file_too_long_is_to_be_parted(monkeypatch):
    monkeypatch.setattr(file_lines, "MOST_LINES", 2)
    with pytest.raises(BadInput, match="строк: 3, а за один раз — до 2"):
        read_table([("Артикул", "Количество", "Место"), *[("A", 1, "A-01")] * 3], RECEIPT)


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A7"), (25, "Z7"), (26, "AA7"), (701, "ZZ7"), (702, "AAA7")]
)
def test_cells_are_named_as_excel_names_them(column, name):
    assert cell_name(7, column) == name


@pytest.mark.parametrize(
    ("told", "kind"),
    [(("приход от поставщика",), "RECEIPT"), (("", "Лист1", "spisanie (2).xlsx"), "WRITE_OFF"),
     (("Инвентаризация_ноябрь",), "COUNT"), (("отчёт.csv",), None), (("перемещение", "Приход"), "MOVE")],
)  # fmt: skip
def test_a_file_says_itself_what_it_is_or_does_not(told, kind):
    assert kind_of(*told) == kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_csv_is_read_as_it_was_saved(encoding, delimiter):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([("Артикул", "Место"), ("ШАПКА, синяя", "A;01")])
    rows = read_sheet(text.getvalue().encode(encoding)).rows
    assert rows == [["Артикул", "Место"], ["ШАПКА, синяя", "A;01"]]


def excel(write, sheet="Приход"):
    content = io.BytesIO()
    made = xlsxwriter.Workbook(content, {"in_memory": True})
    write(made.add_worksheet(sheet))
    made.close()
    return content.getvalue()


def test_cells_keep_their_names_where_rows_above_are_empty():
    sheet = read_sheet(excel(lambda page: page.write(3, 2, "Место")))
    assert (sheet.name, len(sheet.rows), sheet.rows[3][2]) == ("Приход", 4, "Место")


def test_a_sheet_that_goes_on_for_ever_is_refused_before_it_is_read():
    with pytest.raises(BadInput, match="больше 50000 строк"):
        read_sheet(excel(lambda page: page.write(1_000_000, 0, "x")))


def test_a_bomb_is_refused_unopened(monkeypatch):
    monkeypatch.setattr(sheets, "LARGEST_UNPACKED", 1_000_000)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as parts:
        for number in range(3):
            parts.writestr(f"xl/worksheets/sheet{number}.xml", bytes(400_000))
    with pytest.raises(BadInput, match="слишком много"):
        read_sheet(content.getvalue())


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(sheets, "LARGEST", 10)
    with pytest.raises(BadInput, match="Файл больше"):
        read_sheet(b"x" * 11)


def test_what_was_typed_is_never_a_formula_in_what_we_hand_out():
    """Somebody else opens that file."""
    rows = [("Артикул", "Количество", "Место", "Заметка"), ('=HYPERLINK("http://x","y")', 0, "+A-01", "@x")]
    table = read_table(rows, RECEIPT)
    back = read_sheet(faults_book(RECEIPT, rows, table, table.faults)).rows
    assert back[1][:4] == ['=HYPERLINK("http://x","y")', 0.0, "+A-01", "@x"]
    assert back[1][4] == "B2: количество — ноль, такую строку удалите"


CELLS = st.one_of(
    st.none(), st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes(),
    st.sampled_from(["Артикул", "Количество", "Место", "Куда", "Годен до", "4601234567893", "A-01"]),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=6), st.sampled_from(sorted(KINDS)))
def test_whatever_stands_in_a_table_is_read_or_refused_in_words(rows, kind):
    titles = ("Артикул", "Количество", "Место", "Куда", "Годен до")
    try:
        table = read_table([titles, *rows], KINDS[kind])
    except BadInput:
        return
    assert len({line.row for line in table.lines} & {fault.row for fault in table.faults}) == 0
    assert all(line.item and 0 <= line.qty <= 999_999 for line in table.lines)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_is_sent_is_a_table_or_refused_in_words(content):
    for begun in (b"", b"PK\x03\x04", "Артикул;Количество;Место\n".encode()):
        try:
            read_table(read_sheet(begun + content).rows, RECEIPT)
        except BadInput:
            continue
