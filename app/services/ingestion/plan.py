"""Which days a night re-reads of each source, how far back each one reaches, and what comes first."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from app.marketplaces.source import Source

ORDER = (
    # How long the key will live is told first: a key that is refused ends the night here.
    "ozon.access",
    # Names first: everything else refers to them.
    *("wb.cards", "ozon.catalogue", "ozon.accrual_types"),
    # Slides away: as it is now, tomorrow nobody can say it; then what is kept for 90 days and for 31.
    *("wb.stock", "wb.own_stock", "ozon.stock", "ozon.own_stock", "wb.orders", "wb.sales", "wb.order_feed"),
    # The money of the P&L, and what it is checked against.
    *("wb.finance", "ozon.accruals", "wb.reports", "wb.balance", "ozon.balance", "ozon.cashflows"),
    # Money that is spread over goods.
    *("wb.ad_money", "wb.ads", "wb.storage", "wb.acceptance", "ozon.placement"),
    *("ozon.ads", "ozon.ad_money"),
)
"""The order of a night and of a backfill, whatever a budget leaves time for; others follow as they stand."""


class Reach(NamedTuple):
    """How far back a marketplace tells a source: so many days, or since a day."""

    days: int | None = None
    since: date | None = None

    def first(self, d: date) -> date:
        """The first day told on the night of day ``d``."""
        back = d - timedelta(days=self.days - 1) if self.days else date.min
        return max(back, self.since or date.min)


REACH = {
    # "Kept 90 days" says the spec, six months were seen live on 30 August 2026: ask for what there may be.
    "wb.orders": Reach(days=180),
    "wb.sales": Reach(days=180),
    # selectedPeriod: not earlier than 31 days from today (11-analytics.yaml).
    "wb.order_feed": Reach(days=31),
    # «Данные доступны с 29 января 2024 года» (13-finances.yaml, detailed); the headers came a year later:
    # «с 1 января 2025 года» (list).
    "wb.finance": Reach(since=date(2024, 1, 29)),
    "wb.reports": Reach(since=date(2025, 1, 1)),
    # The report is ordered for three months at most, from today (11-analytics.yaml).
    "wb.stock_history": Reach(days=90),
    # A task tells 8 days and costs three calls, an hour each on a base token: a year is 46 tasks.
    "wb.storage": Reach(days=365),
    # «По август 2023 года включительно» (realization/posting); the other says nothing of its past.
    "ozon.realization_postings": Reach(since=date(2023, 8, 1)),
    # A report tells 31 days and five are made in a day: a year takes half a week.
    "ozon.placement": Reach(days=365),
    "wb.acceptance": Reach(days=365),
    # 31 days a call; how far back is not said, statistics of older campaigns serve no decision.
    "wb.ads": Reach(days=365),
    "ozon.ads": Reach(days=365),
    "ozon.ad_money": Reach(days=365),
    "wb.ad_money": Reach(days=365),
    # «Данные доступны с августа 2023» (12-reports.yaml, antifraud-details).
    "wb.self_buyouts": Reach(since=date(2023, 8, 1)),
}
"""What is not here is asked as far back as a backfill says, snapshots for their day alone."""

TRAILING_DAYS = {
    # Events come and change for weeks; the overlap is by the time of change, so a week is enough.
    "wb.sales": 7,
    "wb.orders": 7,
    # A night or two that were missed; the first history is longer.
    "wb.stock_history": 3,
    "wb.order_feed": 14,
    # A document's number comes days after its charges; one call tells 31 days.
    "wb.ad_money": 31,
    # Orders are counted to a click for days after it.
    "wb.ads": 31,
    # A week's report comes up to 8 days after it, and is asked for by the week it belongs to.
    "wb.reports": 35,
    # Two closed report weeks and the current one on either side of a month's corrections.
    "wb.finance": 35,
    # One task tells 8 days; a recalculation stands under the day it was made on.
    "wb.storage": 8,
    # One task tells 31 days, 14 of them a margin (see the source).
    "wb.acceptance": 17,
    # One call tells any period: a deduction is disputed, a measurement cancelled for weeks after it.
    "wb.deductions": 60,
    "wb.measurements": 60,
    # A week is told on the Wednesday after it; one call tells every week there was.
    "wb.self_buyouts": 14,
    # Goods come back for weeks; two calls.
    "wb.item_returns": 62,
    # A review may be answered for 30 days, then it is archived.
    "wb.reviews": 31,
    # What is not accepted yet is told whatever its age; of the rest what moved lately.
    "wb.supplies": 14,
    # A day is told at once while it is yesterday, and spends nothing afterwards; each day that is read again
    # is a report more, of which one is made at a time. A night that was missed is read by report.
    "ozon.ads": 1,
    # What a click cost is corrected for days after it; one call tells 62.
    "ozon.ad_money": 31,
    # Ozon rewrites accruals backwards; those who load them in production re-read 45 days.
    "ozon.accruals": 45,
    # What the accruals are checked against moves when they do.
    "ozon.balance": 45,
    # Statements are of a week or half a month, and the last one may come late.
    "ozon.cashflows": 62,
    # One report tells up to 31 days, in a row for each SKU, warehouse and day: as many as of Wildberries.
    "ozon.placement": 8,
    # Two months that are over: a document comes in the first days of the next one.
    "ozon.compensations": 62,
    # Orders that are not over are told whatever their age; of the rest those that moved lately.
    "ozon.supplies": 14,
    # As of Wildberries: an answer is on moderation for days, and may be turned down.
    "ozon.reviews": 31,
    # Out by the 5th, asked for from the 6th: the whole month after it, and one that came late.
    "ozon.realization": 62,
    "ozon.realization_postings": 31,
    # Nothing tells which order changed: what its accruals may still change is read anew with them.
    "ozon.fbo": 45,
    "ozon.fbs": 45,
    # By the moment of the change: a few nights' overlap.
    "ozon.returns": 7,
    # By the day of the claim, which is argued about for weeks.
    "ozon.rfbs_returns": 62,
}
"""Snapshots (catalogue, stock) have no past: they are read for the night's day alone."""

