"""Stock now."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from app.marketplaces.errors import NotOffered, Refused
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.paging import cursor_pages
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.schemes import scheme_is_off
from app.marketplaces.ozon.stock import calls
from app.marketplaces.ozon.stock.asked import chunks_to_ask
from app.marketplaces.ozon.stock.rows import normalise_own, normalise_stocks
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit
from app.marketplaces.transport import Reply
from app.marketplaces.wire import parse_rows

log = structlog.get_logger(__name__)

_BY_WAREHOUSE = "fbo:"
"""Before the cursor of the second way."""


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """What lies at Ozon, and at the seller's."""
    return [OzonStock(client, policy), OzonOwnStock(client, policy)]


@dataclass(frozen=True, slots=True)
class OzonStock:
    """Stock at Ozon, a hundred skus a page. Cursor: the last sku asked for (they go in ascending order).

    A key that is not let to the analytics is told by stocks-by-warehouse/fbo, which knows nothing of
    what is on its way. Cursor there: "fbo:", the last sku done with, ":", the method's own.
    """

    client: OzonClient
    policy: OzonPolicy
    name: str = "ozon.stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        if cursor.startswith(_BY_WAREHOUSE):
            yield from self._by_warehouse(cursor.removeprefix(_BY_WAREHOUSE))
            return
        try:
            yield from self._analytics(int(cursor or 0))
        except NotOffered as closed:
            log.info("stock_told_by_warehouse", why=str(closed))
            names = calls.warehouses(self.client)
            yield Page(names.request, names.body, f"{_BY_WAREHOUSE}0:")
            yield from self._by_warehouse("0:")

    def _analytics(self, after: int) -> Iterator[Page]:
        for chunk, is_last in chunks_to_ask(self.client, self.policy, after):
            reply = calls.stocks(self.client, chunk)
            parse_rows(reply.body, self.name, "items")
            yield Page(reply.request, reply.body, "" if is_last else str(chunk[-1]))

    def _by_warehouse(self, cursor: str) -> Iterator[Page]:
        for page in _pages(self.client, self.policy, calls.stocks_at_ozon, cursor):
            yield page._replace(cursor=f"{_BY_WAREHOUSE}{page.cursor}" if page.cursor else "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_stocks(pages, unit.d_to)


@dataclass(frozen=True, slots=True)
class OzonOwnStock:
    """Stock in the seller's own warehouses. Cursor: the last sku done with, ":", the method's own."""

    client: OzonClient
    policy: OzonPolicy
    name: str = "ozon.own_stock"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"own_stock"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [Unit("now", d_to, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        """Raises NotOffered where the seller has no warehouse of his own."""
        try:
            yield from _pages(self.client, self.policy, calls.stocks_at_seller, cursor or "0:")
        except Refused as refused:
            raise scheme_is_off(self.client, refused) or refused from None

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_own(pages, unit.d_to)


def _pages(
    client: OzonClient,
    policy: OzonPolicy,
    ask: Callable[[OzonClient, Sequence[int], str], Reply],
    cursor: str,
) -> Iterator[Page]:
    """Pages of a method that tells some skus page by page, for all of them; "0:" = from the start."""
    done, _, after = cursor.partition(":")
    before = int(done)
    for chunk, is_last in chunks_to_ask(client, policy, before):

        def page_after(start: str, skus: Sequence[int] = tuple(chunk)) -> Reply:
            return ask(client, skus, start)

        for page in cursor_pages(page_after, after, calls.AT_OZON.budget, "products"):
            following = "" if is_last else f"{chunk[-1]}:"
            yield page._replace(cursor=f"{before}:{page.cursor}" if page.cursor else following)
        before, after = chunk[-1], ""
