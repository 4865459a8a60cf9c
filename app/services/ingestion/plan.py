"""Which days a night re-reads of each source, and how far back the first night goes."""

from datetime import date, timedelta

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
    # Ozon rewrites accruals backwards; those who load them in production re-read 45 days.
    "ozon.accruals": 45,
}
"""Snapshots (catalogue, stock) have no past: they are read for the night's day alone."""

BY_WEEK = frozenset({"wb.finance"})
"""Read from a Monday on: its units are calendar weeks, and a unit of an unchanged name that says
nothing new is neither read nor written again."""

PUBLISHED_LATER = frozenset({"wb.finance"})
"""Reports of a day that come hours or days after it: a day is complete when it, or a later one, has rows."""

FIRST_NIGHT_DAYS = 90
"""What a new cabinet gets at once; more by backfill. Orders and sales keep 90 days at the source."""


def first_day(source: str, last_complete: date | None, d: date, days: int | None = None) -> date:
    """The first day to read of ``source`` on the night of day ``d``.

    The trailing window, longer where nights were missed, the whole first history where there is
    none; ``days`` (a backfill) overrides all that. A snapshot has only the day itself.
    """
    trailing = TRAILING_DAYS.get(source)
    if trailing is None:
        return d
    since = _since(trailing, last_complete, d) if days is None else d - timedelta(days=days - 1)
    return since - timedelta(days=since.weekday()) if source in BY_WEEK else since


def _since(trailing: int, last_complete: date | None, d: date) -> date:
    window = d - timedelta(days=trailing - 1)
    if last_complete is None:
        return min(window, d - timedelta(days=FIRST_NIGHT_DAYS - 1))
    return min(window, last_complete + timedelta(days=1))
