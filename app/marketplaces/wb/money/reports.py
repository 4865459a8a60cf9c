"""Headers of finance reports and the balance, as plain rows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import Field

from app.marketplaces.rows import BalanceRow, CashflowRow, ReportRow
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.unplaced import set_aside
from app.marketplaces.wire import (
    ZERO,
    Count,
    Day,
    Id,
    Rubles,
    Text,
    Wire,
    parse_json,
    parse_rows,
    payload,
    read_rows,
)

PAYOUT = "payout"


class Header(Wire):
    """A report of /api/finance/v1/sales-reports/list: the totals that its rows must add up to."""

    report_id: Id = Field(alias="reportId", gt=0)
    d_from: Day = Field(alias="dateFrom")
    d_to: Day = Field(alias="dateTo")
    created_on: Day | None = Field(None, alias="createDate")
    kind: Count = Field(0, alias="reportType")
    currency: Text = ""
    retail_amount: Rubles = Field(ZERO, alias="retailAmountSum")
    for_pay: Rubles = Field(ZERO, alias="forPaySum")
    delivery: Rubles = Field(ZERO, alias="deliveryServiceSum")
    storage: Rubles = Field(ZERO, alias="paidStorageSum")
    acceptance: Rubles = Field(ZERO, alias="paidAcceptanceSum")
    deduction: Rubles = Field(ZERO, alias="deductionSum")
    penalty: Rubles = Field(ZERO, alias="penaltySum")
    additional: Rubles = Field(ZERO, alias="additionalPaymentSum")
    cashback_amount: Rubles = Field(ZERO, alias="cashbackAmountSum")
    cashback_discount: Rubles = Field(ZERO, alias="cashbackDiscountSum")
    cashback_commission: Rubles = Field(ZERO, alias="cashbackCommissionChangeSum")
    schedule: Rubles = Field(ZERO, alias="paymentSchedule")
    payout: Rubles = Field(ZERO, alias="bankPaymentSum")


class Balance(Wire):
    """/api/v1/account/balance."""

    currency: Text = ""
    current: Rubles
    withdrawable: Rubles | None = Field(None, alias="for_withdraw")


def normalise_headers(pages: Sequence[Page]) -> Normalised:
    """A report each, and what was paid out for it («Итого к оплате», on the day it was made out)."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(set_aside(raw, reason, "reportId", amount="bankPaymentSum", day="createDate"))

    for page in pages:
        if not page.body.strip():
            continue  # 204: no reports
        for _, row in read_rows(parse_rows(page.body, "wb.reports"), Header, refuse):
            currency = row.currency.upper() or "RUB"
            told = {name: getattr(row, name) for name in Header.model_fields if name != "currency"}
            out.reports.append(ReportRow(period="weekly", currency=currency, **told))
            paid_on = row.created_on or row.d_to
            out.cashflows.append(
                CashflowRow(
                    f"wb-report:{row.report_id}", paid_on, PAYOUT, row.payout, currency, str(row.report_id)
                )
            )
    return out


def normalise_balance(pages: Sequence[Page], d: date) -> Normalised:
    """The balance of a day; of several replies the last counts."""
    out = Normalised()

    def refuse(raw: Any, reason: str) -> None:
        out.unplaced.append(Unplaced("balance", reason, payload(raw), None, "", d))

    told = [parse_json(page.body, "wb.balance") for page in pages[-1:]]
    for _, row in read_rows(told, Balance, refuse):
        out.balances.append(BalanceRow(d, row.currency.upper() or "RUB", row.current, row.withdrawable))
    return out
