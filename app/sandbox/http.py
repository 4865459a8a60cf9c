"""Small things all handlers share: JSON replies, reading bodies and dates."""

import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from aiohttp import web

from app.sandbox.world import MOSCOW

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A reply other than 200, decided somewhere below the handler."""

    def __init__(self, reply: web.Response) -> None:
        super().__init__(reply.status)
        self.reply = reply


def reply(
    value: Any, status: int = 200, headers: dict[str, str] | None = None, kind: str = "application/json"
) -> web.Response:
    """JSON with Cyrillic left readable."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, headers=headers, content_type=kind, charset="utf-8")


async def body_of(request: web.Request) -> dict[str, Any] | None:
    """The JSON object of a request; {} for an empty body, None when it is not an object."""
    text = await request.text()
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def whole(value: Any) -> int | None:
    """An integer as JSON has it; a bool or a string is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moscow_moment(text: str | None) -> datetime | None:
    """RFC3339 with or without time and zone, as naive Moscow time; None when it cannot be read."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(MOSCOW).replace(tzinfo=None)
    return moment


def moscow_day(text: Any) -> date | None:
    """The day of such a moment."""
    moment = moscow_moment(text) if isinstance(text, str) else None
    return moment.date() if moment else None


def is_uuid(text: str) -> bool:
    """Is it a UUID, however written?"""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
