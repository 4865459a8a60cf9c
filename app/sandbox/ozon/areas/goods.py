"""Prices, and stock by warehouse: Ozon's and the seller's own."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from aiohttp import web

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.http import Refused, reply
from app.sandbox.ledger import FBS, NEVER, RFBS
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.areas.asking import limit, part
from app.sandbox.ozon.door import invalid
from app.sandbox.ozon.own_places import OwnPlace, own_places
from app.sandbox.ozon.products import Products, totals
from app.sandbox.ozon.stocks import PLACES, by_place
from app.sandbox.world import World

PRICES = "/v5/product/info/prices"
AT_OZON = "/v1/product/info/stocks-by-warehouse/fbo"
AT_SELLER = "/v2/product/info/stocks-by-warehouse/fbs"
LARGEST = 1_000
PROMOTED_EVERY, PROMOTION = 4, 5
"""Every fourth card is in a promotion of the seller's own, at so many percent less."""


@dataclass(frozen=True, slots=True)
class Goods:
    """Of one world, as of its now."""

    world: World

    def routes(self) -> list[Route]:
        return [
            Route(PRICES, self.prices),
            Route(AT_OZON, self.at_ozon),
            Route(AT_SELLER, self.at_seller),
        ]

    async def prices(self, body: dict[str, Any]) -> web.Response:
        asked, size = part(body, "filter"), limit(body, LARGEST)
        archived = asked.get("visibility", "ALL") == "ARCHIVED"
        known = Products(self.world).shown(archived=archived)
        shelf = self.world.ozon.shelf
        for name, told in (("product_id", shelf.card_id), ("offer_id", shelf.article)):
            if wanted := {str(each) for each in asked.get(name) or ()}:
                known = np.array([i for i in known.tolist() if str(told[i]) in wanted], dtype=np.int64)
        first = _offset(body)
        now, was = final_prices(self.world), self.world.ozon.price_on(self.world.today)
        rows = [self._price(i, int(was[i]), int(now[i])) for i in known[first : first + size].tolist()]
        # As seen of other methods: the last page has a cursor too, behind which there is nothing.
        cursor = _cursor(first + size) if rows else ""
        return reply({"items": rows, "cursor": cursor, **totals(self.world, len(known))})

    async def at_ozon(self, body: dict[str, Any]) -> web.Response:
        shelf, stock = self.world.ozon.shelf, by_place(self.world.ozon.stock)
        taken = ordered_yesterday(self.world, 0)
        rows = [
            _pieces(shelf, i, place.warehouse_id, int(stock[i, k]), int(taken[i]) if k == 0 else 0)
            for i in self._asked(body, "skus", "offer_ids")
            for k, place in enumerate(PLACES)
            if stock[i, k] or (k == 0 and taken[i])
        ]
        return _paged(body, rows)

    async def at_seller(self, body: dict[str, Any]) -> web.Response:
        rows = []
        for i in self._asked(body, "sku", "offer_id"):
            for place in own_places(self.world):
                free, taken = (int(each[i]) for each in own_pieces(self.world, place))
                row = _pieces(self.world.ozon.shelf, i, place.warehouse_id, free, taken)
                rows.append(row | {"free_stock": free, "warehouse_name": place.name})
        return _paged(body, rows)

    def _asked(self, body: dict[str, Any], by_sku: str, by_article: str) -> list[int]:
        """Places on the shelf of the goods that are named one way. Raises Refused."""
        kinds = [name for name in (by_sku, by_article) if body.get(name)]
        if len(kinds) != 1:
            raise Refused(invalid(f"use either {by_sku} or {by_article}"))
        shelf, wanted = self.world.ozon.shelf, {str(each) for each in body[kinds[0]]}
        if kinds[0] == by_article:
            return [i for i, article in enumerate(shelf.article) if article in wanted]
        skus = np.array([int(sku) for sku in wanted if sku.isdigit()], dtype=np.int64)
        return np.flatnonzero(np.isin(shelf.item_id, skus)).tolist()

    def _price(self, i: int, was: int, now: int) -> dict[str, Any]:
        shelf = self.world.ozon.shelf
        percent = int(shelf.commission[i]) / 100
        return {
            "product_id": int(shelf.card_id[i]),
            "offer_id": shelf.article[i],
            "acquiring": round(now / 100 * 0.019, 2),
            "volume_weight": int(shelf.volume[i]) / 500,
            "commissions": {
                **{f"sales_percent_{scheme}": percent for scheme in ("fbo", "fbs", "rfbs", "fbp")},
                "fbo_deliv_to_customer_amount": 25.0,
                "fbo_direct_flow_trans_min_amount": 19.32,
                "fbo_direct_flow_trans_max_amount": 45.7,
                "fbo_return_flow_amount": 19.32,
                "fbs_deliv_to_customer_amount": 25.0,
                "fbs_direct_flow_trans_min_amount": 19.32,
                "fbs_direct_flow_trans_max_amount": 45.7,
                "fbs_first_mile_min_amount": 10.0,
                "fbs_first_mile_max_amount": 20.0,
                "fbs_return_flow_amount": 19.32,
            },
            "marketing_actions": {"actions": [], "ozon_actions_exist": False},
            "price": {
                "auto_action_enabled": False,
                "auto_add_to_ozon_actions_list_enabled": True,
                "currency_code": "RUB",
                "declared_price": None,
                "price": was / 100,
                "marketing_seller_price": now / 100,
                "min_price": was * 9 // 1000,
                "old_price": int(shelf.list_price[i]) / 100,
                "retail_price": 0,
                "net_price": 0,
                "vat": 0.22,
            },
            "price_indexes": {"color_index": "WITHOUT_INDEX"},
        }


