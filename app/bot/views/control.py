"""Whether our figures are the marketplace's own: one line under the P&L, the details in the status."""

from decimal import Decimal

from app.bot import formats
from app.bot.screen import Line, line
from app.services.analytics.reports import AdsCheck, Control, ReportCheck

BASE_TOKEN = "Не сверено: токен WB базовый, ему отчёты не показывают"
TURNED = "возвраты приходят с обратным знаком: выручка завышена, покажите это администратору Ambar"
LISTED = 4
CLOSE = Decimal(1)
"""Rubles between advertising's own figures and the accruals: one rounds by campaign, the other by day."""

_SIGNS = (
    ("доплаты", {1: "прибавлены", -1: "вычтены"}, -1),
    ("лояльность", {0: "не считается"}, 1),
    ("сдвиг выплат", {1: "прибавлен", -1: "вычтен"}, 0),
)
"""Part of the payout, how it enters, and how we book it."""


def control_line(control: Control | None) -> str | None:
    """«Сверено с отчётом WB №123 до копейки»; None where there is nothing to compare with."""
    if control is None:
        return None
    here = [each for each in control.checks if each.is_here]
    wrong = [each for each in here if not each.is_equal]
    if wrong:
        worst = max(wrong, key=lambda each: abs(each.residual))
        more = f" и ещё с {len(wrong) - 1}" if len(wrong) > 1 else ""
        return f"Расхождение {_amount(worst)} с отчётом WB №{worst.report_id}{more}, подробнее: /status"
    if not here:
        if control.base_tokens:
            return f"{BASE_TOKEN}."
        return "Не сверено: отчёт WB за эти дни ещё не пришёл."
    if len(here) == 1:
        return f"Сверено с отчётом WB №{here[0].report_id} до копейки."
    days = formats.span(here[0].d_from, max(each.d_to for each in here))
    unread = ". Кабинет с базовым токеном не сверен" if control.base_tokens else ""
    return f"Сверено с отчётами WB до копейки: {days}{unread}."


def account_lines(control: Control | None, account_id: int) -> list[Line]:
    """Of one cabinet: what does not add up, report by report, or how many do."""
    if control is None:
        return []
    if account_id in control.base_tokens:
        return [line(f"   {BASE_TOKEN[0].lower()}{BASE_TOKEN[1:]}")]
    here = [each for each in control.checks if each.account_id == account_id and each.is_here]
    if not here:
        return []
    wrong = [each for each in here if not each.is_equal]
    equal = len(here) - len(wrong)
    upto = formats.day(max(each.d_to for each in here))
    lines = [line(f"▫️ сверка с отчётами по {upto}: {equal} из {len(here)} до копейки")]
    if any(each.returns_turned for each in wrong):
        lines.append(line(f"⚠️ {TURNED}"))
    lines += [line(f"⚠️ {report_line(each)}") for each in wrong[-LISTED:]]
    if len(wrong) > LISTED:
        lines.append(line(f"   и ещё {len(wrong) - LISTED}"))
    return lines


def ads_lines(checks: tuple[AdsCheck, ...]) -> list[Line]:
    """«реклама по кликам за 22.10–20.11: 12 345,67 ₽, в начислениях столько же»; Ozon's bonuses by name."""
    lines = []
    for each in checks:
        how = "за заказ" if each.per_order else "по кликам"
        spent = formats.rub(each.spent, exact=True)
        bonus = f" и {formats.rub(each.bonus, exact=True)} бонусами Ozon" if each.bonus else ""
        is_equal = abs(each.residual) < CLOSE
        told = "столько же" if is_equal else f"на {formats.rub(abs(each.residual), exact=True)} "
        if not is_equal:
            told += "меньше" if each.residual > 0 else "больше"
        days = formats.span(each.d_from, each.d_to)
        mark = "▫️" if is_equal else "⚠️"
        lines.append(line(f"{mark} реклама {how} за {days}: {spent}{bonus}, в начислениях {told}"))
    return lines


def report_line(check: ReportCheck) -> str:
    """«отчёт №123 за 09.11–15.11: расхождение 12,30 ₽»."""
    name = f"отчёт №{check.report_id} за {formats.span(check.d_from, check.d_to)}"
    said = _reading(check)
    return f"{name}: расхождение {_amount(check)}" + (f" ({said})" if said else "")


def _reading(check: ReportCheck) -> str:
    """What would explain it, as far as the header itself tells."""
    if not check.residual:
        return ""
    if check.reading is None:
        return "итог отчёта не складывается из его же сумм"
    told = zip(_SIGNS, check.reading, strict=True)
    parts = [f"{name} {words[sign]}" for (name, words, ours), sign in told if sign != ours]
    return "в итоге отчёта " + ", ".join(parts) if parts else "строк отчёта не хватает или они лишние"


def _amount(check: ReportCheck) -> str:
    return formats.money(check.residual, check.currency, exact=True)
