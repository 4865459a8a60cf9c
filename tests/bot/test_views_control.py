"""Whether the figures are the marketplace's own, and the money it sends, as a person reads it."""

from datetime import date

import pytest

from app.bot import views
from app.bot.views.balance import balance_lines
from app.bot.views.control import account_lines, ads_lines, control_line
from app.domain.finance.settlement import PnlLine
from app.services.analytics.reports import (
    AdsCheck,
    BalanceCheck,
    BalanceLine,
    Control,
    MoneyReport,
    PayoutLine,
    ReportCheck,
)
from tests.bot.reading import buttons, seen
from tests.bot.reports import FRESH, PNL, TOTALS, money, replace

EQUAL = ReportCheck(
    account_id=1,
    report_id=7001,
    d_from=date(2026, 11, 9),
    d_to=date(2026, 11, 15),
    currency="RUB",
    payout=money("53907.27"),
    is_here=True,
    residual=money("0.00"),
    reading=(-1, 1, 0),
    returns_turned=False,
)
BUYOUTS = replace(EQUAL, report_id=7002, payout=money("3034.09"))
OFF = replace(EQUAL, report_id=7003, residual=money("12.30"))


def control(*checks, base=()):
    return Control(checks=checks, base_tokens=base)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, None),
        (control(EQUAL), "Сверено с отчётом WB №7001 до копейки."),
        (control(EQUAL, BUYOUTS), "Сверено с отчётами WB до копейки: 09.11–15.11."),
        (
            control(EQUAL, BUYOUTS, base=(2,)),
            "Сверено с отчётами WB до копейки: 09.11–15.11. Кабинет с базовым токеном не сверен.",
        ),
        (control(EQUAL, OFF), "Расхождение 12,30 ₽ с отчётом WB №7003, подробнее: /status"),
        (
            control(replace(OFF, residual=money("-0.01")), OFF),
            "Расхождение 12,30 ₽ с отчётом WB №7003 и ещё с 1, подробнее: /status",
        ),
        (control(), "Не сверено: отчёт WB за эти дни ещё не пришёл."),
        (control(replace(OFF, is_here=False)), "Не сверено: отчёт WB за эти дни ещё не пришёл."),
        (control(base=(1,)), "Не сверено: токен WB базовый, ему отчёты не показывают."),
    ],
)
def test_one_line_says_whether_it_adds_up(told, said):
    found = control_line(told)
    assert (found.replace("\xa0", " ") if found else found) == said


def test_the_pnl_has_that_line_once():
    shown = seen(views.pnl(replace(PNL, control=control(EQUAL))))
    assert shown.count("Сверено с отчётом WB №7001 до копейки.") == 1


def lines(told, account=1):
    return ["".join(line).replace("\xa0", " ") for line in account_lines(told, account)]


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        ((-1, 1, 0), "строк отчёта не хватает или они лишние"),
        ((1, 1, 0), "в итоге отчёта доплаты прибавлены"),
        ((-1, 0, -1), "в итоге отчёта лояльность не считается, сдвиг выплат вычтен"),
        (None, "итог отчёта не складывается из его же сумм"),
    ],
)
def test_the_status_says_what_would_explain_the_difference(reading, said):
    assert lines(control(EQUAL, replace(OFF, reading=reading))) == [
        "▫️ сверка с отчётами по 15.11: 1 из 2 до копейки",
        f"⚠️ отчёт №7003 за 09.11–15.11: расхождение 12,30 ₽ ({said})",
    ]


def test_a_cabinet_is_told_of_its_own_reports_only():
    others = control(EQUAL, replace(OFF, account_id=2), base=(3,))
    assert lines(others) == ["▫️ сверка с отчётами по 15.11: 1 из 1 до копейки"]
    assert lines(others, 3) == ["   не сверено: токен WB базовый, ему отчёты не показывают"]
    assert lines(others, 4) == lines(None) == []


def test_returns_of_the_other_sign_flag_the_cabinet():
    turned = replace(OFF, returns_turned=True)
    assert "возвраты приходят с обратным знаком" in lines(control(turned))[1]


def test_many_differences_are_counted_not_listed():
    assert lines(control(*[OFF] * 6))[-1] == "   и ещё 2"


ADS = AdsCheck(
    per_order=False,
    d_from=date(2026, 10, 22),
    d_to=date(2026, 11, 20),
    spent=money("12345.67"),
    bonus=money("0.00"),
    residual=money("0.00"),
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "▫️ реклама по кликам за 22.10–20.11: 12 345,67 ₽, в начислениях столько же"),
        (
            {"bonus": money("100.00"), "residual": money("50.10")},
            "⚠️ реклама по кликам за 22.10–20.11: 12 345,67 ₽ и 100,00 ₽ бонусами Ozon, "
            "в начислениях на 50,10 ₽ меньше",
        ),
        (
            {"per_order": True, "residual": money("-2.00")},
            "⚠️ реклама за заказ за 22.10–20.11: 12 345,67 ₽, в начислениях на 2,00 ₽ больше",
        ),
    ],
)
def test_ozons_advertising_stands_beside_its_accruals(changes, said):
    (line,) = ads_lines((replace(ADS, **changes),))
    assert " ".join("".join(line).split()) == said


