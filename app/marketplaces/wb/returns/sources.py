"""The feed of goods on their way back to the seller."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies
from app.marketplaces.transport import Endpoint
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.returns.rows import normalise_returns
from app.marketplaces.wb.tasks import from_the_end
from app.marketplaces.wire import parse_rows

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
        return from_the_end(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        offset = int(cursor or 0)
        days = {"dateFrom": unit.d_from.isoformat(), "dateTo": unit.d_to.isoformat()}
        while True:
            asked = {**days, "limit": str(PAGE), "offset": str(offset)}
            reply = self.client.transport.call(_RETURNS, params=asked)
            rows = parse_rows(reply.body, self.name, "report") if reply.status != 204 else []
            offset += len(rows)
            more = len(rows) >= PAGE
            yield Page(reply.request, reply.body, str(offset) if more else "")
            if not more:
                return

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_returns(bodies(pages))
