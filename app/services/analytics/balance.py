"""Does Ozon's balance grow by what we booked, day by day?"""

from datetime import date
from itertools import groupby

from app.db.session import TenantTx
from app.repositories import balance_figures
from app.services.analytics.reports import BalanceCheck


def balance_checks(tx: TenantTx, d_from: date, d_to: date) -> tuple[BalanceCheck, ...]:
    """One of each cabinet and currency that has any day to compare."""
    sums = balance_figures.day_sums(tx, d_from, d_to)
    found = []
    for (account_id, currency), told in groupby(sums, key=lambda each: (each.account_id, each.currency)):
        days = list(told)
        residuals = ((each.d, each.accrued - each.booked) for each in days)
        found.append(
            BalanceCheck(
                account_id=account_id,
                currency=currency,
                d_from=days[0].d,
                d_to=days[-1].d,
                residuals=tuple((d, residual) for d, residual in residuals if residual),
                gaps=tuple((each.d, each.gap) for each in days if each.gap),
            )
        )
    return tuple(found)
