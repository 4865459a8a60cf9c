"""Reports in three steps, for a span of days: ordered, waited for, fetched; gone some hours later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from aiohttp import web

from app.sandbox.http import Refused, is_uuid, moscow_day, reply
from app.sandbox.limits import Rate
from app.sandbox.task_desk import TaskDesk
from app.sandbox.wb.area import Route
from app.sandbox.wb.door import Method

_HOST = "seller-analytics-api"

Span = tuple[date, date]
"""The first and the last day."""


class Rates(NamedTuple):
    """Quotas of the three steps, each for full and for base tokens."""

    create: tuple[Rate, Rate]
    status: tuple[Rate, Rate]
    download: tuple[Rate, Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport:
    """One kind of report. ``rows`` makes it; ``longest`` days at most; nothing is 204 where
    ``says_nothing``, an empty list otherwise."""

    tasks: TaskDesk[Span]
    path: str
    rates: Rates
    longest: int
    rows: Callable[[date, date], list[dict[str, Any]]]
    says_nothing: bool = False

    def routes(self) -> list[Route]:
        task = f"{self.path}/tasks/{{task_id}}"
        return [
            Route("GET", Method(_HOST, self.path, *self.rates.create), self.create),
            Route("GET", Method(_HOST, f"{task}/status", *self.rates.status), self.status),
            Route("GET", Method(_HOST, f"{task}/download", *self.rates.download), self.download),
        ]

    async def create(self, request: web.Request) -> web.Response:
        span = span_of(request, self.longest)
        return reply({"data": {"taskId": self.tasks.order(span)}})

    async def status(self, request: web.Request) -> web.Response:
        task_id = request.match_info["task_id"]
        if not is_uuid(task_id):
            return refuse(f"Invalid format for parameter task_id: '{task_id}' as *uuid.UUID")
        status = self.tasks.status(task_id)
        if status is None:
            return refuse("not found", 404, "Not Found")
        return reply({"data": {"id": task_id, "status": status}})

    async def download(self, request: web.Request) -> web.Response:
        task_id = request.match_info["task_id"]
        if not is_uuid(task_id):
            return refuse(f"Invalid format for parameter task_id: '{task_id}' as *uuid.UUID")
        span = self.tasks.made(task_id)
        if span is None:
            return refuse("not found", 404, "Not Found")
        rows = self.rows(*span)
        return web.Response(status=204) if self.says_nothing and not rows else reply(rows)


def span_of(request: web.Request, longest: int) -> Span:
    """``dateFrom`` and ``dateTo``, ``longest`` days at most. Raises Refused."""
    span: list[date] = []
    for name in ("dateFrom", "dateTo"):
        if name not in request.query:
            text = f'parameter "{name}" in query has an error: value is required but missing'
            raise Refused(refuse(text))
        day = moscow_day(request.query[name])
        if day is None:
            raise Refused(refuse(f"can't parse {name}"))
        span.append(day)
    first, last = span
    if first > last:
        raise Refused(refuse("dateTo should be greater dateFrom"))
    if (last - first).days >= longest:
        text = f"Difference between dateFrom and dateTo should be less or equal {longest} days"
        raise Refused(refuse(text))
    return first, last


def refuse(detail: str, status: int = 400, title: str = "Bad Request") -> web.Response:
    """As the published examples of these reports have it."""
    value = {"detail": detail, "origin": "api-statistics", "requestId": "f9274b5d8d0a9d50ed9990d73d29f5d2"}
    return reply({**value, "title": title}, status)
