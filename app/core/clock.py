"""What time it is, and which business day: given to whoever needs it, never taken from the air."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """A source of instants."""

    def now(self) -> datetime:
        """The instant, timezone-aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """Stands where it was put: for tests, and for the demo, which lives in the sandbox's day."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def advance(self, step: timedelta) -> None:
        self.instant += step


def business_day(instant: datetime, day_timezone: str) -> date:
    """The marketplace's day an instant falls into (DESIGN rule: Europe/Moscow unless set otherwise)."""
    return instant.astimezone(ZoneInfo(day_timezone)).date()
