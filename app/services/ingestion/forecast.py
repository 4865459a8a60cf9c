"""When a collection will be finished, from the calls it still has to make and the seller's budget.

Waits decide on a base token, so only they are counted. Budgets run side by side (a source that waits
lets the others go on): the longest one is the answer. The number of calls is a guess from what we know
of the cabinet; a report that is not ready at once, or a second page, makes it later.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from app.marketplaces.transport.budget import Limit
from app.repositories.rate_budget import Standing
from app.repositories.workload import Listed

PER_PAGE = {"wb.cards": 100, "wb.adverts": 50, "wb.fullstats": 50}
"""Cards and campaigns that a call speaks of."""

ROUNDED = timedelta(minutes=5)

FINISHES = "Закончит около"

_BUDGETS = {
    "wb.stock": ("wb.remains.create", "wb.remains.status", "wb.remains.download"),
    "wb.ads": ("wb.campaigns", "wb.adverts", "wb.fullstats"),
    "wb.ad_money": ("wb.upd",),
    "wb.finance": ("wb.finance",),
    "wb.reports": ("wb.finance.list",),
    "wb.reviews": ("wb.feedbacks",),
    "wb.supplies": ("wb.supplies",),
}
"""Where the calls of a source are not named after it."""


def calls_of(source: str, units: int, size: Listed, limits: Mapping[str, Limit]) -> Counter[str]:
    """Calls of each budget that so many units of a source will need."""
    if source == "wb.stock" and "wb.stock_now" in limits:
        return Counter({"wb.stock_now": units})
    told = _BUDGETS.get(source) or tuple(b for b in limits if b == source or b.startswith(f"{source}."))
    found: Counter[str] = Counter()
    for budget in (each for each in told if each in limits):
        if budget in PER_PAGE:
            pieces = size.cards if budget == "wb.cards" else size.campaigns
            found[budget] = units * max(1, ceil(pieces / PER_PAGE[budget]))
        else:
            # A report is rarely ready when it is asked about for the first time.
            found[budget] = units * (2 if budget.endswith((".status", "history.list")) else 1)
    return +found


def finish_at(
    calls: Mapping[str, int], limits: Mapping[str, Limit], standing: Mapping[str, Standing], now: datetime
) -> datetime:
    """When the last of the calls can be made; ``standing`` is what the budgets have now."""
    waits = [_wait(many, limits[budget], standing.get(budget), now) for budget, many in calls.items()]
    return now + timedelta(seconds=max(waits, default=0.0))


def _wait(calls: int, limit: Limit, stands: Standing | None, now: datetime) -> float:
    """Seconds until so many calls of one budget are made."""
    if limit.interval <= 0:
        return 0.0
    tokens, closed = float(limit.burst), 0.0
    if stands is not None:
        closed = max(0.0, (stands.closed_until - now).total_seconds()) if stands.closed_until else 0.0
        passed = max(0.0, (now - stands.refilled_at).total_seconds()) + closed
        tokens = min(float(limit.burst), stands.tokens + passed / limit.interval)
    return closed + max(0.0, calls - tokens) * limit.interval


def told(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """«Закончит около 05:40», another day with its date; rounded up to five minutes."""
    rounded = datetime.min.replace(tzinfo=at.tzinfo) + ROUNDED * ceil(
        (at - datetime.min.replace(tzinfo=at.tzinfo)) / ROUNDED
    )
    there, here = rounded.astimezone(zone), now.astimezone(zone)
    when = f"{there:%H:%M}" if there.date() == here.date() else f"{there:%H:%M %d.%m}"
    return f"{FINISHES} {when}"
