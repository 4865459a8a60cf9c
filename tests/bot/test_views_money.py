"""P&L, digest and cost screens against figures worked out by hand."""

from datetime import date

from app.bot import views
from app.bot.views.pnl import LINE_NAMES
from app.domain.finance.settlement import PnlLine
from app.services.analytics.reports import CostSet, SkuLine, TodayReport
from tests.bot.reading import buttons, seen
from tests.bot.reports import ADVICE, DAY, FRESH, PNL, TOTALS, money, replace


def test_the_whole_pnl_reads_like_this():
    assert seen(views.pnl(PNL)) == "\n".join(
        [
            "Прибыль за 7 дней · 14.11–20.11",
            "",
            "Выручка 10 000 ₽",
            "Возвраты −1 000 ₽",
            "Комиссия −2 500 ₽",
            "Логистика −800 ₽",
            "Не разнесено −120 ₽",
            "К выплате 5 579 ₽",
            "Себестоимость −2 000 ₽",
            "Прибыль 3 579 ₽",
            "Маржа 39,8 %",
            "",
            "Продано 10 шт., возвращено 1 шт.",
            "Не разнесено −120,50 ₽: площадка провела операцию, вид которой нам неизвестен.",
            "",
            "данные на 21.11 08:10, реализация до 16.11",
        ]
    )


def test_with_kopecks_the_column_adds_up():
    shown = seen(views.pnl(PNL, exact=True))
    assert "Комиссия −2 500,50 ₽" in shown
    assert "К выплате 5 579,00 ₽" in shown


def test_every_line_of_the_pnl_has_a_word():
    assert set(LINE_NAMES) == set(PnlLine)


def test_an_unknown_cost_is_a_dash_and_never_a_zero():
    unknown = replace(
        TOTALS,
        cogs=None,
        profit=None,
        margin=None,
        cost_coverage=money("0"),
        profit_without_cost=money("5579"),
    )
    shown = seen(views.pnl(replace(PNL, totals=(unknown,))))
    assert "Прибыль неизвестна: нет себестоимости" in shown
    assert "Себестоимость –" in shown
    assert "Прибыль –" in shown
    assert "Маржа –" in shown
    assert "Нет себестоимости ни у одного проданного товара" in shown


def test_a_profit_of_part_of_the_goods_says_of_which_part():
    # 5 579 paid out, of which 579 by goods without a cost; 5 000 − 2 000 = 3 000
    partly = replace(
        TOTALS, profit=money("3000"), cost_coverage=money("83.4"), profit_without_cost=money("579")
    )
    shown = seen(views.pnl(replace(PNL, totals=(partly,))))
    assert "Исключено: нет себестоимости −579 ₽" in shown
    assert "Прибыль 3 000 ₽" in shown
    assert "известна у 83,4 % проданных штук" in shown


def test_goods_without_a_cost_may_have_lost_money_before_it():
    # 5 579 paid out, 421 of it lost on goods without a cost; 6 000 − 2 000 = 4 000
    partly = replace(
        TOTALS, profit=money("4000"), cost_coverage=money("97"), profit_without_cost=money("-421")
    )
    shown = seen(views.pnl(replace(PNL, totals=(partly,))))
    assert "Исключено: нет себестоимости 421 ₽" in shown
    assert "Удержания с остальных больше их выручки на 421 ₽: этот убыток в прибыль не вошёл" in shown
    assert "Расхождение" not in shown


def test_currencies_are_shown_apart_and_never_summed():
    tenge = replace(TOTALS, currency="KZT")
    shown = seen(views.pnl(replace(PNL, totals=(TOTALS, tenge))))
    assert "Валюта: RUB" in shown
    assert "Валюта: KZT" in shown
    assert "К выплате 5 579 ₽" in shown
    assert "К выплате 5 579 ₸" in shown
    assert "11 158" not in shown


def test_money_not_placed_is_shown_even_where_the_lines_lack_it():
    lines = tuple(each for each in TOTALS.lines if each[0] != PnlLine.UNMAPPED)
    shown = seen(views.pnl(replace(PNL, totals=(replace(TOTALS, lines=lines),))))
    assert "Не разнесено −120 ₽" in shown


