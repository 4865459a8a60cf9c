"""What the methods with a period and a page ask, read and refused in one way."""

from datetime import datetime, timedelta
from typing import Any

from app.sandbox.http import Refused, whole
from app.sandbox.ozon.door import invalid

YEAR = timedelta(days=366)


def part(body: dict[str, Any], name: str) -> dict[str, Any]:
    """An object that must be there. Raises Refused."""
    told = body.get(name)
    if not isinstance(told, dict):
        raise Refused(invalid(f"invalid request.{name.capitalize()}: value is required"))
    return told


def period(asked: dict[str, Any], first: str, last: str) -> tuple[datetime, datetime]:
    """Two instants with their zones, a year apart at most. Raises Refused."""
    try:
        since, to = (datetime.fromisoformat(str(asked.get(name))) for name in (first, last))
    except ValueError:
        raise Refused(invalid(f"invalid filter: {first} and {last} must be timestamps")) from None
    if since.tzinfo is None or to.tzinfo is None or since > to:
        raise Refused(invalid(f"invalid filter: {first} and {last} must be a period"))
    if to - since > YEAR:
        raise Refused(invalid("PERIOD_IS_TOO_LONG"))
    return since, to


def limit(body: dict[str, Any], largest: int) -> int:
    """How many rows. Raises Refused."""
    told = whole(body.get("limit"))
    if told is None or not 1 <= told <= largest:
        raise Refused(invalid(f"invalid Limit: value must be inside range [1, {largest}]"))
    return told
