"""The feed of goods on their way back to the seller."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, windows
from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.paging import offset_pages
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.returns.rows import normalise_returns

LONGEST, PAGE = 31, 1_000
"""31 days were the limit of goods-return; of the method that replaced it none is told."""

_RETURNS = Endpoint("wb.item_returns", "GET", "seller-analytics-api", "/api/analytics/v1/item-returns")


def sources(client: WbClient, _policy: WbPolicy) -> list[Source]:
    """Open to every token."""
    return [WbItemReturns(client)]


@dataclass(frozen=True, slots=True)
class WbItemReturns:
    """Upsert only: a return does not vanish, it is handed over, and which of its dates the period is of
    is not said. Cursor: the offset."""

    client: WbClient
    name: str = "wb.item_returns"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"returns"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        days = {"dateFrom": unit.d_from.isoformat(), "dateTo": unit.d_to.isoformat()}

        def ask(offset: int) -> Reply:
            asked = {**days, "limit": str(PAGE), "offset": str(offset)}
            return self.client.transport.call(_RETURNS, params=asked)

        yield from offset_pages(ask, cursor, PAGE, self.name, "report", nothing_is_204=True)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_returns(bodies(pages))
