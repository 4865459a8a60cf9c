"""nm-report/downloads: STOCK_HISTORY_DAILY_CSV, ordered under the seller's own number, a ZIP in the end."""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from app.sandbox.http import body_of, is_uuid, moscow_day, reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.areas.errors import bad_request
from app.sandbox.wb.areas.stock_now import PSEUDO_NAME
from app.sandbox.wb.door import HOUR, Method
from app.sandbox.world import MOSCOW, World

_PATH = "/api/v2/nm-report/downloads"
CREATE = Method("seller-analytics-api", _PATH, Rate(20.0, 3), Rate(HOUR))
LIST = Method("seller-analytics-api", _PATH, Rate(20.0, 3), Rate(HOUR), twin="#list")
FILE = Method("seller-analytics-api", f"{_PATH}/file/{{downloadId}}", Rate(20.0, 3), Rate(HOUR))
REPORT = "STOCK_HISTORY_DAILY_CSV"
WAITING, MADE, KEPT = 5.0, 65.0, 48 * HOUR
SHORTEST_LIFE = 60.0
HEAD = ("VendorCode", "Name", "NmID", "SubjectName", "BrandName", "SizeName", "ChrtID", "OfficeName")
NO_SIZE = "0"
"""What the catalogue calls the only size of a card; this report writes a dash."""


@dataclass(frozen=True, slots=True)
class Order:
    """A report ordered at ``made`` (seconds of the sandbox's clock)."""

    number: str
    made: float
    name: str
    first: date
    last: date
    stock_type: str


@dataclass(slots=True)
class StockHistory:
    """Reports of one world. Waiting times are divided by ``pace``; a report outlives them by far."""

    world: World
    clock: Callable[[], float]
    pace: float
    _orders: dict[str, Order] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("POST", CREATE, self.create),
            Route("GET", LIST, self.list),
            Route("GET", FILE, self.file),
        ]

    async def create(self, request: web.Request) -> web.Response:
        body = await body_of(request) or {}
        number, params = body.get("id"), body.get("params")
        if body.get("reportType") != REPORT:
            return bad_request(f"reportType: only {REPORT} is made without a subscription here")
        if not isinstance(number, str) or not is_uuid(number) or not isinstance(params, dict):
            return bad_request("invalid: id, params (field required)")
        if self._live(number) is not None:
            return bad_request(f"download id {number} already exists")
        period = params.get("currentPeriod") or {}
        first, last = moscow_day(period.get("start")), moscow_day(period.get("end"))
        if first is None or last is None or not first <= last <= self.world.today:
            return bad_request("invalid: params.currentPeriod")
        stock_type, skips = params.get("stockType"), params.get("skipDeletedNm")
        if stock_type not in ("", "wb", "mp") or not isinstance(skips, bool):
            return bad_request("invalid: params.stockType, params.skipDeletedNm (field required)")
        name = str(body.get("userReportName") or "Остатки по дням")
        self._orders[number] = Order(number, self.clock(), name, first, last, stock_type)
        return reply({"data": "Началось формирование файла/отчета"})

    async def list(self, request: web.Request) -> web.Response:
        told = request.query.getall("filter[downloadIds]", [])
        wanted = {number for each in told for number in each.split(",")}
        if not all(is_uuid(number) for number in wanted):
            return bad_request("invalid: filter[downloadIds]")
        live = [order for number in list(self._orders) if (order := self._live(number)) is not None]
        return reply({"data": [self._show(order) for order in live if not wanted or order.number in wanted]})

    async def file(self, request: web.Request) -> web.Response:
        order = self._live(request.match_info["downloadId"])
        if order is None or self._status(order) != "SUCCESS":
            return bad_request("download id was not found")
        return web.Response(body=self._archive(order), content_type="application/zip")

    def _live(self, number: str) -> Order | None:
        order = self._orders.get(number)
        if order is not None and self.clock() - order.made > max(KEPT / self.pace, SHORTEST_LIFE):
            del self._orders[number]
            return None
        return order

    def _status(self, order: Order) -> str:
        age = (self.clock() - order.made) * self.pace
        return "WAITING" if age < WAITING else "PROCESSING" if age < MADE else "SUCCESS"

    def _show(self, order: Order) -> dict[str, Any]:
        status = self._status(order)
        return {
            "id": order.number,
            "createdAt": f"{self.world.now.astimezone(MOSCOW):%Y-%m-%d %H:%M:%S}",
            "status": status,
            "name": order.name,
            "size": len(self._archive(order)) if status == "SUCCESS" else 0,
            "startDate": order.first.isoformat(),
            "endDate": order.last.isoformat(),
        }

    def _archive(self, order: Order) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{order.number}.csv", self._table(order))
        return packed.getvalue()

    def _table(self, order: Order) -> str:
        """Stock at the end of each day; nothing lay there on days before the history."""
        shelf, diary = self.world.wb.shelf, self.world.wb.diary
        span = (order.last - order.first).days + 1
        days = [order.first + timedelta(days=n) for n in range(span)]
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow([*HEAD, *(f"{day:%d.%m.%Y}" for day in days)])
        none = [0] * len(shelf)
        shown = [self.world.t(day) for day in days]
        levels = [diary[t].tolist() if self.world.shown(t) else none for t in shown]
        nm, chrt = shelf.card_id.tolist(), shelf.item_id.tolist()
        for i in range(len(shelf) if order.stock_type != "mp" else 0):
            size = "-" if shelf.size[i] == NO_SIZE else shelf.size[i]
            about = (shelf.article[i], shelf.title[i], nm[i], shelf.subject[i], shelf.brand[i], size, chrt[i])
            table.writerow([*about, PSEUDO_NAME, *(level[i] for level in levels)])
        return text.getvalue()