def final_prices(world: World) -> Ints:
    """The price of each SKU today after the seller's own promotions, kopecks."""
    was = world.ozon.price_on(world.today)
    promoted = np.arange(len(was)) % PROMOTED_EVERY == 0
    return np.where(promoted, was * (100 - PROMOTION) // 100, was)


def ordered_yesterday(world: World, flag: int) -> Ints:
    """Pieces ordered on the last full day and not on their way yet, by SKU; ``flag`` 0 is FBO."""
    lines = world.ozon.ledger.placed(world.now_t - 1)
    scheme = lines["flags"] & (FBS | RFBS)
    waits = (scheme == flag) & ((lines["cancel"] == NEVER) | (lines["cancel"] >= world.now_t))
    return _by_sku(world, [lines[waits]])


def own_pieces(world: World, place: OwnPlace) -> tuple[Ints, Ints]:
    """Free and reserved pieces of each SKU in a warehouse of the seller's own.

    He fills it up every Monday; what was ordered from there since then is gone or reserved.
    """
    flag = RFBS if place.is_rfbs else FBS
    monday = world.now_t - world.today.weekday()
    lines = [world.ozon.ledger.placed(t) for t in range(monday, world.now_t)]
    sold = _by_sku(world, [each[(each["flags"] & flag) != 0] for each in lines])
    return np.maximum(10 + world.ozon.shelf.item_id % 23 - sold, 0), ordered_yesterday(world, flag)


def _by_sku(world: World, lines: list[Any]) -> Ints:
    pieces = np.zeros(len(world.ozon.shelf), dtype=np.int64)
    for each in lines:
        np.add.at(pieces, each["sku"], each["qty"].astype(np.int64))
    return pieces


def _pieces(shelf: Any, i: int, warehouse_id: int, free: int, taken: int) -> dict[str, Any]:
    """``present`` includes what is reserved."""
    return {
        "sku": int(shelf.item_id[i]),
        "product_id": int(shelf.card_id[i]),
        "offer_id": shelf.article[i],
        "warehouse_id": warehouse_id,
        "present": free + taken,
        "reserved": taken,
    }


def _paged(body: dict[str, Any], rows: list[dict[str, Any]]) -> web.Response:
    size, first = limit(body, LARGEST), _offset(body)
    more = first + size < len(rows)
    cursor = _cursor(first + size) if more else ""
    return reply({"products": rows[first : first + size], "has_next": more, "cursor": cursor})


def _offset(body: dict[str, Any]) -> int:
    """Raises Refused."""
    told = str(body.get("cursor") or "")
    try:
        return int(base64.b64decode(told, validate=True)) if told else 0
    except ValueError:
        raise Refused(invalid("invalid cursor")) from None


def _cursor(offset: int) -> str:
    return base64.b64encode(str(offset).encode()).decode()
