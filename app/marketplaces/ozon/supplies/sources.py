"""The feed of deliveries: orders that are not over, orders that ended lately, and what they hold."""

# ruff: noqa: ARG001 - the port has one signature for all areas

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from app.marketplaces.errors import NotOffered, Refused, ScopeMissing
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import next_id
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.supplies import calls
from app.marketplaces.ozon.supplies.rows import (
    COUNTED,
    deliveries,
    moved_since,
    normalise_supplies,
    told_orders,
)
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, window
from app.marketplaces.transport import Reply
from app.marketplaces.wire import parse_json, parse_rows

OPEN, CLOSED = "open", "closed"
_STATES = {OPEN: calls.OPEN_STATES, CLOSED: calls.CLOSED_STATES}


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """Deliveries with their goods."""
    return [OzonSupplies(client)]


class _Asked(NamedTuple):
    """A delivery to be asked about: its acts, then its goods from ``after`` on."""

    supply_id: int
    bundle_id: str
    wants_acts: bool
    after: str = ""


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is still to be asked: deliveries, then orders, then the list from ``last_id`` on (None: that
    list is read to its end)."""

    passing: str = OPEN
    last_id: str | None = ""
    orders: tuple[str, ...] = ()
    goods: tuple[_Asked, ...] = ()

    @property
    def is_any(self) -> bool:
        return bool(self.orders or self.goods or self.last_id is not None)

    @property
    def cursor(self) -> str:
        told = [self.passing, self.last_id, self.orders, self.goods]
        return json.dumps(told) if self.is_any else ""

    def settled(self) -> "_Rest":
        """The next list, where nothing of this one is left."""
        return _Rest(CLOSED) if self.passing == OPEN and not self.is_any else self


def _read(cursor: str) -> _Rest:
    if not cursor:
        return _Rest()
    passing, last_id, orders, goods = json.loads(cursor)
    return _Rest(passing, last_id, tuple(orders), tuple(_Asked(*each) for each in goods))


@dataclass(frozen=True, slots=True)
class OzonSupplies:
    """Deliveries with their goods and what was accepted. Cursor: what is still to be asked (``_Rest``).

    Orders that are over come with the one that moved last first, so that the list is left at the first
    one that moved before the days.
    """

    client: OzonClient
    name: str = "ozon.supplies"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"supplies", "supply_lines"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        rest = _read(cursor)
        while rest.is_any:
            if rest.goods:
                yield from self._acts(rest)
                reply, rest = self._goods(rest)
            elif rest.orders:
                reply, rest = self._orders(rest, unit.d_from)
            else:
                reply, rest = self._listed(rest)
            rest = rest.settled()
            yield Page(reply.request, reply.body, rest.cursor)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_supplies(pages, unit.d_from)

    def _listed(self, rest: _Rest) -> tuple[Reply, _Rest]:
        last_id = rest.last_id or ""
        reply = calls.listed(self.client, _STATES[rest.passing], last_id)
        found = tuple(str(each) for each in parse_rows(reply.body, self.name, "order_ids") if each)
        following = next_id(reply.body, self.name)
        more = bool(found) and following not in ("", last_id)
        return reply, replace(rest, last_id=following if more else None, orders=found)

    def _orders(self, rest: _Rest, d_from: date) -> tuple[Reply, _Rest]:
        reply = calls.orders(self.client, rest.orders[: calls.ORDERS_A_CALL])
        told = told_orders(reply.body)
        moved = [order for order in told if moved_since(order, d_from)]
        goods = tuple(
            _Asked(each.supply.supply_id, each.supply.bundle_id, each.supply.state in COUNTED)
            for each in deliveries(moved)
            if each.supply.bundle_id
        )
        if rest.passing == CLOSED and len(moved) < len(told):
            # The rest of the list moved earlier still.
            return reply, replace(rest, last_id=None, orders=(), goods=goods)
        return reply, replace(rest, orders=rest.orders[calls.ORDERS_A_CALL :], goods=goods)

    def _acts(self, rest: _Rest) -> Iterator[Page]:
        """A delivery without acts may be refused, and so may a key without that beta: its goods follow."""
        first = rest.goods[0]
        if not first.wants_acts:
            return
        try:
            reply = calls.acts(self.client, first.supply_id)
        except (NotOffered, Refused, ScopeMissing):
            return
        left = replace(rest, goods=(first._replace(wants_acts=False), *rest.goods[1:]))
        yield Page(reply.request, reply.body, left.cursor)

    def _goods(self, rest: _Rest) -> tuple[Reply, _Rest]:
        first, *others = rest.goods
        reply = calls.bundle(self.client, first.bundle_id, first.after)
        rows = parse_rows(reply.body, self.name, "items")
        following = next_id(reply.body, self.name)
        if rows and parse_json(reply.body, self.name).get("has_next") and following not in ("", first.after):
            others.insert(0, first._replace(wants_acts=False, after=following))
        return reply, replace(rest, goods=tuple(others))
