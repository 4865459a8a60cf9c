"""The paid storage feed: a report that is ordered, waited for and taken."""

# ruff: noqa: ARG002 - the port has one signature for all sources

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit, windows
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.storage.rows import normalise_storage
from app.marketplaces.wb.tasks import Task, last_report

LONGEST = 8
"""Days of one task («максимум за 8 дней»)."""


def sources(client: WbClient, policy: WbPolicy) -> list[Source]:
    """Open to every token; on a base one a task takes an hour."""
    return [WbStorage(client, policy)]


@dataclass(frozen=True, slots=True)
class WbStorage:
    """Paid storage, replaced by the day. Cursor: the task."""

    client: WbClient
    policy: WbPolicy
    name: str = "wb.storage"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"storage"})

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return windows(d_from, d_to, LONGEST)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        task = Task(self.client, self.policy, "wb.storage", "/api/v1/paid_storage")
        asked = {"dateFrom": unit.d_from.isoformat(), "dateTo": unit.d_to.isoformat()}
        yield from task.pages(cursor, asked)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return normalise_storage(last_report(pages))
