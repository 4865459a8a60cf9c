"""Whether a month of Ozon is what its realization report says: a line under the P&L, a line a month in the
status."""

from collections.abc import Sequence

from app.bot import formats
from app.bot.screen import Line, line
from app.services.analytics.reports import MonthCheck

MONTHS = (
    *("январь", "февраль", "март", "апрель", "май", "июнь"),
    *("июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"),
)

PARTS = ("продажи", "возвраты", "комиссия")


def closing_line(months: Sequence[MonthCheck]) -> str | None:
    """«Сверено с отчётом о реализации Ozon за октябрь 2026»; None where there is nothing to compare."""
    whole = [each for each in months if each.is_whole]
    wrong = [each for each in whole if not each.is_equal]
    if wrong:
        more = f" (и ещё: {len(wrong) - 1})" if len(wrong) > 1 else ""
        return f"Расхождение с отчётом о реализации Ozon за {_named(wrong[-1])}{more}, подробнее: /status"
    if whole:
        named = ", ".join(dict.fromkeys(map(_named, whole)))
        return f"Сверено с отчётом о реализации Ozon до копейки: {named}."
    return f"Не сверено: {_why_not(months[-1])}." if months else None


def month_lines(months: Sequence[MonthCheck], account_id: int) -> list[Line]:
    """Of one cabinet, month by month."""
    return [line(f"{_mark(each)} {month_line(each)}") for each in months if each.account_id == account_id]


def month_line(check: MonthCheck) -> str:
    """«октябрь 2026: расхождение с отчётом о реализации, продажи 12,30 ₽»."""
    if check.residual is None or not check.is_whole:
        return f"{_named(check)}: не сверено, {_why_not(check)}"
    if check.is_equal:
        return f"{_named(check)}: сверено с отчётом о реализации до копейки"
    told = zip(PARTS, check.residual, strict=True)
    parts = [f"{part} {formats.money(rubles, check.currency, exact=True)}" for part, rubles in told if rubles]
    return f"{_named(check)}: расхождение с отчётом о реализации, {', '.join(parts)}"


def _mark(check: MonthCheck) -> str:
    return "⚠️" if check.is_whole and not check.is_equal else "▫️"


def _why_not(check: MonthCheck) -> str:
    if check.residual is None:
        return f"отчёта о реализации Ozon за {_named(check)} ещё нет, ждём с {formats.full_day(check.out_on)}"
    return (
        f"начисления Ozon за {_named(check)} прочитаны не все, не хватает {formats.days(check.days_missing)}"
    )


def _named(check: MonthCheck) -> str:
    return f"{MONTHS[check.month.month - 1]} {check.month.year}"
