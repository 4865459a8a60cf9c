"""Payouts and what the marketplace owes now."""

from app.bot import formats
from app.bot.callbacks import MoneyCall
from app.bot.screen import Block, Bold, Line, Screen, key, line, text
from app.bot.views.common import PNL_KEY, freshness_line
from app.services.analytics.reports import BalanceLine, MoneyReport, PayoutLine

SOONER = {
    "WB": "первая появится с недельным отчётом Wildberries",
    "OZON": "первая появится с отчётом Ozon о выплатах за период",
}
"""When the first payout of each marketplace will be told; in the order of the screen."""


def money(report: MoneyReport) -> Screen:
    body: list[Block] = []
    for code, count in sorted(report.cabinets.items(), key=lambda each: list(SOONER).index(each[0])):
        body += _of_marketplace(report, code, named=count > 1)
    return Screen(
        head="Выплаты и остаток",
        body=tuple(body),
        foot=(freshness_line(report.freshness),),
        keys=((key("Обновить", MoneyCall()), PNL_KEY),),
    )


def _of_marketplace(report: MoneyReport, code: str, *, named: bool) -> list[Block]:
    name = formats.marketplace(code)
    balances = [_balance(each, named=named) for each in report.balances if each.marketplace == code]
    payouts = [_payout(each, named=named) for each in report.payouts if each.marketplace == code]
    body: list[Block] = []
    if balances:
        body.append(text(line(Bold(f"Остаток на счёте {name}")), *balances))
    if payouts:
        body.append(text(line(Bold(f"Выплаты {name}")), *payouts))
    if code == "WB" and report.base_tokens:
        body.append(text("Выплат кабинета с базовым токеном Wildberries не показывает."))
    elif not payouts:
        body.append(text(f"Выплат {name} ещё не было: {SOONER[code]}."))
    return body


def _balance(balance: BalanceLine, *, named: bool) -> Line:
    amount = formats.money(balance.current, balance.currency, exact=True)
    out = ""
    if balance.withdrawable is not None:
        out = f", вывести можно {formats.money(balance.withdrawable, balance.currency, exact=True)}"
    return line(f"{amount}{out} · на {formats.day(balance.d)}", f" · {balance.cabinet}" if named else "")


def _payout(payout: PayoutLine, *, named: bool) -> Line:
    amount = formats.money(payout.amount, payout.currency, exact=True)
    tail = f" · {payout.cabinet}" if named else ""
    if payout.marketplace == "OZON":
        # Ozon tells the period that a payment fell into, and no day of it.
        return line(f"за период по {formats.day(payout.d)} — ", Bold(amount), tail)
    week = f" за {formats.span(payout.check.d_from, payout.check.d_to)}" if payout.check else ""
    return line(
        f"{formats.day(payout.d)} — ", Bold(amount), f" · отчёт №{payout.report}{week}", _mark(payout), tail
    )


def _mark(payout: PayoutLine) -> str:
    """Whether our rows add up to it."""
    if payout.check is None or not payout.check.is_here:
        return ""
    if payout.check.is_equal:
        return ", сверено"
    residual = formats.money(payout.check.residual, payout.currency, exact=True)
    return f", расхождение {residual}"
