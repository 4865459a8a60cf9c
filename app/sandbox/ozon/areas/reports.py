"""Reports that are ordered, looked after through /v1/report/info, and fetched from another address.

A report keeps what it was made of, its link lives a while and then tells 403 with XML, as seen live.
"""

import itertools
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from aiohttp import web

from app.sandbox.http import reply
from app.sandbox.limits import Rate
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.door import ASKED_AT, NOT_FOUND, error
from app.sandbox.world import NAMESPACE, World
from app.sandbox.xlsx import CONTENT_TYPE, Row, workbook

FILES = "/ozon-files"
WAITING, MADE, KEPT = 5.0, 20.0, 86_400.0
SHORTEST_LIFE = 60.0
TOO_OLD = "<Error><Code>AccessDenied</Code><Message>validate error: signature is too old</Message></Error>"

Make = Callable[[], list[Row]]


class Kind(NamedTuple):
    """A kind of report. ``order`` reads what was asked and says how to make it, or raises
    ``app.sandbox.http.Refused``; ``is_within``: its code is told within ``result``."""

    path: str
    report_type: str
    order: Callable[[World, dict[str, Any]], Make]
    is_within: bool
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Ordered at ``made`` (seconds of the sandbox's clock)."""

    kind: Kind
    made: float
    asked: dict[str, str]
    make: Make


@dataclass(slots=True)
class Reports:
    """All kinds of reports of one world. Waiting times are divided by ``pace``."""

    world: World
    clock: Callable[[], float]
    pace: float
    kinds: Sequence[Kind]
    _reports: dict[str, Report] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def routes(self) -> list[Route]:
        made = [Route(kind.path, self._order(kind), kind.rate) for kind in self.kinds]
        return [*made, Route("/v1/report/info", self.info)]

    def add_files(self, router: web.UrlDispatcher) -> None:
        """The files lie outside the API: whoever has the link may read."""
        router.add_get(f"{FILES}/{{seller}}/{{code}}.xlsx", self.file)

    def expire(self) -> None:
        """Forget all reports, as if their time had passed."""
        self._reports.clear()

    def _order(self, kind: Kind) -> Callable[[dict[str, Any]], Any]:
        async def order(body: dict[str, Any]) -> web.Response:
            make = kind.order(self.world, body)
            name = uuid.uuid5(NAMESPACE, f"{kind.path}-{self.world.ozon_client_id}-{next(self._numbers)}")
            code = f"REPORT_{kind.report_type.lower()}_{self.world.ozon_client_id}_{name}"
            asked = {key: str(value) for key, value in body.items()}
            self._reports[code] = Report(kind, self.clock(), asked, make)
            return reply({"result": {"code": code}} if kind.is_within else {"code": code})

        return order

    async def info(self, body: dict[str, Any]) -> web.Response:
        code = str(body.get("code", ""))
        status = self._status(code)
        if status is None:
            return error(404, NOT_FOUND, "report not found")
        report, done = self._reports[code], status == "success"
        expires = (self.world.now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z") if done else ""
        address = f"{ASKED_AT.get()}{FILES}/{self.world.ozon_client_id}/{code}.xlsx" if done else ""
        told = {
            "code": code,
            "status": status,
            "error": "",
            "file": address,
            "report_type": report.kind.report_type,
            "params": report.asked,
            "created_at": self.world.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "expires_at": expires,
        }
        return reply({"result": told})

    async def file(self, request: web.Request) -> web.Response:
        code = request.match_info["code"]
        if self._status(code) != "success":
            return web.Response(text=TOO_OLD, status=403, content_type="application/xml")
        return web.Response(body=workbook(self._reports[code].make()), content_type=CONTENT_TYPE)

    def _status(self, code: str) -> str | None:
        """``waiting``, ``processing``, ``success``; None when there is no such report (any more)."""
        report = self._reports.get(code)
        if report is None:
            return None
        age = self.clock() - report.made
        if age > max(KEPT / self.pace, SHORTEST_LIFE):
            del self._reports[code]
            return None
        if age < WAITING / self.pace:
            return "waiting"
        return "processing" if age < MADE / self.pace else "success"
