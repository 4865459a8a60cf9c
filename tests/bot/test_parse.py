"""Every wrong input ends in a sentence with an example."""

from datetime import date
from decimal import Decimal

import pytest

from app.bot.parse import (
    CostWords,
    parse_article,
    parse_cost,
    parse_days,
    parse_name,
    parse_period,
    parse_window,
)
from app.core.errors import BadInput

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("said", "days"), [(None, 7), ("", 7), ("1", 1), ("30", 30), ("14 дней", 14), ("730", 730)]
)
def test_days_of_the_pnl(said, days):
    assert parse_days(said) == days


@pytest.mark.parametrize("said", ["0", "-7", "731", "семь", "7.5", "7 8", "9" * 40, "²", "٣", "7 дней назад"])
def test_wrong_days_are_refused_with_an_example(said):
    with pytest.raises(BadInput, match="/pnl 7"):
        parse_days(said)


@pytest.mark.parametrize("said", ["15", "0", "неделя", "-14", "1" * 50])
def test_wrong_windows_are_refused_with_an_example(said):
    with pytest.raises(BadInput, match="/supply 14"):
        parse_window(said)


def test_windows():
    assert (parse_window(None), parse_window("14"), parse_window("28")) == (14, 14, 28)


def test_an_article_may_have_spaces():
    assert parse_article("  кресло   синее ") == "кресло синее"
    assert parse_article("") is None
    with pytest.raises(BadInput, match="/stock"):
        parse_article("x" * 101)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("KRS-42 350", CostWords("KRS-42", Decimal("350.00"), None)),
        ("KRS-42 350,50 с 01.11.2026", CostWords("KRS-42", Decimal("350.50"), date(2026, 11, 1))),
        ("KRS-42 350.5 from 2026-11-01", CostWords("KRS-42", Decimal("350.50"), date(2026, 11, 1))),
        ("KRS-42 350 01.11.2026", CostWords("KRS-42", Decimal("350.00"), date(2026, 11, 1))),
        ("KRS-42 350 с 21.11.26", CostWords("KRS-42", Decimal("350.00"), TODAY)),
        ("KRS-42 350 с 30.12", CostWords("KRS-42", Decimal("350.00"), date(2025, 12, 30))),
        ("кресло синее 42 350 руб", CostWords("кресло синее 42", Decimal("350.00"), None)),
        ("KRS-42 350₽ с 01.11.2026", CostWords("KRS-42", Decimal("350.00"), date(2026, 11, 1))),
    ],
)
def test_costs(said, meant):
    assert parse_cost(said, TODAY) == meant


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "артикул и цена"),
        ("KRS-42", "артикул и цена"),
        ("350", "артикул и цена"),
        ("KRS-42 дорого", "не цена"),
        ("KRS-42 1e5", "не цена"),
        ("KRS-42 nan", "не цена"),
        ("KRS-42 -5", "отрицательной"),
        ("KRS-42 −5", "отрицательной"),
        ("KRS-42 0", "больше нуля"),
        ("KRS-42 10000000.01", "опечатку"),
        ("KRS-42 " + "9" * 60, "опечатку"),
        ("KRS-42 350,505", "копеек"),
        ("KRS-42 350 с 22.11.2026", "не наступило"),
        ("KRS-42 350 с 31.02.2026", "в календаре нет"),
        ("KRS-42 350 с вчера", "не дата"),
        ("KRS-42 350 с 01.01.1999", "слишком давно"),
        ("KRS-42 350 с 01.01.0000", "в календаре нет"),
        ("KRS-42 350 с", "нужна дата"),
    ],
)
def test_wrong_costs_say_what_is_wrong_and_show_an_example(said, why):
    with pytest.raises(BadInput, match=why) as refusal:
        parse_cost(said, TODAY)
    assert "/cost KRS-42 350" in str(refusal.value)


def test_periods_to_recompute():
    assert parse_period(None, TODAY) == (date(2026, 10, 17), date(2026, 11, 20))
    assert parse_period("01.11.2026 15.11.2026", TODAY) == (date(2026, 11, 1), date(2026, 11, 15))
    assert parse_period("с 01.11 по 15.11", TODAY) == (date(2026, 11, 1), date(2026, 11, 15))
    assert parse_period("01.11.2026", TODAY) == (date(2026, 11, 1), date(2026, 11, 20))
    assert parse_period("21.11.2026", TODAY) == (TODAY, TODAY)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("вчера", "не дата"),
        ("15.11.2026 01.11.2026", "позже конца"),
        ("01.11.2026 22.11.2026", "не наступило"),
        ("01.01.2025 20.11.2026", "не больше 400"),
        ("1 2 3", "одна или две"),
        ("32.01.2026", "в календаре нет"),
    ],
)
def test_wrong_periods_say_what_is_wrong(said, why):
    with pytest.raises(BadInput, match=why) as refusal:
        parse_period(said, TODAY)
    assert "/recalc 01.11.2026" in str(refusal.value)


def test_a_leap_day_without_its_year_is_looked_for_in_this_year_only():
    with pytest.raises(BadInput, match="в календаре нет"):
        parse_period("29.02", TODAY)


@pytest.mark.parametrize(
    ("said", "name"),
    [("ИП Иванова", "ИП Иванова"), ("  ООО\n «Лютик» ", "ООО «Лютик»"), ("7", "7"), ("х" * 64, "х" * 64)],
)
def test_a_name_is_one_line_of_words(said, name):
    assert parse_name(said, "") == name


@pytest.mark.parametrize("said", [None, "", "   ", "…", "👍", "х" * 65])
def test_a_name_of_nothing_is_no_name(said):
    with pytest.raises(BadInput, match="Например: ИП"):
        parse_name(said, "Например: ИП")
