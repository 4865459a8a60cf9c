"""The feeds of deliveries: with their goods, or as a list alone where the token's limits forbid more."""

# ruff: noqa: ARG002 - the port has one signature for all sources

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, window
from app.marketplaces.transport import Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.paging import offset_pages
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.supplies import calls
from app.marketplaces.wb.supplies.rows import DRAFT, listed, moved_since, normalise_supplies
from app.marketplaces.wb.token import Scope
from app.marketplaces.wire import parse_rows


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """A base token asks for details twice an hour: of its deliveries only the list is known."""
    if not policy.covers(Scope.SUPPLIES):
        return []
    return [WbSupplyList(client) if policy.slow else WbSupplies(client)]


@dataclass(frozen=True, slots=True)
class WbSupplyList:
    """Deliveries without goods and quantities. Cursor: the offset."""

    client: WbClient
    name: str = "wb.supplies"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"supplies"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        def ask(offset: int) -> Reply:
            return calls.supplies(self.client, offset)

        yield from offset_pages(ask, cursor, calls.PAGE, self.name)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_supplies(pages, unit.d_from)


@dataclass(frozen=True, slots=True)
class WbSupplies:
    """Deliveries with their goods. Cursor: what is still to be asked, as JSON (``_Rest``).

    Replaced as a whole among those of the days and those under way: a delivery that was called off is
    listed no more.
    """

    client: WbClient
    name: str = "wb.supplies"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"supplies", "supply_lines"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        rest = _read(cursor) if cursor else _Rest((), listed=0)
        while rest.is_any:
            if rest.listed is not None:
                reply = calls.supplies(self.client, rest.listed)
                wanted = (row for row in listed(reply.body) if moved_since(row, unit.d_from))
                found = tuple(row.supply_id for row in wanted if row.supply_id and row.status != DRAFT)
                following = rest.listed + calls.PAGE if _is_full(reply) else None
                rest = _Rest(rest.left + found, listed=following)
            elif rest.goods is None:
                reply = calls.details(self.client, rest.left[0])
                rest = _Rest(rest.left, goods=0)
            else:
                reply = calls.goods(self.client, rest.left[0], rest.goods)
                if _is_full(reply):
                    rest = _Rest(rest.left, goods=rest.goods + calls.PAGE)
                else:
                    rest = _Rest(rest.left[1:])
            yield Page(reply.request, reply.body, rest.cursor)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_supplies(pages, unit.d_from)


@dataclass(frozen=True, slots=True)
class _Rest:
    """``left``: deliveries still to be asked about; ``listed``: the next offset of the list, None once
    it is read; ``goods``: the next offset of the first one's goods, None before its details."""

    left: tuple[int, ...]
    listed: int | None = None
    goods: int | None = None

    @property
    def is_any(self) -> bool:
        return bool(self.left) or self.listed is not None

    @property
    def cursor(self) -> str:
        return json.dumps([self.left, self.listed, self.goods]) if self.is_any else ""


def _read(cursor: str) -> _Rest:
    left, offset, goods = json.loads(cursor)
    return _Rest(tuple(left), offset, goods)


def _is_full(reply: Reply) -> bool:
    return len(parse_rows(reply.body, "wb.supplies")) >= calls.PAGE
