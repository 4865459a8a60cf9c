"""Advertising feeds: what campaigns cost, and which goods they were for.

A seller who gave no key of the Performance API has none of these feeds; one whose key is not taken any
more misses them with a sentence, and nothing else.
"""

# ruff: noqa: ARG002 - the port has one signature for all sources

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from app.marketplaces.errors import NotOffered, Refused, ScopeMissing
from app.marketplaces.ozon.ads import calls
from app.marketplaces.ozon.ads.exports import Export
from app.marketplaces.ozon.ads.reports import by_sku_rows
from app.marketplaces.ozon.ads.rows import (
    is_by_click,
    normalise_ads,
    normalise_expense,
    read_campaigns,
    read_expense,
)
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.performance import AdsKeyRefused, PerformanceClient
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, windows
from app.marketplaces.wire import parse_rows

MOSCOW = ZoneInfo("Europe/Moscow")
"""Performance groups by Moscow's days, whatever day the seller's business has."""


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """None without a key of advertising. Money first: it is one call."""
    ads = client.ads
    return [OzonAdMoney(ads), OzonAds(ads, policy)] if ads is not None else []


@dataclass(frozen=True, slots=True)
class OzonAdMoney:
    """What campaigns cost by day, and of that the bonuses: the total that the accruals are checked by."""

    client: PerformanceClient
    name: str = "ozon.ad_money"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"ad_charges"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, calls.EXPORT_DAYS)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        with _offered(self.name):
            reply = calls.expense(self.client, unit.d_from, unit.d_to)
            parse_rows(reply.body, self.name, "rows")
            yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_expense(bodies(pages))


@dataclass(frozen=True, slots=True)
class OzonAds:
    """Campaigns, and by day and SKU what those that cost anything brought.

    The last day is a unit of its own: while it is yesterday, one call tells it; of a night that was missed
    only a report can. Cursor: where the list of campaigns goes on, or which are left, and the report that
    is being made.
    """

    client: PerformanceClient
    policy: OzonPolicy
    name: str = "ozon.ads"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"campaigns", "ad_stats"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        before = windows(d_from, d_to - timedelta(days=1), calls.EXPORT_DAYS)
        return [*before, Unit(d_to.isoformat(), d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        place = _Place(**json.loads(cursor)) if cursor else _Place()
        with _offered(self.name):
            if place.left is None:
                yield from self._listed(place)
                reply = calls.expense(self.client, unit.d_from, unit.d_to)
                spent = {each.campaign_id for _, each in read_expense(reply.body, _ignore) if each.money > 0}
                place = _Place(left=sorted(spent - set(place.others)))
                yield Page(reply.request, reply.body, place.cursor)
            yield from self._statistics(unit, place.left or [], place.report)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_ads(pages, unit.d_from if unit.d_from == unit.d_to else None)

    def _listed(self, place: "_Place") -> Iterator[Page]:
        """Pages of campaigns until one is empty or says nothing new; ``place`` moves along."""
        while True:
            reply = calls.campaigns(self.client, place.page)
            told = read_campaigns(reply.body, _ignore)
            new = [each for each in told if each.campaign_id not in place.seen]
            if not new and place.page > 1:
                return
            place.page += 1
            place.seen += [each.campaign_id for each in new]
            place.others += [each.campaign_id for each in new if not is_by_click(each)]
            yield Page(reply.request, reply.body, place.cursor)
            if not new:
                return

    def _statistics(self, unit: Unit, left: list[int], report: str) -> Iterator[Page]:
        at_once = self._is_recent(unit) and not report
        while left and at_once:
            asked, rest = left[: calls.BY_SKU_AT_ONCE], left[calls.BY_SKU_AT_ONCE :]
            try:
                reply = calls.by_sku(self.client, asked, unit.d_from)
            except Refused as error:
                if error.status != 400:
                    raise
                break  # not a day that it tells any more: Ozon's clock decides, not ours
            list(by_sku_rows(reply.body))  # what cannot be read is asked for again, not kept
            left = rest
            yield Page(reply.request, reply.body, _Place(left=left).cursor)
        while left:
            asked, rest = left[: calls.EXPORT_AT_ONCE], left[calls.EXPORT_AT_ONCE :]
            export = Export(self.client, self.policy, asked, unit)
            yield from export.pages(report, partial(_waiting, left), _Place(left=rest).cursor)
            left, report = rest, ""

    def _is_recent(self, unit: Unit) -> bool:
        today = self.client.transport.clock.now().astimezone(MOSCOW).date()
        return unit.d_from == unit.d_to and unit.d_from >= today - timedelta(days=1)


@contextmanager
def _offered(source: str) -> Iterator[None]:
    """A key that is not taken, or may not do this, closes advertising and nothing else."""
    try:
        yield
    except AdsKeyRefused as error:
        raise NotOffered(source, str(error)) from None
    except ScopeMissing as error:
        raise NotOffered(source, f"Реклама Ozon не приходит. {error}") from None


def _ignore(_raw: Any, _reason: str) -> None:
    """Said where the rows are made."""


@dataclass(slots=True)
class _Place:
    """Where a unit stands: the next page of the list of campaigns, those ``seen`` on it and the ``others``
    among them that statistics do not speak of; then the campaigns ``left`` to be asked about and the
    ``report`` that is being made of the first of them."""

    page: int = 1
    seen: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    left: list[int] | None = None
    report: str = ""

    @property
    def cursor(self) -> str:
        """As it is kept; "" where nothing is left."""
        if self.left is not None and not self.left:
            return ""
        told = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(told)


def _waiting(left: list[int], report: str) -> str:
    return _Place(left=left, report=report).cursor
