"""The feeds of a Wildberries cabinet: how each is paged, resumed and replaced."""

# ruff: noqa: ARG002 - the port has one signature for all sources

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from app.marketplaces.errors import Garbled
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, window
from app.marketplaces.wb import (
    ads,
    charges,
    money,
    orders,
    prices,
    rates,
    returns,
    reviews,
    stock,
    storage,
    supplies,
)
from app.marketplaces.wb.client import CARDS_PAGE, WbClient
from app.marketplaces.wb.normalize import normalise_cards, normalise_sales
from app.marketplaces.wb.paging import changed_pages
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wire import parse_json, parse_rows

AREAS: tuple[Callable[[WbClient, WbPolicy], list[Source]], ...] = (
    stock.sources,
    orders.sources,
    money.sources,
    ads.sources,
    storage.sources,
    charges.sources,
    returns.sources,
    prices.sources,
    supplies.sources,
    reviews.sources,
    rates.sources,
)
"""Feeds that live in packages of their own, in the order of a night."""


def wb_sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """In the order of a night: names first, then what refers to them; what may wait comes last."""
    return [
        WbCards(client),
        WbSales(client, policy),
        *(source for area in AREAS for source in area(client, policy)),
    ]


@dataclass(frozen=True, slots=True)
class WbCards:
    """Cards, oldest change first. Upsert only: cards in the trash are not listed here."""

    client: WbClient
    name: str = "wb.cards"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"catalogue"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        after: dict[str, object] = json.loads(cursor) if cursor else {}
        while True:
            reply = self.client.cards(after)
            told = parse_json(reply.body, self.name)
            at = told.get("cursor") if isinstance(told, dict) else None
            if not isinstance(at, dict):
                raise Garbled(self.name, "нет поля cursor")
            rows = parse_rows(reply.body, self.name, "cards")
            following = {key: at[key] for key in ("updatedAt", "nmID") if at.get(key)}
            last = not rows or _total(at) < CARDS_PAGE or not following or following == after
            yield Page(reply.request, reply.body, "" if last else json.dumps(following, default=str))
            if last:
                return
            after = following

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_cards(bodies(pages))


def _total(cursor: dict[str, object]) -> int:
    total = cursor.get("total")
    return total if isinstance(total, int) else 0


@dataclass(frozen=True, slots=True)
class WbSales:
    """Sale and return events by the time of their last change. Upsert by saleID.

    A unit's days bound the change, not the sale: rows of earlier and later days may come.
    """

    client: WbClient
    policy: WbPolicy
    name: str = "wb.sales"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"sales"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        start = cursor or f"{unit.d_from}T00:00:00"
        yield from changed_pages(self.client.sales, start, self.policy.full_sales_page, self.name)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_sales(bodies(pages), ZoneInfo(self.policy.day_timezone))
