"""Business days at Ozon: its clock is UTC, its business goes by Moscow."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.marketplaces.wire import parse_day

MOSCOW = ZoneInfo("Europe/Moscow")


def between(d_from: date, d_to: date) -> tuple[str, str]:
    """The first and the last instant of these days as the methods take them: in UTC, with its Z."""
    first = datetime.combine(d_from, time.min, MOSCOW)
    last = datetime.combine(d_to + timedelta(days=1), time.min, MOSCOW) - timedelta(milliseconds=1)
    return _utc(first), _utc(last)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_of(moment: datetime) -> date:
    """The business day of an instant."""
    return moment.astimezone(MOSCOW).date()


def read_moment(told: object) -> datetime | None:
    """An instant with its zone; None for what is none yet (null, "", 0001-01-01) or cannot be read."""
    try:
        parse_day(told)
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def first_day(raw: Mapping[str, Any], *names: str) -> date | None:
    """The day of the first of these fields that tells an instant."""
    moments = (read_moment(raw.get(name)) for name in names)
    return next((day_of(moment) for moment in moments if moment), None)
