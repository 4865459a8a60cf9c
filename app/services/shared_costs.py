"""The cabinet's own costs made a part of the daily P&L: advertising on the day it was spent, storage by
goods. What is booked here stands beside the finance rows, which stay as the marketplace told them: the
payout is theirs alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from app.db.copying import copy_rows, create_stage_like
from app.db.merge import MergeCount, Scope, merge
from app.db.partitions import ensure_months
from app.db.session import TenantTx
from app.domain.finance.settlement import PnlLine
from app.domain.finance.sharing import NOBODY, already_charged, divide, spread
from app.domain.money import from_kopecks
from app.repositories import accounts, shared_costs
from app.repositories.shared_costs import CabinetCosts
from app.repositories.targets import SHARED_COST_DAILY

AT_ONCE = timedelta(days=31)
"""Days divided at once: a month of a large shop's storage is some hundred thousand rows."""

SPENT, DEDUCTED, STORAGE = "ads_spent", "ads_deducted", "storage"

Key = tuple[date, str, int, str, str]
"""d, kind, sku_id, currency, line."""


def share_costs(tx: TenantTx, until: date, *, trace_id: str) -> MergeCount:
    """Divide anew what has become stale of every cabinet up to the day ``until``; the rows by their fate."""
    count = MergeCount()
    since = shared_costs.take_stale(tx)
    if since is None:
        return count
    for account in accounts.list_accounts(tx):
        days = shared_costs.span(tx, account.id)
        for first, last in _parts(max(since, days[0]), min(until, days[1])) if days else ():
            costs = shared_costs.read_costs(tx, account.id, first, last)
            if account.marketplace == "OZON":
                # Its advertising is booked with the accruals: what is told beside them is no money of ours.
                costs = replace(costs, spent={}, charges={}, deducted=[])
            rows = shared_rows(costs, first)
            count += _store(tx, account.id, first, last, rows, trace_id)
    return count


def shared_rows(costs: CabinetCosts, first: date) -> dict[Key, int]:
    """Kopecks from the day ``first`` on, signed as finance rows are."""
    rows: dict[Key, int] = defaultdict(int)
    shelf = costs.shelf
    for (d, currency), campaigns in costs.spent.items():
        for campaign, amount in campaigns.items():
            parts = spread(amount, costs.weights.get((d, campaign), {}), shelf.get(d, shelf[date.min]))
            for sku, part in parts.items():
                rows[d, SPENT, sku, currency, PnlLine.ADS] -= part
    for currency, charges in costs.charges.items():
        deducted = [each for each in costs.deducted if each.currency == currency]
        told = already_charged([each.deduction for each in deducted], charges)
        for each, amount in zip(deducted, told, strict=True):
            if each.deduction.d >= first:
                rows[each.deduction.d, DEDUCTED, each.sku_id, currency, PnlLine.ADS] += amount
    for (d, currency), lump in costs.clicks.items():
        # Booked once, by Ozon itself; its statistics only say for which goods.
        for sku, part in spread(lump, _cards(costs, d), shelf.get(d, shelf[date.min])).items():
            rows[d, DEDUCTED, sku, currency, PnlLine.ADS] += part
            rows[d, DEDUCTED, NOBODY, currency, PnlLine.ADS] -= part
    for (d, currency), lump in costs.lumps.items():
        for sku, part in divide(lump, costs.stored.get((d, currency), {})).items():
            rows[d, STORAGE, sku, currency, PnlLine.STORAGE] += part
            rows[d, STORAGE, NOBODY, currency, PnlLine.STORAGE] -= part
    return {key: kopecks for key, kopecks in rows.items() if kopecks}


def _cards(costs: CabinetCosts, d: date) -> dict[int, int]:
    """What each card cost on a day, of all campaigns together."""
    cards: dict[int, int] = defaultdict(int)
    for (day, _), weights in costs.weights.items():
        if day == d:
            for card, weight in weights.items():
                cards[card] += weight
    return dict(sorted(cards.items()))


def _store(
    tx: TenantTx, account_id: int, first: date, last: date, rows: dict[Key, int], trace_id: str
) -> MergeCount:
    for month in sorted({key[0].replace(day=1) for key in rows}):
        ensure_months(tx, month, month)
    stage = f"stage_{SHARED_COST_DAILY.name}"
    create_stage_like(tx, stage, SHARED_COST_DAILY.name, SHARED_COST_DAILY.columns)
    told = ((account_id, *key, from_kopecks(kopecks)) for key, kopecks in rows.items())
    copy_rows(tx, stage, SHARED_COST_DAILY.columns, told)
    scope = Scope(account_id=account_id, d_from=first, d_to=last, replaces=True)
    return merge(tx, SHARED_COST_DAILY, stage, scope, trace_id)


def _parts(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        yield first, min(first + AT_ONCE - timedelta(days=1), last)
        first += AT_ONCE