def test_preliminary_and_missing_days_are_named():
    report = replace(
        PNL,
        days_preliminary=(date(2026, 11, 17), date(2026, 11, 18)),
        days_missing=(date(2026, 11, 15),),
        unplaced_rows=2,
    )
    shown = seen(views.pnl(report))
    assert "Предварительно за 17.11–18.11" in shown
    assert "Нет данных за 15.11." in shown
    assert "Не удалось прочесть 2 строки отчёта" in shown


def test_a_period_without_money_says_so():
    assert "движений денег нет" in seen(views.pnl(replace(PNL, totals=())))


def test_the_period_on_the_screen_is_marked_among_the_buttons():
    assert [each.replace("\xa0", " ") for each in buttons(views.pnl(PNL))[0]] == [
        "1 день",
        "· 7 дней ·",
        "14 дней",
        "30 дней",
    ]
    assert buttons(views.pnl(PNL))[1][0] == "С копейками"
    assert buttons(views.pnl(PNL, exact=True))[1][0] == "Без копеек"


# --- the digest

TODAY = TodayReport(
    organisation="Ромашка",
    yesterday=(DAY,),
    week_before=(
        replace(
            DAY, d=date(2026, 11, 13), revenue_gross=money("10000"), units_returned=0, payout=money("8100")
        ),
    ),
    best=(SkuLine(article="KRS-42", size="46", title="Кресло", marketplace="WB", value=money("900")),),
    losing=(),
    ending=(ADVICE,),
    without_cost=3,
    missing_sources=("wb.finance", "ozon.stock"),
    freshness=FRESH,
)


def test_the_digest_has_its_lines_in_a_fixed_order():
    # 12 345 against 10 000 is +23 %; 8 000 against 8 100 is −1 %, not worth an arrow
    assert seen(views.today(TODAY)) == "\n".join(
        [
            "Ромашка · 20.11",
            "",
            "Вчера (предварительно, реализация ещё не пришла)",
            "🔺 Продажи: 12 шт. на 12 345 ₽ (+23 %)",
            "▫️ Возвраты: 1 шт.",
            "▫️ К выплате: 8 000 ₽ (−1 %)",
            "▫️ Прибыль: –",
            "▫️ Маржа: –",
            "",
            "Лучшие",
            "KRS-42 · 46 WB Кресло · 900 ₽",
            "",
            "Заканчиваются",
            "KRS-42 Ozon · 50 шт., хватит на 5 дней → везти 87 шт.",
            "",
            "Нет себестоимости у 3 товаров: /cost артикул цена",
            "Не пришло: финансовый отчёт WB, остатки Ozon. Подробнее: /status",
            "",
            "данные на 21.11 08:10, реализация до 16.11",
        ]
    )


def test_a_digest_of_nothing_promises_nothing():
    empty = replace(
        TODAY,
        yesterday=(),
        week_before=(),
        best=(),
        ending=(),
        without_cost=0,
        missing_sources=(),
        freshness=replace(FRESH, as_of=None, settled_to=None),
    )
    assert seen(views.today(empty)) == "Ромашка\n\nЗа вчера данных ещё нет.\n\nданных ещё нет"


# --- cost

COST = CostSet(
    change_id=7,
    article="KRS-42",
    skus=2,
    price=money("350.00"),
    previous=None,
    since=date(2026, 11, 1),
    days_touched=20,
)


def test_a_cost_given_says_what_it_was_and_can_be_taken_back():
    screen = views.cost_set(COST)
    shown = seen(screen)
    assert shown.startswith("KRS-42: 350 ₽ с 01.11.2026")
    assert "Было нет себестоимости" in shown
    assert "Размеров 2" in shown
    assert "Пересчитано 20 дней" in shown
    assert buttons(screen)[0][0] == "Отменить"


def test_the_same_cost_again_changes_nothing_and_says_so():
    screen = views.cost_set(replace(COST, previous=money("350")))
    assert "ничего не изменилось" in seen(screen)
    assert buttons(screen) == []


def test_a_cost_taken_back_says_what_holds_again():
    undone = replace(COST, price=money("300"), previous=money("350"))
    assert "Снова действует 300 ₽" in seen(views.cost_undone(undone))
    assert "Себестоимости снова нет" in seen(views.cost_undone(replace(undone, price=None)))
