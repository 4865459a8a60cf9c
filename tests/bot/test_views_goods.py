"""Stock and supply screens: what is known is shown, what is advised adds up."""

from app.bot import views
from app.bot.callbacks import CardCall, card_call
from app.bot.views.supply import equation
from tests.bot.reading import RENDER, buttons, seen
from tests.bot.reports import ADVICE, FRESH, STOCK, STOCK_LINE, SUPPLY, money, replace


def test_the_stock_list_shows_totals_then_goods():
    assert seen(views.stock(STOCK)) == "\n".join(
        [
            "Остатки · 20.11",
            "",
            "Товаров 1",
            "Остаток 12 шт.",
            "В пути 5 шт.",
            "",
            "KRS-42 · 46 WB Кресло <мягкое>",
            "12 шт. · в пути 5 · хватит на 3 дня · 3,4 в день",
            "",
            "данные на 21.11 08:10, реализация до 16.11",
        ]
    )


def test_a_title_with_a_bracket_is_escaped_in_the_markup():
    assert "Кресло &lt;мягкое&gt;" in RENDER(views.stock(STOCK)).text


def test_goods_without_sales_have_no_cover():
    shown = seen(views.stock(replace(STOCK, lines=(replace(STOCK_LINE, cover_days=None, velocity=None),))))
    assert "12 шт. · в пути 5 · нет продаж" in shown


def test_the_list_can_be_paged_and_opened():
    sizes = (STOCK_LINE, replace(STOCK_LINE, size="48"), replace(STOCK_LINE, article="X", size=""))
    screen = views.stock(replace(STOCK, lines=sizes, page=1, pages=3))
    assert buttons(screen)[0] == ["KRS-42", "X"]
    assert buttons(screen)[1] == ["← 1", "3 →"]
    assert "стр. 2/3" in seen(screen)


def test_the_card_of_an_article_shows_its_warehouses():
    shown = seen(views.stock(replace(STOCK, asked="KRS-42")))
    assert shown.startswith("Остатки KRS-42 · 20.11")
    assert "Коледино 10 5" in shown
    assert "склад не указан 2 0" in shown


def test_an_article_too_long_for_a_button_has_none():
    assert card_call("А" * 28) is None
    assert card_call("a|b") is None
    packed = card_call("арт:1")
    assert packed is not None
    assert CardCall.unpack(packed.pack()).article == "арт:1"


def test_advice_shows_a_sum_that_adds_up():
    shown = seen(views.supply(SUPPLY))
    assert "KRS-42: 87 шт. Ozon Кресло" in shown
    assert "спрос 140 + запас 17 − остаток 50 − в пути 20 = 87" in shown
    assert "Хоругвино 60, Казань 27" in shown
    assert "Всего 87 шт., 1 товар." in shown


def test_rounding_is_shown_as_an_arrow():
    # 3.39 × 14 = 47.46; + 9 − 12 − 0 = 44.46 → 44
    advice = replace(ADVICE, demand=money("47.46"), safety=9, on_hand=12, in_transit=0, qty=44)
    assert equation(advice) == "спрос 47,46 + запас 9 − остаток 12 − в пути 0 = 44,46 → 44"


def test_too_much_stock_is_advised_as_nothing_and_the_sum_stays_negative():
    advice = replace(ADVICE, demand=money("10"), safety=0, on_hand=50, in_transit=0, qty=0)
    assert equation(advice).endswith("= −40 → 0")


def test_windows_are_buttons_and_the_current_one_is_marked():
    rows = buttons(views.supply(SUPPLY))
    assert [cell.replace("\u00a0", " ") for cell in rows[0]] == ["· 14 дней ·", "28 дней"]


def test_nothing_to_send_says_why():
    empty = replace(SUPPLY, lines=(), total_qty=0, total_skus=0, freshness=FRESH)
    assert "Везти ничего не нужно" in seen(views.supply(empty))
