"""What a whole seller is told, source by source, without a database: pages as they came off the wire."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.clock import FixedClock
from app.marketplaces.ozon.client import open_ozon
from app.marketplaces.ozon.key import AdsKey, OzonKey
from app.marketplaces.ozon.performance import open_performance
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.sources import ozon_sources
from app.marketplaces.source import Page, Source, Unit
from app.marketplaces.transport import Breakers, MemoryRateBudget
from app.marketplaces.wb.client import open_wb
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import read_token
from app.sandbox.server import SandboxServer
from app.sandbox.wb.tokens import BITS, PERSONAL, Tokens

MORNING = time(6)
MOSCOW = ZoneInfo("Europe/Moscow")
HARDLY = 0.02
"""Seconds between two looks at a report: the sandbox has it ready at once."""


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """Every unit of every source with its pages, in the order of a night.

    Without a repr, which pytest would spend a minute on when a test fails.
    """

    units: list[tuple[Source, Unit, list[Page]]] = field(default_factory=list)

    @property
    def paths(self) -> set[str]:
        """Methods that have answered, by path."""
        return {page.key.path for _, _, pages in self.units for page in pages}


def told_by_wb(server: SandboxServer, days: int) -> Told:
    """All that a personal token of every category brings."""
    raw = Tokens(server.world).issue(acc=PERSONAL, scopes=tuple(BITS))
    clock = _clock(server)
    token = read_token(raw, clock.now())
    client = open_wb(
        token.raw,
        address=server.wb_api_url,
        budget=MemoryRateBudget(clock, {}),
        clock=clock,
        breakers=Breakers(clock),
    )
    with client.transport:
        policy = WbPolicy(token_type=token.type, scopes=token.scopes, poll_pause=HARDLY)
        return _told(server, wb_sources(client, policy), days)


def told_by_ozon(server: SandboxServer, days: int) -> Told:
    """All that both keys of an Ozon cabinet bring."""
    world, clock = server.world, _clock(server)
    budget, breakers = MemoryRateBudget(clock, {}), Breakers(clock)
    ads = AdsKey(world.ozon_ads_client_id, world.ozon_ads_client_secret)
    client = open_ozon(
        OzonKey(world.ozon_client_id, world.ozon_api_key, ads),
        address=server.ozon_api_url,
        budget=budget,
        clock=clock,
        breakers=breakers,
    )
    client.ads = open_performance(
        ads, address=server.ozon_performance_api_url, budget=budget, clock=clock, breakers=breakers
    )
    with closing(client):
        return _told(server, ozon_sources(client, OzonPolicy(poll_pause=HARDLY)), days)


def _told(server: SandboxServer, sources: Sequence[Source], days: int) -> Told:
    last = server.world.today - timedelta(days=1)
    told = Told()
    for source in sources:
        for unit in source.units(_first(last, days), last):
            told.units.append((source, unit, list(source.fetch(unit, ""))))
    return told


def _first(last: date, days: int) -> date:
    return last - timedelta(days=days - 1)


def _clock(server: SandboxServer) -> FixedClock:
    return FixedClock(datetime.combine(server.world.today, MORNING, MOSCOW).astimezone(UTC))
