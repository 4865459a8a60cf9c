"""The two order feeds as sources."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.marketplaces.errors import Garbled
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, window
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.orders import calls
from app.marketplaces.wb.orders.rows import normalise_feed, normalise_orders
from app.marketplaces.wb.paging import changed_pages
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wire import parse_json, parse_rows

FEED_DAYS = 30
"""order-feed tells 31 days back from now, and the night's day is yesterday."""


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """In the order of a night."""
    return [WbOrders(client, policy), WbOrderFeed(client, policy)]


@dataclass(frozen=True, slots=True)
class WbOrders:
    """Orders by the time of their last change. Upsert by srid: a cancelled order changes, it does not go.

    A unit's days bound the change, not the order: rows of earlier days come.
    """

    client: WbClient
    policy: WbPolicy
    name: str = "wb.orders"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"orders"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        start = cursor or f"{unit.d_from}T00:00:00"
        full = self.policy.full_sales_page
        yield from changed_pages(lambda after: calls.orders(self.client, after), start, full, self.name)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_orders(bodies(pages), ZoneInfo(self.policy.day_timezone))


@dataclass(frozen=True, slots=True)
class WbOrderFeed:
    """Every order with the status it has now, unpaid ones included, for a month back. Upsert by srid.

    Cursor: how many were told, and the instant that all pages are of.
    """

    client: WbClient
    policy: WbPolicy
    name: str = "wb.order_feed"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"orders"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(max(d_from, d_to - timedelta(days=FEED_DAYS - 1)), d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        told, _, snapshot = cursor.partition("@")
        offset = int(told or 0)
        while True:
            reply = calls.feed(self.client, unit.d_from, unit.d_to, snapshot, offset)
            rows = parse_rows(reply.body, self.name, "data", "orders")
            offset += len(rows)
            more = len(rows) >= calls.FEED_PAGE
            if more and not snapshot:
                snapshot = _snapshot(reply.body, self.name)
            yield Page(reply.request, reply.body, f"{offset}@{snapshot}" if more else "")
            if not more:
                return

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_feed(bodies(pages), ZoneInfo(self.policy.day_timezone))


def _snapshot(body: bytes, method: str) -> str:
    data = parse_json(body, method).get("data")
    told = data.get("snapshotTime") if isinstance(data, dict) else None
    if not isinstance(told, str) or not told:
        raise Garbled(method, "нет поля snapshotTime")
    return told
