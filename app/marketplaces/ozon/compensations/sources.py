"""The feed of compensations: two reports of a month, each ordered, looked after and taken."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.marketplaces.ozon.client import OzonClient, post
from app.marketplaces.ozon.compensations.rows import normalise_compensations
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.report_tasks import Report, last_file
from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, window

GIVEN = post("ozon.compensations.create", "/v1/finance/compensation")
TAKEN = post("ozon.compensations.create", "/v1/finance/decompensation")


def sources(client: OzonClient, policy: OzonPolicy) -> list[Source]:
    """Documents of months that are over."""
    return [OzonCompensations(client, policy)]


@dataclass(frozen=True, slots=True)
class OzonCompensations:
    """What was compensated and what was taken back, month by month, once a month is over.

    Both reports are one unit, because both fill one list. Cursor: which report, and its code.
    """

    client: OzonClient
    policy: OzonPolicy
    name: str = "ozon.compensations"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"compensations"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return [window(*month) for month in months(d_from, d_to) if month[1] <= d_to]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        asked = {"date": f"{unit.d_from:%Y-%m}", "language": "RU"}
        which, _, code = cursor.partition(":")
        steps = ("given", "taken") if which in ("", "given") else ("taken",)
        for step in steps:
            create, following = (GIVEN, "taken:") if step == "given" else (TAKEN, "")
            report = Report(self.client, self.policy, create, may_be_absent=True)
            for page in report.pages(code if step == which else "", asked):
                yield page._replace(cursor=f"{step}:{page.cursor}" if page.cursor else following)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        """The first report's pages end where the second one's order stands."""
        second = next((i for i, page in enumerate(pages) if page.key.path == TAKEN.path), len(pages))
        given, taken = last_file(pages[:second]), last_file(pages[second:])
        return normalise_compensations(given, taken, unit.d_to)


def months(d_from: date, d_to: date) -> Iterator[tuple[date, date]]:
    """Whole months that the days touch, oldest first."""
    first = d_from.replace(day=1)
    while first <= d_to:
        last = first.replace(day=monthrange(first.year, first.month)[1])
        yield first, last
        first = last + timedelta(days=1)
