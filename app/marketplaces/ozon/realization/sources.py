"""The realization report, month by month: by product, and by posting."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.marketplaces.errors import Refused
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.compensations.sources import months
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.realization import calls
from app.marketplaces.ozon.realization.rows import POSTINGS_RETURNED, POSTINGS_SOLD, normalise_realization
from app.marketplaces.ozon.report_tasks import Report, last_file
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, bodies, window

READY = timedelta(days=5)
"""«Не позднее 5-го числа следующего месяца»: asked for from the night after."""

YOUNG = timedelta(days=10)

NOT_MADE = 404
"""«Report was not found»: late, or a month without a sale."""


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """The closing document, and its second witness."""
    return [OzonRealization(client), OzonRealizationPostings(client, policy)]


@dataclass(frozen=True, slots=True)
class OzonRealization:
    """Months that are closed and whose report is due: its totals of sales and of returns.

    It does not replace: a report that is "not found" one night is no reason to forget what it said.
    """

    client: OzonClient
    name: str = "ozon.realization"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"reports"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        """``d_to`` is the last full day, so the night of the 6th knows the 5th."""
        return [window(*month) for month in months(d_from, d_to) if _out_on(month) <= d_to]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        try:
            reply = calls.monthly(self.client, unit.d_from)
        except Refused as error:
            if error.status == NOT_MADE:
                return
            raise
        yield Page(reply.request, reply.body, "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_realization(bodies(pages), unit)


@dataclass(frozen=True, slots=True)
class OzonRealizationPostings:
    """The same months by posting: what they are checked against where the report by product is not to be had.

    A large month comes as a file that is ordered; so nights ask for a month while it is young, and whoever
    asks for it whole (a first night, a backfill). Cursor: the ordered report's code.
    """

    client: OzonClient
    policy: OzonPolicy
    name: str = "ozon.realization_postings"
    replaces: bool = False
    brings: frozenset[Kind] = frozenset({"reports"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [
            window(*month)
            for month in months(d_from, d_to)
            if _out_on(month) <= d_to and (d_from <= month[0] or d_to < _out_on(month) + YOUNG)
        ]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        if not cursor:
            try:
                reply = calls.by_posting(self.client, unit.d_from)
            except Refused as error:
                if error.status == NOT_MADE:
                    return
                if error.status != 400 or "large" not in error.reason.lower():
                    raise
            else:
                yield Page(reply.request, reply.body, "")
                return
        asked = {"month": unit.d_from.month, "year": unit.d_from.year}
        yield from Report(self.client, self.policy, calls.AS_A_FILE).pages(cursor, asked)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        """No page at all: the report was not found."""
        told = [last_file(pages)] if pages else []
        return normalise_realization(told, unit, (POSTINGS_SOLD, POSTINGS_RETURNED))


def _out_on(month: tuple[date, date]) -> date:
    """The day by whose end the month's report is out."""
    return month[1] + READY