BY_WEEK = frozenset({"wb.finance", "ozon.fbo", "ozon.fbs"})
"""Read from a Monday on: its units are calendar weeks, and a unit of an unchanged name that says
nothing new is neither read nor written again."""

PUBLISHED_LATER = frozenset({"wb.finance"})
"""Reports of a day that come hours or days after it: a day is complete when it, or a later one, has rows."""

FIRST_NIGHT_DAYS = 90
"""What a new cabinet gets at once; more by backfill. Orders and sales keep 90 days at the source."""


def first_day(source: str, last_complete: date | None, d: date, days: int | None = None) -> date:
    """The first day to read of ``source`` on the night of day ``d``.

    The trailing window, longer where nights were missed, the whole first history where there is
    none; ``days`` (a backfill) overrides all that, as far as the marketplace tells the source at all. A
    snapshot has only the day itself.
    """
    trailing = TRAILING_DAYS.get(source)
    if trailing is None:
        return d
    since = _since(trailing, last_complete, d) if days is None else d - timedelta(days=days - 1)
    since = min(d, max(since, REACH.get(source, Reach()).first(d)))
    return since - timedelta(days=since.weekday()) if source in BY_WEEK else since


def _since(trailing: int, last_complete: date | None, d: date) -> date:
    window = d - timedelta(days=trailing - 1)
    if last_complete is None:
        return min(window, d - timedelta(days=FIRST_NIGHT_DAYS - 1))
    return min(window, last_complete + timedelta(days=1))


def in_order(sources: Iterable[Source]) -> list[Source]:
    """What slides away or matters most comes first."""
    places = {name: place for place, name in enumerate(ORDER)}
    return sorted(sources, key=lambda source: places.get(source.name, len(places)))
