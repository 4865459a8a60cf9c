"""An answer that would erase much is not believed at once.

Marketplaces have been seen to answer 200 with an empty or a half-empty list while they were being
repaired; a source that replaces would take that for the truth and empty our books. Such an answer
is refused with a sentence. It is believed when it says the same on another night, or when an
administrator says so (./ambar nightly --believe).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.core.errors import AmbarError
from app.db.merge import MergeCount
from app.db.session import TenantTx
from app.marketplaces.source import Unit
from app.repositories import refusals
from app.repositories.runs import RunKey

FEW = 20
"""Losing so few rows is an ordinary night."""

SAME_WITHIN = 0.1
"""Two answers say the same where their rows of the same days differ by less than this share."""

ANOTHER_NIGHT = timedelta(hours=12)
REMEMBERED = timedelta(days=7)

Believed = frozenset[str]
"""Sources whose answer is taken as it is, because a person said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer said: rows by day (days of an undated kind have none) and in all."""

    d_from: date
    d_to: date
    rows: int
    by_day: Mapping[date, int] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """For the run that failed with it."""
        days = {day.isoformat(): rows for day, rows in sorted(self.by_day.items())}
        told = {"d_from": self.d_from.isoformat(), "d_to": self.d_to.isoformat()}
        return {"refused": {**told, "rows": self.rows, "by_day": days}}

    def says_the_same(self, other: "Told") -> bool:
        """Of the days that both speak of; of everything where a snapshot has a day of its own."""
        first, last = max(self.d_from, other.d_from), min(self.d_to, other.d_to)
        here, there = self.rows, other.rows
        if first <= last and (self.by_day or other.by_day):
            here, there = (
                sum(rows for day, rows in each.by_day.items() if first <= day <= last)
                for each in (self, other)
            )
        return abs(here - there) <= max(1, SAME_WITHIN * max(here, there))


class Erases(AmbarError):
    """The answer would take away most of what we have; ``told`` is remembered for the next night."""

    def __init__(self, source: str, told: Told, before: int, after: int) -> None:
        super().__init__(
            f"Ответ площадки стёр бы почти всё: было строк {before}, стало бы {after}. Он не записан, "
            "прежние данные на месте. Повторится следующей ночью — поверим; "
            f"поверить сразу: ./ambar nightly --believe {source}"
        )
        self.told = told


def check(
    tx: TenantTx, key: RunKey, unit: Unit, told: Told, by_kind: Mapping[str, MergeCount], now: datetime
) -> None:
    """After the merge, before its commit.

    Raises:
        Erases: it took most rows away, and this is the first night that says so.
    """
    before, after = _lost(by_kind) or (0, 0)
    if not before and unit.name == "now":
        # A snapshot's day is new: nothing is taken away from it, but yesterday's shelf was not empty.
        before, after = refusals.rows_seen_before(tx, key, unit.d_to), told.rows
    if not is_much(before, after):
        return
    refused = refusals.last_refused(tx, key, unit, now - REMEMBERED, now - ANOTHER_NIGHT)
    if refused is None or not told.says_the_same(read_told(refused)):
        raise Erases(key.source, told, before, after)


def is_much(before: int, after: int) -> bool:
    """More than half, and more than a few."""
    return before - after > max(FEW, before / 2)


def read_told(document: Mapping[str, object]) -> Told:
    """What a run that failed remembers."""
    days = document.get("by_day")
    return Told(
        d_from=date.fromisoformat(str(document["d_from"])),
        d_to=date.fromisoformat(str(document["d_to"])),
        rows=int(str(document["rows"])),
        by_day={date.fromisoformat(day): int(rows) for day, rows in days.items()}
        if isinstance(days, dict)
        else {},
    )


def _lost(by_kind: Mapping[str, MergeCount]) -> tuple[int, int] | None:
    """Rows before and after of the kind that lost most. New rows in place of others are no loss: a
    week's report takes the place of its daily ones."""
    sizes = [
        (count.deleted + count.changed + count.unchanged, count.inserted + count.changed + count.unchanged)
        for count in by_kind.values()
        if count.deleted
    ]
    return max(sizes, key=lambda size: size[0] - size[1], default=None)
