"""What the marketplaces owe now and what they have sent to the bank."""

from dataclasses import dataclass
from datetime import timedelta

from app.db.session import TenantTx
from app.repositories import accounts, control_figures
from app.services.analytics.common import Question, freshness
from app.services.analytics.control import control
from app.services.analytics.reports import BalanceLine, MoneyReport, PayoutLine

PAYOUTS = 10
WEEK = timedelta(days=7)
"""A payout is made out after the week it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyQuery:
    """Everything."""


class ShowMoney(Question):
    """Balances and the last payouts."""

    def __call__(self, tx: TenantTx, query: MoneyQuery) -> MoneyReport:  # noqa: ARG002
        cabinets = accounts.list_accounts(tx)
        names = {each.id: each.name for each in cabinets if each.marketplace == "WB"}
        payouts = control_figures.last_payouts(tx, PAYOUTS)
        yesterday = self.yesterday()
        oldest = min((each.d for each in payouts), default=yesterday)
        checked = control(tx, oldest - WEEK, yesterday)
        by_report = (
            {(each.account_id, str(each.report_id)): each for each in checked.checks} if checked else {}
        )
        return MoneyReport(
            balances=tuple(
                BalanceLine(
                    cabinet=names.get(each.account_id, ""),
                    d=each.d,
                    currency=each.currency,
                    current=each.current,
                    withdrawable=each.withdrawable,
                )
                for each in control_figures.last_balances(tx)
            ),
            payouts=tuple(
                PayoutLine(
                    cabinet=names.get(each.account_id, ""),
                    d=each.d,
                    amount=each.amount,
                    currency=each.currency,
                    report=each.report,
                    check=by_report.get((each.account_id, each.report)),
                )
                for each in payouts
            ),
            cabinets=len(names),
            ozon=len(cabinets) - len(names),
            base_tokens=len(checked.base_tokens) if checked else 0,
            freshness=freshness(tx),
        )
