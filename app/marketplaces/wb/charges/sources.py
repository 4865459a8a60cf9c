"""Feeds of costs beside the finance report: how each is paged, resumed and replaced."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, window, windows
from app.marketplaces.transport import Reply
from app.marketplaces.wb.charges import calls
from app.marketplaces.wb.charges.rows import (
    normalise_acceptance,
    normalise_deductions,
    normalise_measurements,
    normalise_self_buyouts,
)
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.paging import offset_pages
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.tasks import Task, last_report
from app.marketplaces.wire import parse_rows

LONGEST = 31
"""Days of one acceptance task («максимум за 31 день»)."""

MARGIN = timedelta(days=14)
"""Which of a row's dates the period is of is not said: of a delivery made and accepted days later, of a
measurement confirmed and fined days later. Asked from so many days earlier, a row that we have is told
again, and is not taken for one that has gone."""


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """Open to every token."""
    return [
        WbAcceptance(client, policy),
        WbDeductions(client, policy),
        WbMeasurements(client, policy),
        WbSelfBuyouts(client),
    ]


@dataclass(frozen=True, slots=True)
class WbAcceptance:
    """What acceptance cost by card and delivery. Cursor: the task."""

    client: WbClient
    policy: WbPolicy
    name: str = "wb.acceptance"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"acceptance"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST - MARGIN.days)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        task = Task(self.client, self.policy, "wb.acceptance", "/api/v1/acceptance_report")
        asked = {"dateFrom": (unit.d_from - MARGIN).isoformat(), "dateTo": unit.d_to.isoformat()}
        yield from task.pages(cursor, asked)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_acceptance(last_report(pages))


@dataclass(frozen=True, slots=True)
class WbDeductions:
    """Deductions for substitutions and wrong contents. Cursor: the offset."""

    client: WbClient
    policy: WbPolicy
    name: str = "wb.deductions"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"deductions"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        return _listed(self, calls.deductions, unit, cursor)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_deductions(bodies(pages), ZoneInfo(self.policy.day_timezone))


@dataclass(frozen=True, slots=True)
class WbMeasurements:
    """Fines for understated sizes, with what was taken back. Cursor: the offset."""

    client: WbClient
    policy: WbPolicy
    name: str = "wb.measurements"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"measurements"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        return _listed(self, calls.measurements, unit, cursor)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_measurements(bodies(pages), ZoneInfo(self.policy.day_timezone))


@dataclass(frozen=True, slots=True)
class WbSelfBuyouts:
    """Deductions for self-buyouts of every week there was: one call tells them all."""

    client: WbClient
    name: str = "wb.self_buyouts"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"self_buyouts"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(d_from, d_to)]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        reply = calls.self_buyouts(self.client)
        parse_rows(reply.body, self.name, "details")
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_self_buyouts(bodies(pages), unit.d_from, unit.d_to)


def _listed(
    source: WbDeductions | WbMeasurements, ask: Callable[..., Reply], unit: Unit, cursor: str
) -> Iterator[Page]:
    """Pages of a list of charges, from somewhat before the unit's days: see ``MARGIN``."""
    zone, first = ZoneInfo(source.policy.day_timezone), unit.d_from - MARGIN
    asked = partial(ask, source.client, first, unit.d_to, zone)
    return offset_pages(asked, cursor, calls.PAGE, source.name, "data", "reports")
