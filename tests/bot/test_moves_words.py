"""What a storekeeper's line says, whatever the order of its words; what cannot be is told, not refused."""

from datetime import date

import pytest

from app.bot.parse_moves import read_document, read_words
from app.core.errors import BadInput
from app.services.warehouse.said import Kind, Slot

TODAY = date(2026, 11, 20)
BARCODE = "4601234567893"


def read(said, kind=Kind.RECEIVE):
    return read_words(kind, said, TODAY)


def wrong(said, kind=Kind.RECEIVE):
    """(what it was said of, the sentence)."""
    (only,) = read(said, kind).wrong
    return only


@pytest.mark.parametrize(
    "said",
    [
        f"{BARCODE} 20 A-01-03 до 2027-05-31",
        f"{BARCODE} 20 A-01-03 до 31.05.2027",
        f"{BARCODE} 20 шт. A-01-03 до 05.2027",
        f"{BARCODE} 20шт A-01-03 31.05.27",
        f"до 31.05.2027 {BARCODE}  20 A-01-03",
        f"{BARCODE} 20 A-01-03 годен до 31.05",
    ],
)
def test_the_same_thing_may_be_said_in_many_ways(said):
    words = read(said)
    assert (set(words.free), words.by, words.wrong) == ({BARCODE, "20", "A-01-03"}, date(2027, 5, 31), ())


def test_a_month_is_its_last_day():
    assert read("до 02.2028").by == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("до завтра", "«завтра» — не дата"),
        ("до 31.02.2027", "Дня 31.02.2027 в календаре нет"),
        ("31.02.2027", "Дня 31.02.2027 в календаре нет"),
        ("до 2027-13-01", "в календаре нет"),
        ("до 13.2027", "в календаре нет"),
        ("KRS-42 20 до", "После «до» нужна дата"),
    ],
)
def test_a_date_that_is_no_date_is_told_with_an_example(said, sentence):
    slot, told = wrong(said)
    assert slot is Slot.EXPIRES
    assert sentence in told
    assert "до 31.05.2027" in told


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("0", "Ноль штук"),
        ("-5", "не бывает отрицательным"),
        ("−5", "не бывает отрицательным"),
        ("2,5", "«2,5» — не целое число"),
        ("2.5", "«2.5» — не целое число"),
        ("31.05", "Дату пишут с «до»"),
        ("1000000", "слишком много за один раз: не больше 100\u202f000"),
        ("100001", "слишком много"),
    ],
)
def test_a_quantity_that_cannot_be_is_told(said, sentence):
    slot, told = wrong(said)
    assert slot is Slot.QTY
    assert sentence in told


def test_the_most_is_taken_and_a_count_may_be_of_nothing():
    assert read("100000").free == ("100000",)
    assert read("0", Kind.COUNT).free == ("0",)


def test_a_long_number_is_a_barcode_and_no_quantity():
    assert read(f"{BARCODE} 46012345").free == (BARCODE, "46012345")


def test_a_code_of_marked_goods_stays_one_word():
    code = "0104601234567893215abcd\x1d91EE06\x1d92tail"
    assert read(f"{code}\u00a020 A-01-03").free == (code, "20", "A-01-03")


def test_sides_are_told_by_small_words():
    words = read("KRS-42 5 из A-01 в B-02", Kind.MOVE)
    assert (words.free, words.source, words.target) == (("KRS-42", "5"), "A-01", "B-02")


@pytest.mark.parametrize(
    ("said", "market", "supply"),
    [
        ("KRS-42 5 на WB 12345678", "WB", "12345678"),
        ("KRS-42 5 на вб №12345678", "WB", "12345678"),
        ("на Озон 2000012345 KRS-42 5", "OZON", "2000012345"),
        ("KRS-42 5 на ozon", "OZON", ""),
    ],
)
def test_goods_go_to_a_marketplace_under_its_number(said, market, supply):
    words = read(said, Kind.SHIP)
    assert (words.free, words.market, words.supply) == (("KRS-42", "5"), market, supply)


@pytest.mark.parametrize("said", ["#17", "№17", "№ 17", "резерв 17", "резерв №17"])
def test_a_promise_has_its_number(said):
    assert read(said, Kind.SHIP).hold_id == 17
    assert read(said, Kind.RECEIVE).hold_id is None


def test_a_promise_may_have_a_term():
    assert read("KRS-42 5 на 3 дня", Kind.RESERVE).by == date(2026, 11, 23)
    assert read("KRS-42 5 до 25.11.2026", Kind.RESERVE).by == date(2026, 11, 25)
    assert wrong("KRS-42 5 на 400 дней", Kind.RESERVE)[0] is Slot.UNTIL
    assert wrong("KRS-42 5 до послезавтра", Kind.RESERVE)[0] is Slot.UNTIL


def test_goods_may_have_no_last_day():
    assert read("KRS-42 5 A-01 без срока").no_expiry


def test_a_document_is_named_by_its_number():
    assert read_document(None) is None
    assert read_document(" №42 ") == 42
    with pytest.raises(BadInput, match="не номер документа"):
        read_document("приход")
    with pytest.raises(BadInput):
        read_document("9" * 30)
