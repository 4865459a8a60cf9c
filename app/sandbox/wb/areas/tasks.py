"""Reports in three steps, for a span of days: ordered, waited for, fetched; gone some hours later."""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from aiohttp import web

from app.sandbox.http import moscow_day, reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.door import Method
from app.sandbox.world import NAMESPACE, World

_HOST = "seller-analytics-api"
WAITING, MADE, KEPT = 5.0, 20.0, 7_200.0
SHORTEST_LIFE = 60.0


class Rates(NamedTuple):
    """Quotas of the three steps, each for full and for base tokens."""

    create: tuple[Rate, Rate]
    status: tuple[Rate, Rate]
    download: tuple[Rate, Rate]


@dataclass(frozen=True, slots=True)
class Task:
    """A report ordered at ``made`` (seconds of the sandbox's clock)."""

    made: float
    first: date
    last: date


@dataclass(slots=True, kw_only=True)
class TaskReport:
    """One kind of report. ``rows`` makes it; ``longest`` days at most; nothing is 204 where
    ``says_nothing``, an empty list otherwise. Waiting times are divided by ``pace``."""

    world: World
    clock: Callable[[], float]
    pace: float
    path: str
    rates: Rates
    longest: int
    rows: Callable[[date, date], list[dict[str, Any]]]
    says_nothing: bool = False
    _tasks: dict[str, Task] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def routes(self) -> list[Route]:
        task = f"{self.path}/tasks/{{task_id}}"
        return [
            Route("GET", Method(_HOST, self.path, *self.rates.create), self.create),
            Route("GET", Method(_HOST, f"{task}/status", *self.rates.status), self.status),
            Route("GET", Method(_HOST, f"{task}/download", *self.rates.download), self.download),
        ]

    async def create(self, request: web.Request) -> web.Response:
        span: list[date] = []
        for name in ("dateFrom", "dateTo"):
            if name not in request.query:
                return refuse(f'parameter "{name}" in query has an error: value is required but missing')
            day = moscow_day(request.query[name])
            if day is None:
                return refuse(f"can't parse {name}")
            span.append(day)
        first, last = span
        if first > last:
            return refuse("dateTo should be greater dateFrom")
        if (last - first).days >= self.longest:
            text = f"Difference between dateFrom and dateTo should be less or equal {self.longest} days"
            return refuse(text)
        name = f"{self.path}-{self.world.sid}-{next(self._numbers)}"
        task_id = str(uuid.uuid5(NAMESPACE, name))
        self._tasks[task_id] = Task(self.clock(), first, last)
        return reply({"data": {"taskId": task_id}})

    async def status(self, request: web.Request) -> web.Response:
        task_id = request.match_info["task_id"]
        if not is_uuid(task_id):
            return refuse(f"Invalid format for parameter task_id: '{task_id}' as *uuid.UUID")
        status = self._status(task_id)
        if status is None:
            return refuse("not found", 404, "Not Found")
        return reply({"data": {"id": task_id, "status": status}})

    async def download(self, request: web.Request) -> web.Response:
        task_id = request.match_info["task_id"]
        if not is_uuid(task_id):
            return refuse(f"Invalid format for parameter task_id: '{task_id}' as *uuid.UUID")
        if self._status(task_id) != "done":
            return refuse("not found", 404, "Not Found")
        task = self._tasks[task_id]
        rows = self.rows(task.first, task.last)
        return web.Response(status=204) if self.says_nothing and not rows else reply(rows)

    def expire(self) -> None:
        """Forget all tasks, as if their time had passed."""
        self._tasks.clear()

    def _status(self, task_id: str) -> str | None:
        """``new``, ``processing``, ``done``; None when there is no such task (any more)."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        age = self.clock() - task.made
        if age > max(KEPT / self.pace, SHORTEST_LIFE):
            del self._tasks[task_id]
            return None
        if age < WAITING / self.pace:
            return "new"
        return "processing" if age < MADE / self.pace else "done"


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def refuse(detail: str, status: int = 400, title: str = "Bad Request") -> web.Response:
    """As the published examples of these reports have it."""
    value = {"detail": detail, "origin": "api-statistics", "requestId": "f9274b5d8d0a9d50ed9990d73d29f5d2"}
    return reply({**value, "title": title}, status)
