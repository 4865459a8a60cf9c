"""What a person is shown before goods go: the order in which the ledger would take them."""

from datetime import date

from app.domain.warehouse.nearest import nearest, plain
from app.domain.warehouse.picking import Pile, Take, first_expired_first_out, has_expired

TODAY = date(2026, 11, 20)
SOON, LATE, PAST = date(2026, 12, 1), date(2027, 5, 31), date(2026, 11, 19)


def test_what_expires_first_goes_first_and_what_never_does_last():
    piles = [Pile(1, 0, None, 5), Pile(1, 7, LATE, 5), Pile(2, 8, SOON, 5)]
    assert first_expired_first_out(piles, 12, TODAY) == [Take(2, 5), Take(1, 5), Take(0, 2)]


def test_what_has_expired_goes_to_nobody():
    assert first_expired_first_out([Pile(1, 7, PAST, 5)], 1, TODAY) == []


def test_a_lot_is_good_on_its_last_day():
    assert not has_expired(TODAY, TODAY)
    assert has_expired(PAST, TODAY)
    assert not has_expired(None, TODAY)


def test_where_there_is_less_all_of_it_is_taken():
    assert first_expired_first_out([Pile(1, 0, None, 3), Pile(2, 0, None, 0)], 9, TODAY) == [Take(0, 3)]


def test_of_one_day_the_older_lot_goes_first_and_then_the_older_place():
    piles = [Pile(9, 2, SOON, 1), Pile(3, 2, SOON, 1), Pile(5, 1, SOON, 1)]
    assert [take.pile for take in first_expired_first_out(piles, 3, TODAY)] == [2, 1, 0]


def test_the_code_that_is_spelt_most_alike_comes_first():
    codes = ["B-07-11", "A-01-04", "A-01-03", "КУХНЯ"]
    assert nearest("A-01-3", codes, 2) == ["A-01-03", "A-01-04"]


def test_a_russian_letter_that_looks_like_a_latin_one_is_that_one():
    assert plain("а-01 -03") == plain("A-01-03")
    assert nearest("А-01-03", ["A-01-03", "A-01-04"], 1) == ["A-01-03"]


def test_what_is_not_alike_is_not_offered():
    assert nearest("ЯЩИК", ["A-01-03", "QWXZ"], 5) == []
    assert nearest("ABCDEF", ["FEDXYZ", "FEDCBA"], 5) == []


def test_equally_alike_codes_stand_by_name():
    assert nearest("A-5", ["A-9", "A-1"], 5) == ["A-1", "A-9"]