def test_advertising_of_other_days_is_told_apart_from_the_payout():
    """340 spent and 300 deducted: the lines are 40 below the payout, and still add up to the profit."""
    spent = (*TOTALS.lines, (PnlLine.ADS, money("-340")))
    totals = replace(TOTALS, lines=spent, payout=money("5279"), profit=money("3239"))
    shown = seen(views.pnl(replace(PNL, totals=(totals,))))
    column = [
        line for line in shown.split("\n") if line.startswith(("Итого", "К выплате", "Прибыль ", "Расх"))
    ]
    assert column[1:] == ["Итого 5 239 ₽", "Прибыль 3 239 ₽", "К выплате 5 279 ₽"]
    assert "Реклама здесь — по дням показов; из выплат площадка удерживает её позже." in shown


MONEY = MoneyReport(
    balances=(
        BalanceLine(
            marketplace="WB",
            cabinet="Ромашка",
            d=date(2026, 11, 20),
            currency="RUB",
            current=money("10196.21"),
            withdrawable=money("0"),
        ),
    ),
    payouts=(
        PayoutLine(
            marketplace="WB",
            cabinet="Ромашка",
            d=date(2026, 11, 16),
            amount=money("53907.27"),
            currency="RUB",
            report="7001",
            check=EQUAL,
        ),
        PayoutLine(
            marketplace="WB",
            cabinet="Ромашка",
            d=date(2026, 11, 9),
            amount=money("12.00"),
            currency="RUB",
            report="6001",
            check=replace(OFF, d_from=date(2026, 11, 2), d_to=date(2026, 11, 8)),
        ),
        PayoutLine(
            marketplace="WB",
            cabinet="Ромашка",
            d=date(2026, 11, 2),
            amount=money("5.00"),
            currency="RUB",
            report="5001",
            check=None,
        ),
    ),
    cabinets={"WB": 1, "OZON": 1},
    base_tokens=0,
    freshness=FRESH,
)


def test_the_whole_money_screen_reads_like_this():
    assert seen(views.money(MONEY)) == "\n".join(
        [
            "Выплаты и остаток",
            "",
            "Остаток на счёте WB",
            "10 196,21 ₽, вывести можно 0,00 ₽ · на 20.11",
            "",
            "Выплаты WB",
            "16.11 — 53 907,27 ₽ · отчёт №7001 за 09.11–15.11, сверено",
            "09.11 — 12,00 ₽ · отчёт №6001 за 02.11–08.11, расхождение 12,30 ₽",
            "02.11 — 5,00 ₽ · отчёт №5001",
            "",
            "Выплат Ozon ещё не было: первая появится с отчётом Ozon о выплатах за период.",
            "",
            "данные на 21.11 08:10, реализация до 16.11",
        ]
    )
    assert buttons(views.money(MONEY)) == [["Обновить", "Прибыль"]]


def test_without_payouts_it_says_why():
    nothing = replace(MONEY, balances=(), payouts=())
    assert "Выплат WB ещё не было" in seen(views.money(nothing))
    assert "Ozon" not in seen(views.money(replace(nothing, cabinets={"WB": 1})))
    assert "Wildberries" not in seen(views.money(replace(nothing, cabinets={"OZON": 1})))
    assert "базовым токеном" in seen(views.money(replace(nothing, base_tokens=1)))


def test_payouts_of_ozon_are_of_a_period_and_its_balance_has_its_own_heading():
    (balance,), (payout, *_) = MONEY.balances, MONEY.payouts
    ozon = replace(
        MONEY,
        cabinets={"OZON": 2},
        balances=(replace(balance, marketplace="OZON", withdrawable=None),),
        payouts=(replace(payout, marketplace="OZON", d=date(2026, 11, 15), check=None),),
    )
    assert seen(views.money(ozon)).split("\n")[2:-2] == [
        "Остаток на счёте Ozon",
        "10 196,21 ₽ · на 20.11 · Ромашка",
        "",
        "Выплаты Ozon",
        "за период по 15.11 — 53 907,27 ₽ · Ромашка",
    ]


TIE = BalanceCheck(
    account_id=1,
    currency="RUB",
    d_from=date(2026, 10, 6),
    d_to=date(2026, 11, 19),
    residuals=(),
    gaps=(),
)


def test_a_balance_says_whether_it_is_what_was_booked():
    def said(**changes: object) -> list[str]:
        checks = [replace(TIE, account_id=2), replace(TIE, **changes)]
        return ["".join(map(str, line)) for line in balance_lines(checks, 1)]

    assert said() == ["▫️ начисления за 06.10–19.11 сходятся с балансом до копейки"]
    days = ((date(2026, 11, 14), money("12.30")), (date(2026, 11, 16), money("-12.30")))
    assert said(residuals=days) == ["⚠️ баланс и начисления расходятся на 24,60\xa0₽: 14.11, 16.11"]
    assert said(gaps=days[:1]) == ["⚠️ баланс Ozon не складывается из его же сумм на 12,30\xa0₽: 14.11"]


def test_several_cabinets_are_named():
    assert seen(views.money(replace(MONEY, cabinets={"WB": 2}))).count("Ромашка") == 4
