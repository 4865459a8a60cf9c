"""The P&L: totals first, then a line per kind of money, down to the profit."""

from decimal import Decimal

from app.bot import formats
from app.bot.callbacks import MoneyCall, PnlCall
from app.bot.screen import Block, Bold, Fact, Key, Line, Screen, fact, facts, key, text
from app.bot.views.closing import closing_line
from app.bot.views.common import STATUS_KEY, TODAY_KEY, chosen, freshness_line
from app.bot.views.control import control_line
from app.domain.finance.settlement import PnlLine
from app.services.analytics.reports import PnlReport, PnlTotals

PERIODS = (1, 7, 14, 30)

LINE_NAMES = {
    PnlLine.SALE: "Выручка",
    PnlLine.RETURN: "Возвраты",
    PnlLine.COMMISSION: "Комиссия",
    PnlLine.ACQUIRING: "Эквайринг",
    PnlLine.LOGISTICS: "Логистика",
    PnlLine.RETURN_LOGISTICS: "Обратная логистика",
    PnlLine.STORAGE: "Хранение",
    PnlLine.ACCEPTANCE: "Приёмка",
    PnlLine.INBOUND: "Доставка на склад",
    PnlLine.ADS: "Реклама",
    PnlLine.PROMO: "Акции",
    PnlLine.LOYALTY: "Лояльность",
    PnlLine.SUBSCRIPTION: "Подписки",
    PnlLine.PENALTY: "Штрафы",
    PnlLine.DEDUCTION: "Удержания",
    PnlLine.COMPENSATION: "Компенсации",
    PnlLine.CORRECTION: "Корректировки",
    PnlLine.RFBS: "Доставка rFBS",
    PnlLine.OTHER: "Прочее",
    PnlLine.FINANCING: "Займы и авансы",
    PnlLine.UNMAPPED: "Не разнесено",
}


def pnl(report: PnlReport, *, exact: bool = False) -> Screen:
    """``exact`` shows kopecks: there the column adds up to the last digit."""
    length = (report.d_to - report.d_from).days + 1
    body: list[Block] = []
    for totals in report.totals:
        body += _currency(totals, exact=exact, named=len(report.totals) > 1)
    if not report.totals:
        body.append(text("За этот период движений денег нет."))
    body.append(text(*_reservations(report)))
    return Screen(
        head=f"Прибыль за {formats.days(length)} · {formats.span(report.d_from, report.d_to)}",
        body=tuple(body),
        foot=(freshness_line(report.freshness),),
        keys=_keys(length, exact),
    )


def _currency(totals: PnlTotals, *, exact: bool, named: bool) -> list[Block]:
    """One currency. Several are shown one after another and never summed."""
    blocks: list[Block] = []
    if named:
        blocks.append(text((Bold(f"Валюта: {totals.currency}"),)))
    if totals.profit is None:
        blocks.append(text((Bold("Прибыль неизвестна: нет себестоимости"),)))
    return [*blocks, facts(_column(totals, exact)), text(*_notes(totals))]


def _column(totals: PnlTotals, exact: bool) -> list[Fact]:
    """The lines that are not zero, in the order of the enum, then what they add up to."""
    amounts = dict(totals.lines)
    if totals.unmapped and PnlLine.UNMAPPED not in amounts:
        amounts[PnlLine.UNMAPPED] = totals.unmapped

    def row(label: str, amount: Decimal | None) -> Fact:
        return fact(label, formats.money(amount, totals.currency, exact=exact))

    column = [row(name, amounts[line]) for line, name in LINE_NAMES.items() if amounts.get(line)]
    booked = _booked(totals)
    # Advertising stands on the days it was spent, and is deducted on others.
    is_paid_out = booked == totals.payout
    column.append(row("К выплате" if is_paid_out else "Итого", booked))
    column.append(row("Себестоимость", None if totals.cogs is None else -totals.cogs))
    if totals.cogs is not None:
        financing = amounts.get(PnlLine.FINANCING, Decimal())
        if financing:
            column.append(row("Без займов", -financing))
        if totals.profit_without_cost:
            column.append(row("Исключено: нет себестоимости", -totals.profit_without_cost))
        if totals.profit is not None and (residual := _residual(totals, booked - financing)):
            column.append(row("Расхождение", residual))
    column.append(row("Прибыль", totals.profit))
    column.append(fact("Маржа", formats.percent(totals.margin)))
    if not is_paid_out:
        column.append(row("К выплате", totals.payout))
    return column


def _residual(totals: PnlTotals, earned: Decimal) -> Decimal:
    """What the column lacks to add up to the profit: shown, never hidden. Zero in a sound book."""
    parts = earned - totals.profit_without_cost - (totals.cogs or Decimal())
    return (totals.profit or Decimal()) - parts


def _booked(totals: PnlTotals) -> Decimal:
    """What all lines add up to."""
    lines = dict(totals.lines)
    return sum(lines.values(), Decimal() if PnlLine.UNMAPPED in lines else totals.unmapped)


def _notes(totals: PnlTotals) -> list[Line | str]:
    notes: list[Line | str] = [
        f"Продано {formats.pieces(totals.units_sold)}, возвращено {formats.pieces(totals.units_returned)}"
    ]
    if totals.cogs is None and totals.units_sold:
        notes.append("Нет себестоимости ни у одного проданного товара. Задать: /cost артикул цена")
    elif totals.cost_coverage is not None and totals.cost_coverage < 100:
        notes.append(
            f"Нет себестоимости у части товаров: известна у {formats.percent(totals.cost_coverage)} "
            f"проданных штук. {_left_out(totals)} /cost артикул цена"
        )
    if _booked(totals) != totals.payout:
        notes.append("Реклама здесь — по дням показов; из выплат площадка удерживает её позже.")
    if totals.unmapped:
        amount = formats.money(totals.unmapped, totals.currency, exact=True)
        notes.append(f"Не разнесено {amount}: площадка провела операцию, вид которой нам неизвестен.")
    return notes


def _left_out(totals: PnlTotals) -> str:
    """What goods without a cost brought before it; they may have cost more in fees than they sold for."""
    amount = formats.money(abs(totals.profit_without_cost), totals.currency)
    if totals.profit_without_cost < 0:
        return f"Удержания с остальных больше их выручки на {amount}: этот убыток в прибыль не вошёл."
    return f"Остальные принесли {amount}, в прибыль это не вошло."


def _reservations(report: PnlReport) -> list[Line | str]:
    """What is not final about the period."""
    said: list[Line | str] = []
    if report.totals and (checked := control_line(report.control)):
        said.append(checked)
    if report.totals and (checked := closing_line(report.months)):
        said.append(checked)
    if report.days_preliminary:
        days = formats.spans(report.days_preliminary)
        said.append(f"Предварительно за {days}: реализация не пришла, цифры изменятся.")
    if report.days_missing:
        said.append(f"Нет данных за {formats.spans(report.days_missing)}.")
    if report.unplaced_rows:
        rows = formats.plural(report.unplaced_rows, "строку", "строки", "строк")
        said.append(f"Не удалось прочесть {rows} отчёта: в сумму не вошли, см. /status")
    return said


def _keys(length: int, exact: bool) -> tuple[tuple[Key, ...], ...]:
    periods = tuple(key(chosen(formats.days(n), n == length), PnlCall(days=n, exact=exact)) for n in PERIODS)
    flip = key("Без копеек" if exact else "С копейками", PnlCall(days=length, exact=not exact))
    return periods, (flip, key("Выплаты", MoneyCall())), (TODAY_KEY, STATUS_KEY)
