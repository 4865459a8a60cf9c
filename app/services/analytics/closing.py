"""Is a month of Ozon what its signed document says?"""

from calendar import monthrange
from datetime import date

from app.db.session import TenantTx
from app.domain.finance.closing import Goods, closing_residual
from app.repositories import closing_figures
from app.repositories.closing_figures import MonthSums
from app.services.analytics.reports import MonthCheck

OUT_ON = 6
"""The day of the next month from which the document is asked for."""


def closing(tx: TenantTx, d_from: date, d_to: date) -> tuple[MonthCheck, ...]:
    """Of the months that these days touch, oldest first; empty where no Ozon cabinet has any."""
    first = d_from.replace(day=1)
    last = d_to.replace(day=monthrange(d_to.year, d_to.month)[1])
    return tuple(_check(each) for each in closing_figures.month_sums(tx, first, last))


def _check(sums: MonthSums) -> MonthCheck:
    length = monthrange(sums.month.year, sums.month.month)[1]
    residual = None
    if sums.told_sales is not None and sums.told_returns is not None and sums.told_fee is not None:
        told = Goods(sums.told_sales, sums.told_returns, sums.told_fee)
        residual = closing_residual(told, Goods(sums.sales, sums.returns, sums.fee))
    after = date(sums.month.year + sums.month.month // 12, sums.month.month % 12 + 1, OUT_ON)
    return MonthCheck(
        account_id=sums.account_id,
        month=sums.month,
        currency=sums.currency,
        residual=residual,
        days_missing=length - sums.days,
        out_on=after,
    )
