"""Figures look the same everywhere: thin groups, a real minus, a dash for what is not known."""

from datetime import date
from decimal import Decimal

import pytest

from app.bot import formats


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("12345"), "12\u202f345\u00a0₽"),
        (Decimal("1234567.89"), "1\u202f234\u202f568\u00a0₽"),
        (Decimal("-12345.20"), "−12\u202f345\u00a0₽"),
        (Decimal("0"), "0\u00a0₽"),
        (Decimal("-0.40"), "0\u00a0₽"),
        (Decimal("0.50"), "0\u00a0₽"),
        (Decimal("1.50"), "2\u00a0₽"),
        (None, "–"),
    ],
)
def test_rubles_are_grouped_thinly_and_keep_a_real_minus(amount, shown):
    assert formats.rub(amount) == shown


def test_kopecks_are_shown_only_where_asked_for():
    assert formats.rub(Decimal("1180"), exact=True) == "1\u202f180,00\u00a0₽"
    assert formats.price(Decimal("350.00")) == "350\u00a0₽"
    assert formats.price(Decimal("350.50")) == "350,50\u00a0₽"


def test_a_currency_is_named_by_its_sign_or_its_code():
    assert formats.money(Decimal(5), "CNY") == "5\u00a0¥"
    assert formats.money(Decimal(5), "AMD") == "5\u00a0AMD"


def test_percents_have_a_comma():
    assert formats.percent(Decimal("38.94")) == "38,9\u00a0%"
    assert formats.percent(Decimal("-12.3"), 0, signed=True) == "−12\u00a0%"
    assert formats.percent(Decimal("12.3"), 0, signed=True) == "+12\u00a0%"
    assert formats.percent(None) == "–"


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 день"), (3, "3 дня"), (11, "11 дней"), (14, "14 дней"), (21, "21 день"), (112, "112 дней")],
)
def test_days_agree_with_their_number(count, words):
    assert formats.days(count).replace("\u00a0", " ") == words


def test_days_that_follow_each_other_are_told_as_one_span():
    days = [date(2026, 11, d) for d in (15, 12, 16, 17)]
    assert formats.spans(days) == "12.11, 15.11–17.11"


def test_many_gaps_are_counted_instead_of_listed():
    days = [date(2026, 11, d) for d in (1, 3, 5, 7, 9, 10, 12)]
    assert formats.spans(days).replace("\u00a0", " ") == "01.11, 03.11, 05.11, 07.11 и ещё 3 дня"


def test_trailing_zeros_of_a_velocity_are_dropped():
    assert formats.short(Decimal("3.4000")) == "3,4"
    assert formats.short(Decimal("10")) == "10"
    assert formats.short(Decimal("100.00")) == "100"


@pytest.mark.parametrize(
    ("page", "pages", "said"), [(0, 1, ""), (0, 2, " · стр. 1/2"), (2, 3, " · стр. 3/3"), (0, 0, "")]
)
def test_the_page_is_told_where_there_are_several(page, pages, said):
    assert formats.of_pages(page, pages) == said
