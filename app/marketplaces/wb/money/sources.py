"""The finance feeds: rows of reports (weekly where there is one, daily until then), their headers, the
balance."""

# ruff: noqa: ARG002 - the port has one signature for all sources

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.marketplaces.errors import Garbled
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, weeks, window
from app.marketplaces.streaming import stream_rows
from app.marketplaces.transport import Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.money import calls
from app.marketplaces.wb.money.calls import Period
from app.marketplaces.wb.money.reports import normalise_balance, normalise_headers
from app.marketplaces.wb.money.rows import normalise_finance
from app.marketplaces.wb.paging import offset_pages
from app.marketplaces.wb.policy import WbPolicy

WEEK = timedelta(days=7)
SURELY_PUBLISHED = timedelta(days=8)
"""A weekly report was seen 1 to 8 days after its week."""
MONDAY = 0
OPEN = " open"
"""Ends the name of a unit whose last weeks may have no weekly report yet: it is read from daily ones."""


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """Headers are closed to base tokens: their reports cannot be checked against Wildberries' totals."""
    found: list[Source] = [WbFinance(client, policy), WbBalance(client)]
    if policy.may_call("wb.finance.list"):
        found.append(WbReports(client))
    return found


@dataclass(frozen=True, slots=True)
class WbFinance:
    """Rows of the finance reports: the truth of the P&L, replaced as a whole.

    A week's report takes the place of its daily ones: both hold the same sales under other numbers.
    Rows are booked by rrDate, which may lie outside the unit's days in a late report.

    A unit is a calendar week, which keeps pages small; its weekly report is asked for once the week is
    over, the daily ones where it is not there yet. A base token has two calls in 24 hours: the open
    days are one unit, and what is surely published another, asked for on a Tuesday or by a backfill.
    """

    client: WbClient
    policy: WbPolicy
    name: str = "wb.finance"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"settlement"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        if not self.policy.slow:
            return weeks(d_from, d_to)
        closed = d_to - SURELY_PUBLISHED
        closed -= timedelta(days=closed.weekday() + 1)  # the last Sunday before
        if closed < d_from:
            return [_open(d_from, d_to)]
        open_days = _open(closed + timedelta(days=1), d_to)
        is_backfill = d_to - d_from > self.policy.finance_window
        return [window(d_from, closed), open_days] if d_to.weekday() == MONDAY or is_backfill else [open_days]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        period, after = _read(cursor) if cursor else (self._first(unit), 0)
        while True:
            reply = calls.detailed(self.client, unit.d_from, unit.d_to, period, after)
            # 204 has no body. A page shorter than its limit ends the paging too: on a base token
            # the call that would bring the 204 costs twelve hours.
            rows, last = _counted(reply.body, self.name) if reply.status != 204 else (0, None)
            following = 0
            if rows >= calls.PAGE:
                following = _last_rrd(last, self.name)
                if following == after:
                    raise Garbled(self.name, "страница повторяется")
            # No weekly report yet: the daily ones are all there is.
            not_yet = period == "weekly" and not rows and not after
            told = "daily:0" if not_yet else f"{period}:{following}" if following else ""
            yield Page(reply.request, reply.body, told)
            if not told:
                return
            period, after = _read(told)

    def _first(self, unit: Unit) -> Period:
        is_whole = unit.d_from.weekday() == MONDAY and unit.d_to.weekday() == 6
        return "weekly" if is_whole and not unit.name.endswith(OPEN) else "daily"

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        out = Normalised()
        for period in ("weekly", "daily"):
            told = normalise_finance([page.body for page in pages if _period(page) == period], period)
            out.settlement += told.settlement
            out.unplaced += told.unplaced
        return out


def _open(d_from: date, d_to: date) -> Unit:
    unit = window(d_from, d_to)
    return unit._replace(name=unit.name + OPEN)


def _read(cursor: str) -> tuple[Period, int]:
    period, _, after = cursor.partition(":")
    return ("weekly" if period == "weekly" else "daily"), int(after)


def _period(page: Page) -> Period:
    """Which reports a page was asked of."""
    told = json.loads(page.key.params or "{}").get("body", {})
    return "weekly" if told.get("period") == "weekly" else "daily"


def _counted(body: bytes, method: str) -> tuple[int, object]:
    """How many rows a page has, and the last of them."""
    rows, last = 0, None
    for rows, last in enumerate(stream_rows(body, method), start=1):  # noqa: B007 - only the end counts
        pass
    return rows, last


def _last_rrd(row: object, method: str) -> int:
    rrd = row.get("rrdId") if isinstance(row, dict) else None
    if isinstance(rrd, bool) or not isinstance(rrd, int | str) or not str(rrd).isdigit():
        raise Garbled(method, "нет rrdId у последней строки полной страницы")
    return int(rrd)


@dataclass(frozen=True, slots=True)
class WbReports:
    """Headers of the weekly reports: control totals of the rows, and the payouts."""

    client: WbClient
    name: str = "wb.reports"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"reports", "cashflows"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        def ask(offset: int) -> Reply:
            return calls.headers(self.client, unit.d_from, unit.d_to, "weekly", offset)

        yield from offset_pages(ask, cursor, calls.LIST_PAGE, self.name, nothing_is_204=True)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_headers(pages)


@dataclass(frozen=True, slots=True)
class WbBalance:
    """What Wildberries owes the seller, as of the night's day."""

    client: WbClient
    name: str = "wb.balance"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"balances"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        reply = calls.balance(self.client)
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_balance(pages, unit.d_to)
