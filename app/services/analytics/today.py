"""The morning digest: yesterday, beside the same weekday a week before, and what needs action."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from app.db.session import TenantTx
from app.repositories import accounts, pnl_figures, runs
from app.repositories import freshness as wholeness
from app.repositories.pnl_figures import SkuProfit
from app.services.analytics.common import Question, freshness
from app.services.analytics.pnl import pnl
from app.services.analytics.reports import DayFigures, PnlReport, SkuLine, TodayReport
from app.services.analytics.status import EXPECTED
from app.services.analytics.supply import supply_lines

LISTED = 5
WITHOUT_COST_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayQuery:
    """The last full business day, or ``d``."""

    d: date | None = None


class ShowToday(Question):
    """The digest."""

    def __call__(self, tx: TenantTx, query: TodayQuery) -> TodayReport:
        d = query.d or self.yesterday()
        name = tx.run("SELECT name FROM tenant WHERE id = :tenant_id").scalar_one()
        advice_day = wholeness.last_day(tx, "advice_supply")
        ending = supply_lines(tx, advice_day, 14, LISTED, 0) if advice_day else ()
        return TodayReport(
            organisation=name,
            yesterday=_figures(pnl(tx, d, d)),
            week_before=_figures(pnl(tx, d - timedelta(days=7), d - timedelta(days=7))),
            best=_lines(pnl_figures.profit_extremes(tx, d, LISTED, losing=False)),
            losing=_lines(pnl_figures.profit_extremes(tx, d, LISTED, losing=True)),
            ending=ending,
            without_cost=wholeness.skus_without_cost(tx, d - timedelta(days=WITHOUT_COST_DAYS - 1)),
            missing_sources=_missing(tx, d),
            freshness=freshness(tx),
        )


def _figures(report: PnlReport) -> tuple[DayFigures, ...]:
    preliminary = bool(report.days_preliminary)
    return tuple(
        DayFigures(
            d=report.d_from,
            currency=each.currency,
            units_sold=each.units_sold,
            units_returned=each.units_returned,
            revenue_gross=each.revenue_gross,
            payout=None if preliminary else each.payout,
            profit=each.profit,
            margin=each.margin,
            is_preliminary=preliminary,
        )
        for each in report.totals
    )


def _lines(rows: list[SkuProfit]) -> tuple[SkuLine, ...]:
    return tuple(
        SkuLine(
            article=row.article,
            size=row.size,
            title=row.title,
            marketplace=row.marketplace,
            value=row.profit,
        )
        for row in rows
    )


def _missing(tx: TenantTx, d: date) -> tuple[str, ...]:
    """Sources of the tenant's cabinets that have not brought day ``d``; "wb.sales#ИП Иванова" where the
    marketplace has several cabinets."""
    missing = []
    cabinets = [each for each in accounts.list_accounts(tx) if each.state != "off"]
    many = Counter(each.marketplace for each in cabinets)
    for account in cabinets:
        which = f"#{account.name}" if many[account.marketplace] > 1 else ""
        for source in EXPECTED[account.marketplace]:
            last = runs.complete_to(tx, account.id, source)
            if last is None or last < d:
                missing.append(source + which)
    return tuple(missing)
