"""What the marketplaces owe now and what they have sent to the bank."""

from collections import Counter
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
        of = {each.id: each for each in cabinets}
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
                    marketplace=of[each.account_id].marketplace,
                    cabinet=of[each.account_id].name,
                    d=each.d,
                    currency=each.currency,
                    current=each.current,
                    withdrawable=each.withdrawable,
                )
                for each in control_figures.last_balances(tx)
            ),
            payouts=tuple(
                PayoutLine(
                    marketplace=of[each.account_id].marketplace,
                    cabinet=of[each.account_id].name,
                    d=each.d,
                    amount=each.amount,
                    currency=each.currency,
                    report=each.report,
                    check=by_report.get((each.account_id, each.report)),
                )
                for each in payouts
            ),
            cabinets=dict(Counter(each.marketplace for each in cabinets)),
            base_tokens=len(checked.base_tokens) if checked else 0,
            freshness=freshness(tx),
        )
