"""Reports of the marketplace beside what we booked of them; payouts and balances."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from app.db.session import TenantTx

GOODS = "('sale', 'return', 'commission', 'for_pay')"
"""Parts of a row that make up forPay."""

SLACK = 7
"""Days that a row may be booked off its report's week."""


class ReportSums(NamedTuple):
    """A report's header and, beside it, its settlement lines. ``rows`` 0: they are not here."""

    account_id: int
    period: str
    report_id: int
    d_from: date
    d_to: date
    currency: str
    for_pay: Decimal
    services: Decimal
    additional: Decimal
    loyalty: Decimal
    schedule: Decimal
    payout: Decimal
    rows: int
    booked: Decimal
    booked_for_pay: Decimal


class Payout(NamedTuple):
    """Money sent to the bank, and the report it was for."""

    account_id: int
    d: date
    amount: Decimal
    currency: str
    report: str


class Balance(NamedTuple):
    """What a marketplace owed on the last day it was asked."""

    account_id: int
    d: date
    currency: str
    current: Decimal
    withdrawable: Decimal | None


def report_sums(tx: TenantTx, d_from: date, d_to: date) -> list[ReportSums]:
    """Reports whose days touch ``d_from..d_to``, oldest first, their lines read in one pass."""
    rows = tx.run(
        "WITH r AS (SELECT * FROM finance_report WHERE tenant_id = :tenant_id"
        # Ozon's documents are compared elsewhere: see closing_figures and balance_figures.
        " AND period NOT LIKE 'realization%' AND period <> 'accrual' AND d_from <= :d_to"
        " AND d_to >= :d_from), l AS (SELECT account_id, period, report_id, currency, count(*) AS rows,"
        f"  sum(amount) AS booked, coalesce(sum(amount) FILTER (WHERE part IN {GOODS}), 0) AS for_pay"
        "  FROM settlement_line WHERE tenant_id = :tenant_id"
        f"  AND d BETWEEN (SELECT min(d_from) - {SLACK} FROM r) AND (SELECT max(d_to) + {SLACK} FROM r)"
        "  GROUP BY account_id, period, report_id, currency) "
        "SELECT r.account_id, r.period, r.report_id, r.d_from, r.d_to, r.currency, r.for_pay,"
        " r.delivery + r.storage + r.acceptance + r.penalty + r.deduction AS services, r.additional,"
        " r.cashback_discount - r.cashback_commission - r.cashback_amount AS loyalty, r.schedule, r.payout,"
        " coalesce(l.rows, 0), coalesce(l.booked, 0), coalesce(l.for_pay, 0) FROM r LEFT JOIN l"
        " USING (account_id, period, report_id, currency) ORDER BY r.d_from, r.account_id, r.report_id",
        d_from=d_from,
        d_to=d_to,
    )
    return [ReportSums(*row) for row in rows]


def raised_by_returns(tx: TenantTx, report: ReportSums) -> Decimal:
    """What rows of returned goods have added to a report's money; zero where returns take, as they do."""
    found = tx.run(
        f"SELECT coalesce(sum(amount), 0) FROM (SELECT sum(amount) FILTER (WHERE part IN {GOODS}) AS amount"
        " FROM settlement_line WHERE tenant_id = :tenant_id AND account_id = :account_id"
        " AND period = :period AND report_id = :report_id AND currency = :currency"
        f" AND d BETWEEN :d_from - {SLACK} AND :d_to + {SLACK}"
        " GROUP BY d, row_id HAVING bool_or(part = 'return' AND amount > 0)) r",
        account_id=report.account_id,
        period=report.period,
        report_id=report.report_id,
        currency=report.currency,
        d_from=report.d_from,
        d_to=report.d_to,
    )
    raised: Decimal = found.scalar_one()
    return raised


def last_payouts(tx: TenantTx, limit: int) -> list[Payout]:
    """So many of each marketplace, newest first."""
    rows = tx.run(
        "SELECT account_id, d, amount, currency, ref_id FROM (SELECT c.*, row_number() OVER"
        " (PARTITION BY marketplace ORDER BY d DESC, source_id DESC) AS place FROM cashflows c"
        " WHERE tenant_id = :tenant_id AND type = 'payout') p WHERE place <= :limit"
        " ORDER BY d DESC, source_id DESC",
        limit=limit,
    )
    return [Payout(*row) for row in rows]


def last_balances(tx: TenantTx) -> list[Balance]:
    """Of each cabinet and currency."""
    rows = tx.run(
        "SELECT DISTINCT ON (account_id, currency) account_id, d, currency, current, withdrawable"
        " FROM account_balance WHERE tenant_id = :tenant_id ORDER BY account_id, currency, d DESC"
    )
    return [Balance(*row) for row in rows]
