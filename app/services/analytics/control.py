"""Is what we show what the marketplace's own reports say? Only Wildberries tells totals to compare with."""

from datetime import date

from app.db.session import TenantTx
from app.domain.finance.control import TOLERANCE, Booked, Told, check_report
from app.repositories import accounts, control_figures
from app.repositories.control_figures import ReportSums
from app.services.analytics.reports import Control, ReportCheck

SLOW_TOKENS = ("базовый", "неизвестного типа")
"""Kinds of tokens that are shown no report headers, as marketplaces/wb/token.py names them."""


def control(tx: TenantTx, d_from: date, d_to: date) -> Control | None:
    """Of the reports that touch these days; None where no cabinet has any."""
    cabinets = [each for each in accounts.list_accounts(tx) if each.marketplace == "WB"]
    if not cabinets:
        return None
    sums = control_figures.report_sums(tx, d_from, d_to)
    heard = {each.account_id for each in sums}
    silent = [each for each in cabinets if each.id not in heard and each.state != "off"]
    return Control(
        checks=tuple(_check(tx, each) for each in sums),
        base_tokens=tuple(each.id for each in silent if each.token_kind.startswith(SLOW_TOKENS)),
    )


def _check(tx: TenantTx, sums: ReportSums) -> ReportCheck:
    told = Told(sums.for_pay, sums.services, sums.additional, sums.loyalty, sums.schedule, sums.payout)
    booked = Booked(sums.booked, sums.booked_for_pay)
    if abs(booked.for_pay - told.for_pay) > TOLERANCE:
        booked = booked._replace(raised=control_figures.raised_by_returns(tx, sums))
    checked = check_report(told, booked)
    way = checked.reading
    return ReportCheck(
        account_id=sums.account_id,
        report_id=sums.report_id,
        d_from=sums.d_from,
        d_to=sums.d_to,
        currency=sums.currency,
        payout=sums.payout,
        is_here=sums.rows > 0 or not (sums.payout or sums.for_pay or sums.services),
        residual=checked.residual,
        reading=(way.additional, way.loyalty, way.schedule) if way is not None else None,
        returns_turned=checked.returns_turned,
    )
