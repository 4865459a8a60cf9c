"""Advertising feeds: campaigns with their statistics, and the money."""

# ruff: noqa: ARG002 - the port has one signature for all sources

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, windows
from app.marketplaces.wb.ads import calls
from app.marketplaces.wb.ads.rows import normalise_campaigns, normalise_charges, normalise_stats
from app.marketplaces.wb.ads.wire import Group
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wire import parse_rows, read_rows

LONGEST = 31
"""Days that fullstats and upd tell at once."""
WITH_STATISTICS = frozenset({7, 9, 11})
"""Ended, active, paused: of other campaigns fullstats tells nothing."""


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """Money first: it does not depend on how many campaigns there are."""
    return [WbAdMoney(client, policy), WbAds(client)]


@dataclass(frozen=True, slots=True)
class WbAdMoney:
    """What was taken for advertising, replaced as a whole: a document's number comes later."""

    client: WbClient
    policy: WbPolicy
    name: str = "wb.ad_money"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"ad_charges"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        reply = calls.upd(self.client, unit.d_from, unit.d_to)
        parse_rows(reply.body, self.name)
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_charges(bodies(pages), unit.d_to, ZoneInfo(self.policy.day_timezone))


@dataclass(frozen=True, slots=True)
class WbAds:
    """Campaigns and their statistics by card. Cursor: campaigns still to be asked about."""

    client: WbClient
    name: str = "wb.ads"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"campaigns", "ad_stats"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        if cursor:
            left = [int(number) for number in json.loads(cursor)]
        else:
            listed = calls.count(self.client)
            left = _campaigns(listed.body)
            yield Page(listed.request, listed.body, _rest(left))
        while left:
            asked, left = left[: calls.AT_ONCE], left[calls.AT_ONCE :]
            names = calls.adverts(self.client, asked)
            # No cursor moves between the two: asked again, both are.
            yield Page(names.request, names.body, _rest([*asked, *left]))
            stats = calls.fullstats(self.client, asked, unit.d_from, unit.d_to)
            yield Page(stats.request, stats.body, _rest(left))

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        out = normalise_campaigns(pages)
        stats = normalise_stats(_last_told(pages))
        out.ad_stats += stats.ad_stats
        out.unplaced += stats.unplaced
        return out


def _rest(campaigns: Sequence[int]) -> str:
    return json.dumps(list(campaigns)) if campaigns else ""


def _last_told(pages: Sequence[Page]) -> list[bytes]:
    """A night that was interrupted may have asked the same twice: statistics are added up, so of equal
    questions one answer counts."""
    told = {page.key.params: page.body for page in pages if page.key.path.endswith("/fullstats")}
    return list(told.values())


def _campaigns(body: bytes) -> list[int]:
    rows = parse_rows(body, "wb.campaigns", "adverts")
    groups = (group for _, group in read_rows(rows, Group, lambda _raw, _reason: None))
    wanted = (group for group in groups if group.status in WITH_STATISTICS)
    return sorted(listed.campaign_id for group in wanted for listed in group.campaigns or ())
