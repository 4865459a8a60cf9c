"""The published Ozon methods, under ``/ozon/…``: POST only, Client-Id and Api-Key, 50 requests a second."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from aiohttp import web

from app.sandbox.http import Handler, reply, whole
from app.sandbox.ozon.accruals import Accruals, CursorRefused
from app.sandbox.ozon.area import Area, HandsOutFiles, Route
from app.sandbox.ozon.door import NOT_FOUND, OBSOLETE, Door, error, invalid
from app.sandbox.ozon.products import LARGEST_PAGE, Products
from app.sandbox.ozon.stocks import LARGEST_PAGE as LARGEST_STOCKS
from app.sandbox.ozon.stocks import Stocks
from app.sandbox.ozon.types import TYPES
from app.sandbox.world import MOSCOW, World

EARLIEST = date(2022, 1, 1)
DEAD = ("/v3/finance/transaction/list", "/v3/finance/transaction/totals", "/v2/posting/fbo/list",
        "/v3/posting/fbs/list", "/v3/posting/fbs/unfulfilled/list", "/v1/warehouse/list")  # fmt: skip


@dataclass(frozen=True, slots=True)
class OzonMethods:
    """Handlers over one world."""

    world: World
    door: Door
    products: Products
    accruals: Accruals
    stocks: Stocks
    areas: tuple[Area, ...] = ()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the methods, the dead ones, and 404 for the rest."""
        for path, answer, rate in self._table():
            router.add_post(f"/ozon{path}", self.door.guard(answer, rate, path))
        for path in DEAD:
            router.add_post(f"/ozon{path}", self.door.guard(self.obsolete))
        for area in self.areas:
            if isinstance(area, HandsOutFiles):
                area.add_files(router)
        router.add_route("*", "/ozon/{rest:.*}", self._nothing())

    def _table(self) -> list[Route]:
        return [
            Route("/v3/product/list", self.product_list),
            Route("/v3/product/info/list", self.product_info),
            Route("/v1/finance/accrual/types", self.accrual_types),
            Route("/v1/finance/accrual/by-day", self.by_day),
            Route("/v1/analytics/stocks", self.stock_rows),
            Route("/v1/roles", self.roles),
            Route("/v1/seller/info", self.seller),
            Route("/v1/warehouse/ozon/list", self.warehouses),
            *(route for area in self.areas for route in area.routes()),
        ]

    def _nothing(self) -> Handler:
        async def handler(_request: web.Request) -> web.StreamResponse:
            return error(404, NOT_FOUND, "404 page not found")

        return handler

    async def obsolete(self, _body: dict[str, Any]) -> web.Response:
        return error(400, OBSOLETE, "obsolete method cannot be used")

    async def product_list(self, body: dict[str, Any]) -> web.Response:
        asked, limit = body.get("filter"), whole(body.get("limit", LARGEST_PAGE))
        if not isinstance(asked, dict):
            return invalid("invalid GetProductListRequest.Filter: value is required")
        if limit is None or not 1 <= limit <= LARGEST_PAGE:
            return invalid("invalid Limit: value must be inside range [1, 1000]")
        try:
            page = self.products.page(
                limit=limit,
                last_id=str(body.get("last_id") or ""),
                visibility=str(asked.get("visibility", "ALL")),
            )
        except ValueError:
            return invalid("invalid last_id")
        return reply(page)

    async def product_info(self, body: dict[str, Any]) -> web.Response:
        kinds = [kind for kind in ("offer_id", "product_id", "sku") if body.get(kind)]
        if len(kinds) != 1:
            return invalid("use either offer_id or product_id or sku")
        wanted = [str(value) for value in body[kinds[0]]]
        if len(wanted) > LARGEST_PAGE:
            return invalid("items count must be inside range [1, 1000]")
        return reply(self.products.info(kinds[0], wanted))

    async def accrual_types(self, _body: dict[str, Any]) -> web.Response:
        rows = [{"id": i, "name": name, "description": text} for i, (name, text) in TYPES.items()]
        return reply({"accrual_types": rows})

    async def by_day(self, body: dict[str, Any]) -> web.Response:
        try:
            day = date.fromisoformat(str(body.get("date")))
        except ValueError:
            return invalid("invalid date: must be in format YYYY-MM-DD")
        if day < EARLIEST:
            return invalid("invalid date: must be not earlier than 2022-01-01")
        try:
            return reply(self.accruals.page(day, str(body.get("last_id") or "")))
        except CursorRefused as refused:
            return invalid(str(refused))

    async def stock_rows(self, body: dict[str, Any]) -> web.Response:
        skus = body.get("skus")
        if not isinstance(skus, list) or not 1 <= len(skus) <= LARGEST_STOCKS:
            return invalid("invalid skus: value must contain between 1 and 100 items, inclusive")
        return reply({"items": self.stocks.rows([int(s) for s in skus if str(s).isdigit()])})

    async def roles(self, _body: dict[str, Any]) -> web.Response:
        noon = datetime.combine(self.world.today, time(12, 0), MOSCOW)
        expires = noon + timedelta(days=self.door.key_expires_in_days)
        methods = [route.path for route in self._table()]
        stamp = expires.astimezone(self.world.now.tzinfo).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return reply({"expires_at": stamp, "roles": [{"name": "Admin read only", "methods": methods}]})

    async def seller(self, _body: dict[str, Any]) -> web.Response:
        company = {
            "name": "Тёплый Дом",
            "ownership_form": "ИП",
            "legal_name": "ИП Тёплова А. С.",
            "inn": "770000000000",
            "ogrn": "",
            "tax_system": "USN",
            "currency": "RUB",
            "country": "RUS",
        }
        ratings = [{"name": "Оценка товаров", "value_type": "REVIEW_SCORE", "status": "OK"}]
        subscription = {"is_premium": True, "type": "PREMIUM_LITE"}
        return reply({"company": company, "subscription": subscription, "ratings": ratings})

    async def warehouses(self, _body: dict[str, Any]) -> web.Response:
        return reply({"warehouses": self.stocks.warehouses()})
