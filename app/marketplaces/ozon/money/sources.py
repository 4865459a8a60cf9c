"""The feeds of the balance and of payouts."""

# ruff: noqa: ARG001, ARG002 - the ports have one signature for all areas and sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.marketplaces.errors import Garbled
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.money import calls
from app.marketplaces.ozon.money.rows import asked_day, normalise_balance, normalise_cash_flows
from app.marketplaces.ozon.money.wire import statements_of
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, windows
from app.marketplaces.wire import parse_json

AT_ONCE = 30
"""Days of a unit of balances."""
YEAR = 365
"""Days that one call for statements speaks of, as in the documentation's example."""


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """The balance is what the accruals are checked against; payouts are what comes of them."""
    return [OzonBalance(client), OzonCashflows(client)]


@dataclass(frozen=True, slots=True)
class OzonBalance:
    """The balance at the end of each day. A call may tell thirty days, but only their sum: a day that does
    not add up can be found only where each was asked for. Cursor: the next day to ask for.

    It replaces nothing: every day has its balance for ever.
    """

    client: OzonClient
    name: str = "ozon.balance"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"balances", "reports"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, AT_ONCE)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        d = date.fromisoformat(cursor) if cursor else unit.d_from
        while d <= unit.d_to:
            reply = calls.balance(self.client, d, d)
            told = parse_json(reply.body, self.name)
            if not isinstance(told, dict) or not isinstance(told.get("total"), dict):
                raise Garbled(self.name, "нет поля total")
            d += timedelta(days=1)
            yield Page(reply.request, reply.body, d.isoformat() if d <= unit.d_to else "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        by_day = {asked_day(page): page for page in pages}  # a day asked for again counts as last told
        return normalise_balance(list(by_day.values()))


@dataclass(frozen=True, slots=True)
class OzonCashflows:
    """Payouts of the cash-flow statement. Cursor: the next page's number."""

    client: OzonClient
    name: str = "ozon.cashflows"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"cashflows"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, YEAR)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        number, before = int(cursor or 1), b""
        while True:
            reply = calls.cash_flows(self.client, unit.d_from, unit.d_to, number)
            told = parse_json(reply.body, self.name)
            result = told.get("result") if isinstance(told, dict) else None
            if not isinstance(result, dict):
                raise Garbled(self.name, "нет поля result")
            many = max(len(statements_of(result)), len(result.get("cash_flows") or ()))
            more = many >= calls.CASH_PAGE and reply.body != before
            number, before = number + 1, reply.body
            yield Page(reply.request, reply.body, str(number) if more else "")
            if not more:
                return

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_cash_flows(pages, unit.d_from, unit.d_to)
