"""Payouts and what the marketplace owes now."""

from app.bot import formats
from app.bot.callbacks import MoneyCall
from app.bot.screen import Block, Bold, Line, Screen, key, line, text
from app.bot.views.common import PNL_KEY, freshness_line
from app.services.analytics.reports import BalanceLine, MoneyReport, PayoutLine


def money(report: MoneyReport) -> Screen:
    named = report.cabinets > 1
    body: list[Block] = []
    if report.balances:
        lines = [_balance(each, named=named) for each in report.balances]
        body.append(text(line(Bold("Остаток на счёте WB")), *lines))
    if report.payouts:
        lines = [_payout(each, named=named) for each in report.payouts]
        body.append(text(line(Bold("Выплаты WB")), *lines))
    if report.base_tokens:
        body.append(text("Выплат кабинета с базовым токеном Wildberries не показывает."))
    elif not report.payouts:
        body.append(text("Выплат ещё не было: первая появится с недельным отчётом Wildberries."))
    if report.ozon:
        body.append(text("Выплат и остатка Ozon здесь пока нет."))
    return Screen(
        head="Выплаты и остаток",
        body=tuple(body),
        foot=(freshness_line(report.freshness),),
        keys=((key("Обновить", MoneyCall()), PNL_KEY),),
    )


def _balance(balance: BalanceLine, *, named: bool) -> Line:
    amount = formats.money(balance.current, balance.currency, exact=True)
    out = ""
    if balance.withdrawable is not None:
        out = f", вывести можно {formats.money(balance.withdrawable, balance.currency, exact=True)}"
    return line(f"{amount}{out} · на {formats.day(balance.d)}", f" · {balance.cabinet}" if named else "")


def _payout(payout: PayoutLine, *, named: bool) -> Line:
    amount = formats.money(payout.amount, payout.currency, exact=True)
    week = f" за {formats.span(payout.check.d_from, payout.check.d_to)}" if payout.check else ""
    tail = f" · {payout.cabinet}" if named else ""
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
