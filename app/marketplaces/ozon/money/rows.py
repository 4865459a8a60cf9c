"""The balance of a day, its control totals, and payouts, as plain rows."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import structlog

from app.marketplaces.ozon.accruals.rows import PERIOD
from app.marketplaces.ozon.money.calls import BALANCE, CASH_FLOWS
from app.marketplaces.ozon.money.wire import Balance, Flows, Goods, Statement, Total, statements_of
from app.marketplaces.rows import BalanceRow, CashflowRow, ReportRow
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.wire import ZERO, parse_json, payload, read_rows, readable_day

PAYOUT, LOAN = "payout", "loan"

log = structlog.get_logger(__name__)


def normalise_balance(pages: Sequence[Page]) -> Normalised:
    """A balance a day, and a report that the day's accruals must add up to.

    The report stands under the number of the day's accruals. ``payout`` is what was accrued, ``for_pay`` the
    goods' part of it (sales, returns, Ozon's fee), ``deduction`` the services; ``schedule`` is what was paid
    out, ``additional`` by how much the day's own sums miss its closing balance.
    """
    out = Normalised()
    for page in pages:
        d = asked_day(page)

        def refuse(raw: Any, reason: str, d: date = d) -> None:
            out.unplaced.append(Unplaced(f"balance:{d}", reason, payload(raw), None, "", d))

        for raw, told in read_rows([parse_json(page.body, BALANCE.budget)], Balance, refuse):
            currency = told.total.closing.currency.upper() or "RUB"
            out.balances.append(BalanceRow(d, currency, told.total.closing.value, None))
            # What it is made of may be odd: the balance is known all the same.
            for _, flows in read_rows([raw.get("cashflows") or {}], Flows, refuse):
                out.reports.append(_control(d, currency, told.total, flows))
    return out


def asked_day(page: Page) -> date:
    """The day a balance was asked for: the reply does not say."""
    return date.fromisoformat(json.loads(page.key.params)["body"]["date_from"])


def _control(d: date, currency: str, total: Total, flows: Flows) -> ReportRow:
    paid, gap = paid_out(total)
    if gap:
        log.warning("balance_does_not_add_up", day=str(d), gap=str(gap))
    traded = [each for each in (flows.sales, flows.returns) if each]
    services = [each.amount.value for each in flows.services if each.amount]
    return ReportRow(
        period=PERIOD,
        report_id=int(f"{d:%Y%m%d}"),
        d_from=d,
        d_to=d,
        created_on=None,
        kind=0,
        currency=currency,
        retail_amount=sum((each.amount.value for each in traded if each.amount), ZERO),
        for_pay=sum((_kept(each) for each in traded), ZERO),
        delivery=ZERO,
        storage=ZERO,
        acceptance=ZERO,
        deduction=-sum(services, ZERO),
        penalty=ZERO,
        additional=gap,
        cashback_amount=ZERO,
        cashback_discount=ZERO,
        cashback_commission=ZERO,
        schedule=paid,
        payout=total.accrued.value,
    )


def _kept(goods: Goods) -> Decimal:
    return sum((each.value for each in (goods.amount, goods.fee) if each), ZERO)


def paid_out(total: Total) -> tuple[Decimal, Decimal]:
    """What was paid out, and by how much the closing balance is missed.

    opening + accrued - paid = closing. Payments are told negative in one live reply of the statement, and
    of the balance none was published: either sign is believed if the sums then add up (facts/ozon.md 10.4).
    """
    due = total.opening.value + total.accrued.value - total.closing.value
    told = sum((each.value for each in total.payments), ZERO)
    if told in (due, -due):
        return due, ZERO
    paid = -told if told < 0 else told
    return paid, paid - due


def normalise_cash_flows(pages: Sequence[Page], d_from: date, d_to: date) -> Normalised:
    """What reached the seller's bank, under the last day of its statement's period: Ozon tells no other.

    A period that is not over is told again once it is.
    """
    out = Normalised()
    seen: set[str] = set()

    def refuse(raw: Any, reason: str) -> None:
        period = raw.get("period") if isinstance(raw, dict) else None
        key = str(period.get("id", "")) if isinstance(period, dict) else ""
        told = Unplaced(f"statement:{key}", reason, payload(raw), None, "RUB", readable_day(period, "end"))
        out.unplaced.append(told)

    for page in pages:
        told = parse_json(page.body, CASH_FLOWS.budget)
        result = told.get("result") if isinstance(told, dict) else None
        for _, statement in read_rows(statements_of(result), Statement, refuse):
            number = str(statement.period.id or statement.period.end)
            if number not in seen and d_from <= statement.period.end <= d_to:
                seen.add(number)
                out.cashflows.extend(_movements(number, statement))
    return out


def _movements(number: str, statement: Statement) -> list[CashflowRow]:
    end, sign = statement.period.end, _sign(statement)
    found = [
        CashflowRow(
            f"ozon-statement:{number}:{place}",
            end,
            PAYOUT,
            sign * each.payment,
            each.currency.upper() or "RUB",
            number,
        )
        for place, each in enumerate(statement.payments, start=1)
        if each.payment
    ]
    if statement.loan:
        currency = next((row.currency for row in found), "RUB")
        found.append(
            CashflowRow(f"ozon-statement:{number}:loan", end, LOAN, statement.loan, currency, number)
        )
    return found


def _sign(statement: Statement) -> int:
    """What turns a payment as told into money that reached the seller: it leaves the balance, so it is
    negative; told positive only where the statement adds up no other way."""
    parts = (
        statement.delivery,
        statement.returned,
        statement.services,
        statement.others,
        statement.rfbs,
    )
    earned = sum((part.total for part in parts if part), statement.loan)
    paid = sum((each.payment for each in statement.payments), ZERO)
    left = statement.begin + earned - statement.end
    return 1 if paid and paid == left else -1
