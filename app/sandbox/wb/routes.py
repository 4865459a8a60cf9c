"""The published WB methods, under ``/wb/{host}/…``; a wrong host or path is 404 as in life."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.sandbox.http import Handler, body_of, is_uuid, moscow_day, moscow_moment, reply, whole
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Area
from app.sandbox.wb.columns import ORDER
from app.sandbox.wb.content import LARGEST_PAGE, Content
from app.sandbox.wb.door import HOUR, MINUTE, Door, Method
from app.sandbox.wb.finance import FinanceRows, Header
from app.sandbox.wb.remains import Remains
from app.sandbox.wb.reports import Reports
from app.sandbox.wb.statistics import Statistics
from app.sandbox.wb.tokens import HOST_SCOPES
from app.sandbox.world import World

ANALYTICS, STATISTICS, FINANCE = "seller-analytics-api", "statistics-api", "finance-api"
CARDS = Method("content-api", "/content/v2/get/cards/list", Rate(0.6, 5), Rate(0.6, 5))
SALES = Method(STATISTICS, "/api/v1/supplier/sales", Rate(MINUTE), Rate(2 * HOUR))
ORDERS = Method(STATISTICS, "/api/v1/supplier/orders", Rate(MINUTE, 10), Rate(3 * HOUR))
REMAINS = Method(ANALYTICS, "/api/v1/warehouse_remains", Rate(MINUTE, 5), Rate(HOUR / 4))
REMAINS_STATUS = Method(
    ANALYTICS, "/api/v1/warehouse_remains/tasks/{task_id}/status", Rate(5.0, 5), Rate(HOUR / 4)
)
REMAINS_FILE = Method(
    ANALYTICS, "/api/v1/warehouse_remains/tasks/{task_id}/download", Rate(MINUTE), Rate(HOUR / 4)
)
DETAILED = Method(FINANCE, "/api/finance/v1/sales-reports/detailed", Rate(MINUTE), Rate(12 * HOUR))
REPORTS = Method(FINANCE, "/api/finance/v1/sales-reports/list", Rate(MINUTE), None)
SELLER = Method("common-api", "/api/v1/seller-info", Rate(MINUTE, 10), Rate(24 * HOUR))
PING_RATE = Rate(10.0, 99)
GROUPS = ("Brand", "Subject", "Sa", "Nm", "Barcode", "Size")
LARGEST_FINANCE_PAGE, LARGEST_LIST = 100_000, 1_000


@dataclass(frozen=True, slots=True)
class WbMethods:
    """Handlers over one world; they read the request, ask, and dress the answer."""

    world: World
    door: Door
    content: Content
    statistics: Statistics
    remains: Remains
    finance: FinanceRows
    reports: Reports
    areas: tuple[Area, ...] = ()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register every method of the table and ``/ping`` on every host."""
        table: list[tuple[str, Method, Any]] = [
            ("POST", CARDS, self.cards),
            ("GET", SALES, self.sales),
            ("GET", ORDERS, self.orders),
            ("GET", REMAINS, self.remains_order),
            ("GET", REMAINS_STATUS, self.remains_status),
            ("GET", REMAINS_FILE, self.remains_file),
            ("POST", DETAILED, self.detailed),
            ("POST", REPORTS, self.report_list),
            ("GET", SELLER, self.seller),
        ]
        for area in self.areas:
            table += area.routes()
        for verb, method, handler in table:
            router.add_route(verb, f"/wb/{method.host}{method.path}", self.door.guard(method, handler))
        for host in HOST_SCOPES:
            ping = Method(host, "/ping", PING_RATE, PING_RATE)
            router.add_route("GET", f"/wb/{host}/ping", self.door.guard(ping, self.ping))
        router.add_route("*", "/wb/{rest:.*}", self._nothing())

    def _nothing(self) -> Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            detail = "see https://dev.wildberries.ru/ for the available methods"
            return self.door.problem(404, "path not found", detail, code=f"no route for {request.path}")

        return handler

    async def ping(self, _request: web.Request) -> web.Response:
        return reply({"TS": self.world.now.isoformat(), "Status": "OK"})

    async def seller(self, _request: web.Request) -> web.Response:
        return reply(
            {
                "name": "ИП Тёплова А. С.",
                "sid": self.world.sid,
                "tin": "770000000000",
                "tradeMark": "Тёплый Дом",
                "country": "Россия",
            }
        )

    async def cards(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        settings = (body or {}).get("settings", {})
        if body is None or not isinstance(settings, dict):
            return _content_error("Некорректный запрос")
        cursor = settings.get("cursor", {})
        limit = whole(cursor.get("limit", 10))
        if limit is None or not 1 <= limit <= LARGEST_PAGE:
            return _content_error(f"Максимальное количество карточек в ответе — {LARGEST_PAGE}")
        after = (cursor["updatedAt"], cursor.get("nmID", 0)) if cursor.get("updatedAt") else None
        search = str(settings.get("filter", {}).get("textSearch", ""))
        ascending = bool(settings.get("sort", {}).get("ascending", False))
        return reply(self.content.page(limit=limit, after=after, ascending=ascending, search=search))

    async def sales(self, request: web.Request) -> web.Response:
        return self._statistics(request, "sales")

    async def orders(self, request: web.Request) -> web.Response:
        return self._statistics(request, "orders")

    def _statistics(self, request: web.Request, which: str) -> web.Response:
        if "dateFrom" not in request.query:
            return reply({"errors": ["dateFrom: field required"]}, 400)
        since, flag = moscow_moment(request.query["dateFrom"]), request.query.get("flag", "0")
        if since is None:
            return reply({"errors": "dateFrom: Value not validated"}, 400)
        if flag not in ("0", "1"):
            return reply({"errors": "flag: Value not validated"}, 400)
        ask = self.statistics.sales if which == "sales" else self.statistics.orders
        rows = ask(since, whole_day=flag == "1")
        return web.Response(text=rows.write_json() if rows.height else "[]", content_type="application/json")

    async def remains_order(self, request: web.Request) -> web.Response:
        groups = set()
        for name in GROUPS:
            value = request.query.get(f"groupBy{name}", "false")
            if value not in ("true", "false"):
                return _analytics_error(f'parameter "groupBy{name}" in query has an error: invalid value')
            if value == "true":
                groups.add(name)
        return reply({"data": {"taskId": self.remains.tasks.order(frozenset(groups))}})

    async def remains_status(self, request: web.Request) -> web.Response:
        task_id = request.match_info["task_id"]
        if not is_uuid(task_id):
            return _analytics_error(f"Invalid format for parameter task_id: '{task_id}' as *uuid.UUID")
        status = self.remains.tasks.status(task_id)
        if status is None:
            return _analytics_error("not found", 404, "Not Found")
        return reply({"data": {"id": task_id, "status": status}})

    async def remains_file(self, request: web.Request) -> web.Response:
        task_id = request.match_info["task_id"]
        if not is_uuid(task_id):
            return _analytics_error(f"Invalid format for parameter task_id: '{task_id}' as *uuid.UUID")
        rows = self.remains.report(task_id)
        return _analytics_error("not found", 404, "Not Found") if rows is None else reply(rows)

    async def detailed(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        if body is None:
            return _finance_error("decode error: invalid JSON")
        first, last = moscow_day(body.get("dateFrom")), moscow_day(body.get("dateTo"))
        if first is None or last is None:
            return _finance_error(f"decode error: missing {'dateTo' if first else 'dateFrom'} params")
        limit, after = whole(body.get("limit", LARGEST_FINANCE_PAGE)), whole(body.get("rrdId", 0))
        period, fields = body.get("period", "weekly"), body.get("fields")
        if limit is None or not 0 < limit <= LARGEST_FINANCE_PAGE:
            return _finance_error("decode error: Field validation for 'Limit' failed on the 'lte' tag")
        if fields is not None and not (isinstance(fields, list) and set(fields) & set(ORDER)):
            return _finance_error("decode error: Field validation for 'Fields' failed")
        if after is None or period not in ("daily", "weekly"):
            return _finance_error("decode error: Field validation for 'Period' failed on the 'oneof' tag")
        weekly = period == "weekly"
        rows = self.finance.page(
            self.reports.days(first, last, weekly=weekly),
            Header(weekly=weekly, oid=self.world.oid),
            after=after,
            limit=limit,
            fields=fields,
        )
        if not rows.height:
            return web.Response(status=204)
        return web.Response(text=rows.write_json(), content_type="application/json")

    async def report_list(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        first, last = (moscow_day((body or {}).get(name)) for name in ("dateFrom", "dateTo"))
        if body is None or first is None or last is None:
            return _finance_error("decode error: missing dateTo params")
        limit, offset = whole(body.get("limit", LARGEST_LIST)), whole(body.get("offset", 0))
        if limit is None or offset is None or not 0 < limit <= LARGEST_LIST or offset < 0:
            return _finance_error("decode error: Field validation for 'Limit' failed on the 'lte' tag")
        weekly = body.get("period", "weekly") == "weekly"
        found = self.reports.headers(first, last, weekly=weekly)[offset : offset + limit]
        return reply(found) if found else web.Response(status=204)


def _content_error(text: str) -> web.Response:
    return reply({"data": None, "error": True, "errorText": text, "additionalErrors": {}}, 400)


def _analytics_error(detail: str, status: int = 400, title: str = "Bad Request") -> web.Response:
    value = {"detail": detail, "origin": "api-statistics", "requestId": "6a6c2fba81f08e58", "title": title}
    return reply(value, status)


def _finance_error(detail: str) -> web.Response:
    value = {
        "status": 400,
        "title": "GetReportDetailByPeriodNB decode error",
        "detail": f"GetReportDetailByPeriodNB {detail}",
        "requestId": "b065c204-c5f7-431b-b12c-d4c2cc6347ec",
        "origin": "open-api-finreports",
    }
    return reply(value, 400)
