"""Stock feeds. A personal token asks for sizes by warehouse; a base one orders the remains report."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.normalize import normalise_remains
from app.marketplaces.wb.paging import offset_pages
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.stock.history import WbStockHistory
from app.marketplaces.wb.stock.rows import normalise_now
from app.marketplaces.wb.tasks import Task, last_report

PAGE = 250_000
_HOST, _REPORT = "seller-analytics-api", "/api/analytics/v1/stocks-report"
_NOW = Endpoint("wb.stock_now", "POST", _HOST, f"{_REPORT}/wb-warehouses")
_OWN = Endpoint("wb.own_stock", "POST", _HOST, f"{_REPORT}/seller-warehouses")


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """In the order of a night."""
    found: list[Source] = []
    if policy.may_call("wb.stock_now"):
        found.append(WbStockNow(client))
    else:
        found.append(WbRemains(client, policy))
    if policy.may_call("wb.own_stock"):
        found.append(WbOwnStock(client))
    return [*found, WbStockHistory(client, policy)]


@dataclass(frozen=True, slots=True)
class WbRemains:
    """Stock now, a row per barcode: the way that every type of token may go."""

    client: WbClient
    policy: WbPolicy
    name: str = "wb.stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        task = Task(self.client, self.policy, "wb.remains", "/api/v1/warehouse_remains")
        names = ("Nm", "Size", "Barcode", "Sa", "Brand", "Subject")
        params = {"locale": "ru", **{f"groupBy{name}": "true" for name in names}}
        yield from task.pages(cursor, params)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_remains(last_report(pages), unit.d_to)


@dataclass(frozen=True, slots=True)
class WbStockNow:
    """Stock now by size and warehouse; of the warehouses one pseudo-warehouse is told since August 2026."""

    client: WbClient
    name: str = "wb.stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        yield from _pages(self.client, _NOW, cursor, self.name)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_now(bodies(pages), unit.d_to, own=False)


@dataclass(frozen=True, slots=True)
class WbOwnStock:
    """Stock now in the seller's own warehouses that Wildberries sells from (FBS)."""

    client: WbClient
    name: str = "wb.own_stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"own_stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        yield from _pages(self.client, _OWN, cursor, self.name)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_now(bodies(pages), unit.d_to, own=True)


def _pages(client: WbClient, endpoint: Endpoint, cursor: str, method: str) -> Iterator[Page]:
    """204 is «nothing at all»."""

    def ask(offset: int) -> Reply:
        return client.transport.call(endpoint, body={"nmIds": [], "limit": PAGE, "offset": offset})

    return offset_pages(ask, cursor, PAGE, method, "data", "items", nothing_is_204=True)
