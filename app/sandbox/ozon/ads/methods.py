"""The published methods of the Performance API, under ``/performance/…``."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from aiohttp import web

from app.sandbox.http import Handler, moscow_day, reply
from app.sandbox.money import booked
from app.sandbox.ozon.ads.door import AdsDoor, Answer, refuse
from app.sandbox.ozon.ads.promotion import RUNNING, SKU, Campaign, CampaignDay, Promotion, SkuDay
from app.sandbox.world import MOSCOW, NAMESPACE, World

BY_SKU_AT_ONCE, EXPORT_AT_ONCE, EXPORT_DAYS = 30, 10, 62
WAITING, MADE, KEPT = 5.0, 20.0, 7_200.0
SHORTEST_LIFE = 60.0
PAGES = ("Поиск и категории", "Карточка товара")


class Ordered(NamedTuple):
    """A report ordered at ``made`` (seconds of the sandbox's clock)."""

    made: float
    campaigns: tuple[int, ...]
    first: date
    last: date


@dataclass(slots=True)
class Performance:
    """Handlers over one world. Waiting times are divided by ``pace``; ``page_size`` caps the one asked."""

    world: World
    door: AdsDoor
    clock: Callable[[], float]
    pace: float
    page_size: int = 100
    promotion: Promotion = field(init=False)
    _reports: dict[str, Ordered] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.promotion = Promotion(self.world)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the methods, and 404 for the rest."""
        client = "/performance/api/client"
        router.add_post(f"{client}/token", self.door.token)
        table: list[tuple[str, str, Answer]] = [
            ("GET", "campaign", self.listed),
            # It changes what a seller pays, and is a GET all the same.
            ("GET", "campaign/all_sku_promo/activate", self.activate),
            ("GET", "statistics/expense/json", self.expense),
            ("POST", "statistics/products/sku", self.by_sku),
            ("POST", "statistics/json", self.order),
            ("GET", "statistics/report", self.report),
            ("GET", "statistics/{uuid}", self.state),
        ]
        for verb, path, answer in table:
            router.add_route(verb, f"{client}/{path}", self.door.guard(answer))
        router.add_route("*", "/performance/{rest:.*}", self._nothing())

    def expire(self) -> None:
        """Forget all reports and tokens, as if their time had passed."""
        self._reports.clear()
        self.door.expire()

    async def listed(self, request: web.Request, _body: dict[str, Any]) -> web.Response:
        page, size = (_whole(request.query.get(name, "1")) for name in ("page", "pageSize"))
        if page is None or size is None or page < 1 or size < 1:
            raise refuse(400, "page and pageSize start from 1")
        size = min(size, self.page_size)
        found = self.promotion.campaigns
        shown = [self._about(each) for each in found[(page - 1) * size : page * size]]
        return reply({"list": shown})

    async def activate(self, _request: web.Request, _body: dict[str, Any]) -> web.Response:
        raise AssertionError("whoever only reads must never ask for this")

    async def expense(self, request: web.Request, _body: dict[str, Any]) -> web.Response:
        first, last = (moscow_day(request.query.get(name)) for name in ("dateFrom", "dateTo"))
        if first is None or last is None or first > last:
            raise refuse(400, "invalid dateFrom or dateTo")
        return reply({"rows": [_spent(self.world.day(t), each) for t, each in self._days(first, last)]})

    async def by_sku(self, _request: web.Request, body: dict[str, Any]) -> web.Response:
        asked = {_whole(each) for each in body.get("campaignIds") or ()}
        first, last = (moscow_day(body.get(name)) for name in ("date_from", "date_to"))
        if not asked:
            raise refuse(400, "empty campaigns")
        if len(asked) > BY_SKU_AT_ONCE:
            raise refuse(400, "too many campaigns")
        today = self.world.today
        if first is None or last is None or not today - timedelta(days=1) <= first <= last <= today:
            raise refuse(400, "statistics are available for today and yesterday only")
        days = [(t, each) for t, each in self._days(first, last) if each.campaign.id in asked]
        return reply({"rows": [self._row(t, each, sku) for t, each in days for sku in each.skus]})

    async def order(self, _request: web.Request, body: dict[str, Any]) -> web.Response:
        asked = [_whole(each) for each in body.get("campaigns") or ()]
        first, last = (moscow_day(body.get(name)) for name in ("dateFrom", "dateTo"))
        if not 1 <= len(asked) <= EXPORT_AT_ONCE or None in asked:
            raise refuse(400, "campaigns: from 1 to 10")
        if first is None or last is None or first > last or (last - first).days >= EXPORT_DAYS:
            raise refuse(400, f"the period is {EXPORT_DAYS} days at most")
        if any(self._state(name) not in ("OK", None) for name in list(self._reports)):
            raise refuse(429, "Превышен лимит активных запросов (максимум 1)")
        name = str(uuid.uuid5(NAMESPACE, f"{self.world.ozon_ads_client_id}-{next(self._numbers)}"))
        self._reports[name] = Ordered(self.clock(), tuple(each for each in asked if each), first, last)
        return reply({"UUID": name, "vendor": False})

    async def state(self, request: web.Request, _body: dict[str, Any]) -> web.Response:
        name = request.match_info["uuid"]
        state = self._state(name)
        if state is None:
            raise refuse(404, "report not found")
        link = f"/api/client/statistics/report?UUID={name}" if state == "OK" else ""
        return reply({"UUID": name, "state": state, "link": link, "kind": "STATS"})

    async def report(self, request: web.Request, _body: dict[str, Any]) -> web.Response:
        name = request.query.get("UUID", "")
        if self._state(name) != "OK":
            raise refuse(404, "report not found")
        ordered = self._reports[name]
        titles = {each.id: each.title for each in self.promotion.campaigns}
        told: dict[str, Any] = {
            str(number): {"title": titles.get(number, ""), "report": {"rows": []}}
            for number in ordered.campaigns
        }
        for t, day in self._days(ordered.first, ordered.last):
            if day.campaign.id in ordered.campaigns:
                rows = (row for sku in day.skus for row in self._by_page(t, sku))
                told[str(day.campaign.id)]["report"]["rows"] += rows
        return reply(told)

    def _state(self, name: str) -> str | None:
        """None when there is no such report (any more)."""
        ordered = self._reports.get(name)
        if ordered is None:
            return None
        age = self.clock() - ordered.made
        if age > max(KEPT / self.pace, SHORTEST_LIFE):
            del self._reports[name]
            return None
        if age < WAITING / self.pace:
            return "NOT_STARTED"
        return "IN_PROGRESS" if age < MADE / self.pace else "OK"

    def _days(self, first: date, last: date) -> Iterator[tuple[int, CampaignDay]]:
        for t in range(self.world.t(first), self.world.t(last) + 1):
            if self.world.shown(t):
                yield from ((t, each) for each in self.promotion.days(t))

    def _about(self, each: Campaign) -> dict[str, Any]:
        created = datetime.combine(each.created, time(9, 14, 7), MOSCOW).astimezone(self.world.now.tzinfo)
        stamp = created.strftime("%Y-%m-%dT%H:%M:%S.044055Z")
        return {
            "id": str(each.id),
            "paymentType": "CPC" if each.kind == SKU else "CPO",
            "title": each.title,
            "state": f"CAMPAIGN_STATE_{each.state}",
            "advObjectType": each.kind,
            "fromDate": each.created.isoformat(),
            "toDate": "",
            "dailyBudget": str(500 * 1_000_000) if each.state == RUNNING else "0",
            "placement": "PLACEMENT_TOP_PROMOTION" if each.kind == SKU else "PLACEMENT_INVALID",
            "budget": "0",
            "createdAt": stamp,
            "updatedAt": stamp,
            "productCampaignMode": "PRODUCT_CAMPAIGN_MODE_AUTO",
            "productAutopilotStrategy": "NO_AUTO_STRATEGY",
            "isAutocreated": False,
            "autostopStatus": "AUTOSTOP_STATUS_NONE",
            "weeklyBudget": "0",
        }

    def _row(self, t: int, day: CampaignDay, sku: SkuDay) -> dict[str, Any]:
        """Of products/sku: a dot in the decimals."""
        price = int(self.world.ozon.price_on(self.world.day(t))[sku.row])
        return {
            "date": self.world.day(t).isoformat(),
            "campaignId": str(day.campaign.id),
            "sku": str(self.world.ozon.shelf.item_id[sku.row]),
            "price": booked(price),
            "views": str(sku.views),
            "clicks": str(sku.clicks),
            "ctr": round(sku.clicks / sku.views * 100, 2) if sku.views else 0,
            "toCart": str(sku.carts),
            "avgCpc": booked(sku.spend // sku.clicks if sku.clicks else 0),
            "expense": booked(sku.spend),
            "orders": str(sku.orders),
            "sales": booked(sku.revenue),
            "modelOrders": "0",
            "modelSales": "0.00",
            "drr": round(sku.spend / sku.revenue * 100, 1) if sku.revenue else 0,
            "dateAdded": day.campaign.created.isoformat(),
        }

    def _by_page(self, t: int, sku: SkuDay) -> Iterator[dict[str, str]]:
        """Rows of a report: a SKU once for each kind of page, a comma in the decimals, no zeros."""
        second = SkuDay(sku.row, sku.views // 3, sku.clicks // 3, sku.carts // 3, 0, sku.spend // 3, 0)
        first = SkuDay(
            sku.row,
            sku.views - second.views,
            sku.clicks - second.clicks,
            sku.carts - second.carts,
            sku.orders,
            sku.spend - second.spend,
            sku.revenue,
        )
        for page, part in zip(PAGES, (first, second), strict=True):
            told = {
                "views": str(part.views),
                "clicks": str(part.clicks),
                "toCart": str(part.carts),
                "moneySpent": _comma(part.spend),
                "orders": str(part.orders),
                "ordersMoney": _comma(part.revenue),
            }
            yield {
                "date": f"{self.world.day(t):%d.%m.%Y}",
                "pageType": page,
                "sku": str(self.world.ozon.shelf.item_id[sku.row]),
                **{name: value for name, value in told.items() if value not in ("0", "0,00")},
            }

    def _nothing(self) -> Handler:
        async def handler(_request: web.Request) -> web.StreamResponse:
            return reply({"error": "Not Found"}, 404)

        return handler


def _spent(d: date, day: CampaignDay) -> dict[str, str]:
    """Of expense: bonuses and the prepaid account are parts of what was spent."""
    return {
        "id": str(day.campaign.id),
        "date": d.isoformat(),
        "title": day.campaign.title,
        "moneySpent": _comma(day.money + day.bonus),
        "bonusSpent": _comma(day.bonus),
        "prepaymentSpent": _comma(day.prepaid),
    }


def _comma(kopecks: int) -> str:
    return booked(kopecks).replace(".", ",")


def _whole(told: Any) -> int | None:
    return int(told) if str(told).isdecimal() else None
