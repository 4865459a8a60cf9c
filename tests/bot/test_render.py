"""The renderer: escaped once, never over Telegram's limit, nothing cut without a word."""

from datetime import UTC, datetime

from app.bot.render import TEXT_LIMIT, utf16
from app.bot.screen import Bold, Fact, Facts, Moment, Mono, Screen, Table, key, text
from tests.bot.reading import RENDER, buttons, seen


def test_a_name_with_markup_in_it_is_shown_as_it_is():
    screen = Screen(head="A & B <b>", body=(text(("<i>", Bold("1 < 2"), Mono("&amp;"))),))
    drawn = RENDER(screen).text
    assert drawn == "<b>A &amp; B &lt;b&gt;</b>\n\n&lt;i&gt;<b>1 &lt; 2</b><code>&amp;amp;</code>"


def test_facts_stand_under_each_other_with_figures_to_the_right():
    screen = Screen(head="x", body=(Facts((Fact("Выручка", "10"), Fact("Возвраты", "−1"))),))
    assert RENDER(screen).text == "<b>x</b>\n\n<pre>Выручка   10\nВозвраты  −1</pre>"


def test_a_table_is_aligned_and_a_long_one_says_how_much_is_left_out():
    rows = tuple((f"Склад {n}", str(n)) for n in range(1000))
    drawn = RENDER(Screen(head="x", body=(Table(("Склад", "шт."), rows),), foot=(("конец",),))).text
    plain = seen(Screen(head="x", body=(Table(("Склад", "шт."), rows),), foot=(("конец",),)))
    assert utf16(plain) <= TEXT_LIMIT
    assert drawn.count("<pre>") == drawn.count("</pre>") == 1
    told = next(line for line in plain.split("\n") if line.startswith("…ещё"))
    shown = sum(1 for line in plain.split("\n") if line.startswith("Склад "))
    # 1000 rows and a heading row, which also begins with "Склад "
    assert told == f"…ещё {1001 - shown} строк" or told.startswith(f"…ещё {1001 - shown} стро")
    assert plain.endswith("конец")


def test_emoji_count_as_two_as_telegram_counts_them():
    screen = Screen(head="x", body=(text(*["🔺" * 100 for _ in range(40)]),))
    assert utf16(seen(screen)) <= TEXT_LIMIT
    assert "…ещё" in seen(screen)


def test_an_endless_sentence_of_a_marketplace_is_clipped():
    assert utf16(seen(Screen(head="x", body=(text("я" * 100_000),)))) < 600


def test_an_instant_is_told_in_the_readers_zone():
    screen = Screen(head="x", foot=(("на ", Moment(datetime(2026, 11, 20, 23, 10, tzinfo=UTC))),))
    assert seen(screen).endswith("на 21.11 02:10")


def test_a_demo_says_so_in_its_first_line():
    assert seen(Screen(head="Остатки"), is_demo=True) == "ДЕМО · Остатки"


def test_empty_rows_of_keys_are_not_sent():
    assert buttons(Screen(head="x", keys=((), (key("Да", "y"),)))) == [["Да"]]
    assert RENDER(Screen(head="x", keys=((),))).keyboard is None
