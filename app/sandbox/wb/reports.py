"""sales-reports/list: the headers of the finance reports, control totals from the event log."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.sandbox.money import plain
from app.sandbox.wb.books import DayTotals, wb_day
from app.sandbox.wb.finance import Header
from app.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Reports:
    """Report headers of one world."""

    world: World

    def days(self, first: date, last: date, *, weekly: bool) -> list[int]:
        """The days of closed reports whose period overlaps ``first``..``last``.

        A daily report closes with its day, a weekly one on the Monday after its week.
        """
        if weekly:
            first -= timedelta(days=first.weekday())
            last += timedelta(days=6 - last.weekday())
            monday = self.world.today - timedelta(days=self.world.today.weekday())
            last = min(last, monday - timedelta(days=1))
        start = max(self.world.t(first), self.world.first_t)
        return list(range(start, min(self.world.t(last) + 1, self.world.now_t)))

    def headers(self, first: date, last: date, *, weekly: bool) -> list[dict[str, Any]]:
        """All headers of the period, oldest first, main before «по выкупам»."""
        header = Header(weekly=weekly, oid=self.world.oid)
        periods: dict[tuple[date, date], list[int]] = {}
        for t in self.days(first, last, weekly=weekly):
            periods.setdefault(header.span(self.world.day(t)), []).append(t)
        found = []
        for (start, end), days in periods.items():
            for kind in (1, 2):
                totals = [wb_day(self.world, t, kind) for t in days]
                if any(total.rows for total in totals):
                    found.append(self._show(header.report_id(start, kind), start, end, kind, totals))
        return found

    def _show(
        self, report_id: int, start: date, end: date, kind: int, days: list[DayTotals]
    ) -> dict[str, Any]:
        def summed(name: str) -> str:
            return plain(sum(getattr(day, name) for day in days))

        return {
            "reportId": report_id,
            "sellerFinanceName": "ИП Тёплова А. С.",
            "dateFrom": start.isoformat(),
            "dateTo": end.isoformat(),
            "createDate": (end + timedelta(days=1)).isoformat(),
            "currency": "RUB",
            "reportType": kind,
            "retailAmountSum": summed("paid"),
            "forPaySum": summed("for_pay"),
            "avgSalePercent": 0,
            "deliveryServiceSum": summed("logistics"),
            "paidStorageSum": summed("storage"),
            "paidAcceptanceSum": summed("acceptance"),
            "deductionSum": summed("deduction"),
            "penaltySum": summed("penalty"),
            "additionalPaymentSum": summed("fee_correction"),
            "cashbackAmountSum": "0",
            "cashbackDiscountSum": "0",
            "cashbackCommissionChangeSum": "0",
            "paymentSchedule": "0",
            "bankPaymentSum": summed("payout"),
        }
