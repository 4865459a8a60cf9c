"""The P&L of a period: the marketplaces' lines, COGS, profit, and what is still unknown."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from app.core.errors import BadInput
from app.db.session import TenantTx
from app.domain.finance.pnl import calc_margin
from app.domain.finance.settlement import OUTSIDE_PROFIT, PnlLine
from app.domain.money import ratio
from app.repositories import freshness as wholeness
from app.repositories import pnl_figures
from app.repositories.pnl_figures import LineSum, MetricSum, UnitSum
from app.services.analytics.closing import closing
from app.services.analytics.common import Question, freshness
from app.services.analytics.control import control
from app.services.analytics.reports import PnlReport, PnlTotals

MAX_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlQuery:
    """The last ``days`` full business days."""

    days: int = 7


class ShowPnl(Question):
    """P&L of the last days."""

    def __call__(self, tx: TenantTx, query: PnlQuery) -> PnlReport:
        """Raises BadInput for a period that makes no sense."""
        if not 1 <= query.days <= MAX_DAYS:
            raise BadInput(f"Период — от 1 до {MAX_DAYS} дней. Например: /pnl 30")
        last = self.yesterday()
        first = last - timedelta(days=query.days - 1)
        checked = control(tx, first, last)
        return replace(pnl(tx, first, last), control=checked, months=closing(tx, first, last))


def pnl(tx: TenantTx, d_from: date, d_to: date) -> PnlReport:
    """P&L of the days ``d_from..d_to``."""
    states = pnl_figures.days_by_state(tx, d_from, d_to)
    paid = [*pnl_figures.line_sums(tx, d_from, d_to), *pnl_figures.early_sums(tx, d_from, d_to)]
    beside = pnl_figures.shared_sums(tx, d_from, d_to)
    own = [
        *pnl_figures.line_sums(tx, d_from, d_to, account_level=True),
        *pnl_figures.shared_sums(tx, d_from, d_to, account_level=True),
    ]
    units = {each.currency: each for each in pnl_figures.unit_sums(tx, d_from, d_to)}
    metrics = {each.currency: each for each in pnl_figures.metric_sums(tx, d_from, d_to)}
    moved = {each.currency for each in (*paid, *beside)}
    currencies = sorted(moved | {c for c, m in metrics.items() if m.units})
    return PnlReport(
        d_from=d_from,
        d_to=d_to,
        totals=tuple(_totals(c, paid, beside, own, units.get(c), metrics.get(c)) for c in currencies),
        days_preliminary=tuple(d for d, state in states.items() if state == "preliminary"),
        days_missing=tuple(d for d, state in states.items() if state == "missing"),
        unplaced_rows=wholeness.unplaced_count(tx),
        freshness=freshness(tx),
    )


def _totals(
    currency: str,
    paid: list[LineSum],
    beside: list[LineSum],
    account_level: list[LineSum],
    units: UnitSum | None,
    metrics: MetricSum | None,
) -> PnlTotals:
    sums = {line: Decimal(0) for line in PnlLine}
    for each in (*paid, *beside):
        if each.currency == currency:
            sums[PnlLine(each.line)] += each.amount
    unshared = sum(
        (
            each.amount
            for each in account_level
            if each.currency == currency and PnlLine(each.line) not in OUTSIDE_PROFIT
        ),
        Decimal(0),
    )
    known = metrics if metrics is not None and metrics.known_units else None
    # Costs of the whole cabinet (storage, ads) belong to no SKU and lower the profit all the same.
    profit = known.profit + unshared if known else None
    # The profit leaves out what has no cost; so does what it is measured against.
    revenue_net = known.known_revenue_net if known else Decimal(0)
    return PnlTotals(
        currency=currency,
        lines=tuple((line, amount) for line, amount in sums.items() if amount),
        units_sold=units.sold if units else 0,
        units_returned=units.returned if units else 0,
        revenue_gross=units.gross if units else Decimal(0),
        payout=sum((each.amount for each in paid if each.currency == currency), Decimal(0)),
        cogs=known.cogs if known else None,
        profit=profit,
        margin=ratio(calc_margin(profit, revenue_net)) if profit is not None and revenue_net > 0 else None,
        cost_coverage=_coverage(metrics),
        profit_without_cost=metrics.profit_without_cost if metrics else Decimal(0),
        unmapped=sums[PnlLine.UNMAPPED],
    )


def _coverage(metrics: MetricSum | None) -> Decimal | None:
    """Percent of the pieces whose cost is known; None where no piece was sold."""
    if metrics is None or metrics.units <= 0:
        return None
    return ratio(Decimal(100 * metrics.known_units) / metrics.units)
