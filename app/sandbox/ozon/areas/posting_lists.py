"""posting/fbo/list and posting/fbs/list: orders with the status they have now, oldest first.

A page that is full says there is a next one, which may be empty; the last one has a cursor too.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from aiohttp import web

from app.sandbox.http import Refused, reply
from app.sandbox.ledger import FBS, LINE, RFBS, Lines
from app.sandbox.money import booked
from app.sandbox.ozon import fees, postings
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.areas.asking import limit, part, period
from app.sandbox.ozon.door import invalid
from app.sandbox.ozon.own_places import own_places, place_of
from app.sandbox.ozon.stocks import PLACES
from app.sandbox.world import World

FBO_LIST, FBS_LIST, WAREHOUSES = "/v3/posting/fbo/list", "/v4/posting/fbs/list", "/v2/warehouse/list"
LARGEST_PAGE = 100
SUBSTATUSES = {
    "awaiting_packaging": "posting_created",
    "awaiting_deliver": "posting_transferring_to_delivery",
    "delivering": "posting_on_way_to_city",
    "delivered": "posting_received",
    "cancelled": "posting_canceled",
}
REFUSED, CALLED_OFF = "Покупатель отказался при вручении", "Покупатель передумал"
NAMES = ("Иван Ветров", "Мария Осенняя", "Пётр Лужин")
"""Buyers, so that it can be seen that nobody keeps them."""


class Place(NamedTuple):
    """Where a page begins: after posting ``posting`` of day ``t``."""

    t: int
    posting: int


@dataclass(frozen=True, slots=True)
class PostingLists:
    """Orders of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [Route(FBO_LIST, self.fbo), Route(FBS_LIST, self.fbs), Route(WAREHOUSES, self.warehouses)]

    async def fbo(self, body: dict[str, Any]) -> web.Response:
        return self._page(body, own=False)

    async def fbs(self, body: dict[str, Any]) -> web.Response:
        if not own_places(self.world):
            # Seen of sellers that sell by FBO alone; in what words is not known (facts/ozon.md section 3).
            raise Refused(invalid("the seller does not work by this scheme"))
        return self._page(body, own=True)

    async def warehouses(self, _body: dict[str, Any]) -> web.Response:
        told = [each._asdict() | {"status": "created"} for each in own_places(self.world)]
        return reply({"warehouses": told, "has_next": False, "cursor": ""})

    def _page(self, body: dict[str, Any], *, own: bool) -> web.Response:
        asked, many = part(body, "filter"), limit(body, LARGEST_PAGE)
        since, to = period(asked, "since", "to")
        after = _read(str(body.get("cursor") or ""))
        parts, left = [np.empty(0, dtype=LINE)], many
        for lines in self._days(since, to, after, asked.get("statuses"), own=own):
            spans = list(postings.spans(lines))[:left]
            parts.append(lines[: spans[-1][1]] if spans else lines[:0])
            left -= len(spans)
            if not left:
                break
        page = Page(self.world, np.concatenate(parts))
        show = page.fbs if own else page.fbo
        wanted = body.get("with") or {}
        told = [show(first, end, wanted) for first, end in page.spans]
        at = Place(page.day[-1], page.posting[-1]) if told else after
        return reply({"postings": told, "has_next": not left, "cursor": _cursor(at)})

    def _days(
        self, since: datetime, to: datetime, after: Place, statuses: Any, *, own: bool
    ) -> Iterator[Lines]:
        """Day by day, the lines of the period whose postings come after ``after``."""
        world = self.world
        first, last = postings.seconds(world, since), postings.seconds(world, to)
        shift = postings.TAKEN_INTO_WORK if own else 0
        begin = max(world.first_t, int(first // 86_400) - 1, after.t)
        for t in range(begin, min(world.now_t, int(last // 86_400) + 1)):
            lines = world.ozon.ledger.placed(t)
            moments = postings.moments(lines) + shift
            there = (moments >= first) & (moments <= last)
            there &= ((lines["flags"] & (FBS | RFBS)) != 0) == own
            if t == after.t:
                there &= lines["posting"] > after.posting
            if statuses:
                there &= np.isin(postings.statuses(lines, world.now_t), statuses)
            yield lines[there]


class Page:
    """Postings to be shown: the columns of their lines as plain lists, worked out once a page."""

    def __init__(self, world: World, lines: Lines) -> None:
        shelf, money = world.ozon.shelf, fees.commission(lines, world.ozon.shelf)
        self.world = world
        self.spans = list(postings.spans(lines))
        self.number, self.scheme = postings.numbers(lines), postings.schemes(lines)
        self.status = postings.statuses(lines, world.now_t)
        self.moment: list[int] = postings.moments(lines).tolist()
        self.is_by_partner: list[bool] = fees.is_by_partner(lines).tolist()
        self.day, self.posting, self.cancel, self.place, self.region, self.qty, self.price, self.disc = (
            lines[name].tolist()
            for name in ("day", "posting", "cancel", "place", "region", "qty", "price", "disc")
        )
        rows = lines["sku"].tolist()
        self.title = [shelf.title[row] for row in rows]
        self.article = [shelf.article[row] for row in rows]
        self.sku: list[int] = shelf.item_id[lines["sku"]].tolist()
        self.list_price: list[int] = shelf.list_price[lines["sku"]].tolist()
        self.commission: list[int] = money.sale_commission.tolist()
        self.payout: list[int] = (money.sale_amount + money.sale_commission).tolist()
        self.percent: list[int] = np.rint(money.ratio / 100).astype(int).tolist()

    def fbo(self, at: int, end: int, wanted: dict[str, Any]) -> dict[str, Any]:
        """A posting of the lines ``at``..``end``, as FBO's list has it."""
        place = PLACES[self.place[at]]
        data = {
            "city": "",
            "client_delivery_date_begin": None,
            "client_delivery_date_end": None,
            "delivery_type": "PVZ",
            "is_legal": False,
            "is_premium": False,
            "payment_type_group_name": "Карты оплаты",
            "warehouse_id": place.warehouse_id,
            "warehouse_name": place.name,
        }
        common = self._common(at, end, wanted)
        return common | {
            "additional_data": [],
            "analytics_data": data if wanted.get("analytics_data") else None,
            "cancel_reason_id": 79 if self.status[at] == "cancelled" else 0,
            "created_at": postings.stamp(self.world, self.moment[at]),
            "in_process_at": postings.stamp(self.world, self.moment[at] + 7),
            "products": [each | {"digital_codes": []} for each in self._products(at, end)],
        }

    def fbs(self, at: int, end: int, wanted: dict[str, Any]) -> dict[str, Any]:
        """The same, as the list of FBS and rFBS has it."""
        scheme = self.scheme[at]
        is_rfbs, place = scheme == "RFBS", place_of(scheme)
        flow = "ozon"
        if is_rfbs:
            flow = "aggregator" if self.is_by_partner[at] else "non_integrated"
        carrier = "Ozon" if flow == "ozon" else "Своя доставка"
        goes = {"tpl_provider": carrier, "tpl_provider_id": 24, "warehouse_id": place.warehouse_id}
        data = {
            "city": "Казань",
            "delivery_type": "PVZ" if flow == "ozon" else "Courier",
            "is_legal": False,
            "is_premium": False,
            "payment_type_group_name": "Карты оплаты",
            "region": "Республика Татарстан",
            "warehouse": place.name,
            **goes,
        }
        who = NAMES[self.posting[at] % len(NAMES)]
        buyer = {
            "address": {"address_tail": "ул. Баумана, 1, кв. 2", "city": "Казань", "zip_code": "420111"},
            "customer_email": "buyer@example.org",
            "customer_id": 12_345_678,
            "name": who,
            "phone": "+79990000000",
        }
        second = self.moment[at] + postings.TAKEN_INTO_WORK
        return self._common(at, end, wanted) | {
            "addressee": {"name": who},
            "analytics_data": data if wanted.get("analytics_data") else None,
            "available_actions": [],
            "barcodes": None,
            "customer": buyer if is_rfbs else None,
            "delivering_date": None,
            "delivery_method": {
                "id": place.warehouse_id + 1,
                "name": carrier,
                "warehouse": place.name,
                **goes,
            },
            "delivery_schema": scheme.lower(),
            "in_process_at": postings.stamp(self.world, second),
            "integration_type_flow": flow,
            "is_express": False,
            "is_multibox": False,
            "parent_posting_number": "",
            "products": self._products(at, end),
            "shipment_date": postings.stamp(self.world, second + 86_400),
            "tpl_integration_type": flow,
            "tracking_number": "",
        }

    def _common(self, at: int, end: int, wanted: dict[str, Any]) -> dict[str, Any]:
        """What both lists tell of a posting."""
        number, status, why = self.number[at], self.status[at], ""
        if status == "cancelled":
            why = REFUSED if self.cancel[at] > self.day[at] else CALLED_OFF
        return {
            "cancellation": {
                "cancel_reason": why,
                "cancellation_initiator": "Клиент" if why else "",
                "cancellation_type": "client" if why else "",
            },
            "external_order": {"is_external": False, "platform_name": ""},
            "financial_data": self._money(at, end) if wanted.get("financial_data") else None,
            "legal_info": None,
            "order_id": 24_000_000_000 + self.day[at] * 1_000_000 + self.posting[at],
            "order_number": number[:-2],
            "posting_number": number,
            "status": status,
            "substatus": SUBSTATUSES[status],
        }

    def _products(self, at: int, end: int) -> list[dict[str, Any]]:
        return [
            {
                "is_marketplace_buyout": False,
                "name": self.title[i],
                "offer_id": self.article[i],
                "price": {"amount": booked(self.price[i]), "currency": "RUB"},
                "quantity": self.qty[i],
                "sku": self.sku[i],
            }
            for i in range(at, end)
        ]

    def _money(self, at: int, end: int) -> dict[str, Any]:
        """Commission and payout of the line, told once it is delivered; ``product_id`` is the sku."""
        known = self.status[at] == "delivered"
        products = [
            {
                "actions": ["Округление"],
                "commission": {
                    "amount": self.commission[i] / 100 if known else 0,
                    "currency": "RUB",
                    "percent": self.percent[i] if known else 0,
                },
                "old_price": self.list_price[i] / 100,
                "payout": self.payout[i] / 100 if known else 0,
                "price": self.price[i] / 100,
                "product_id": self.sku[i],
                "total_discount_percent": self.disc[i],
                "total_discount_value": (self.list_price[i] - self.price[i]) / 100,
            }
            for i in range(at, end)
        ]
        there, here = PLACES[self.place[at]], PLACES[self.region[at] % len(PLACES)]
        return {"cluster_from": there.cluster, "cluster_to": here.cluster, "products": products}


def _cursor(at: Place) -> str:
    return base64.b64encode(json.dumps(at).encode()).decode()


def _read(cursor: str) -> Place:
    """Raises Refused."""
    if not cursor:
        return Place(-1, -1)
    try:
        t, posting = json.loads(base64.b64decode(cursor, validate=True))
        return Place(int(t), int(posting))
    except (ValueError, TypeError):
        raise Refused(invalid("invalid cursor")) from None
