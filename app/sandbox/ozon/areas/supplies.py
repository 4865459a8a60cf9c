"""Deliveries: the orders' numbers, the orders, what a delivery holds, what was accepted of it."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from app.sandbox.http import reply, whole
from app.sandbox.money import plain
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.deliveries import COMPLETED, Delivery, Order, orders
from app.sandbox.ozon.door import NOT_FOUND, error, invalid
from app.sandbox.ozon.stocks import PLACES, Place
from app.sandbox.world import MOSCOW, NAMESPACE, World

MOST, MOST_ORDERS = 100, 50
STATES = frozenset(
    {
        "DATA_FILLING",
        "READY_TO_SUPPLY",
        "ACCEPTED_AT_SUPPLY_WAREHOUSE",
        "IN_TRANSIT",
        "ACCEPTANCE_AT_STORAGE_WAREHOUSE",
        "REPORTS_CONFIRMATION_AWAITING",
        "REPORT_REJECTED",
        "COMPLETED",
        "REJECTED_AT_SUPPLY_WAREHOUSE",
        "CANCELLED",
        "OVERDUE",
    }
)
SORTS = ("ORDER_CREATION", "ORDER_STATE_UPDATED_AT", "TIMESLOT_FROM_UTC", "TIMESLOT_FROM_LOCAL")


@dataclass(frozen=True, slots=True)
class Supplies:
    """Deliveries of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [
            Route("/v3/supply-order/list", self.listed),
            Route("/v3/supply-order/get", self.orders),
            Route("/v1/supply-order/bundle", self.bundle),
            Route("/v1/supply-order/act/product/get", self.acts),
        ]

    async def listed(self, body: dict[str, Any]) -> web.Response:
        limit, states = whole(body.get("limit")), (body.get("filter") or {}).get("states")
        if not isinstance(states, list) or not states or not set(states) <= STATES:
            return invalid("invalid Filter: states is required")
        if limit is None or not 1 <= limit <= MOST:
            return invalid(f"invalid Limit: value must be inside range [1, {MOST}]")
        if body.get("sort_by") not in SORTS:
            return invalid("invalid SortBy: value must be one of the defined enum values")
        found = [each for each in orders(self.world) if each.state in states]
        by_move = body["sort_by"] == "ORDER_STATE_UPDATED_AT"
        found.sort(key=lambda each: (each.moved if by_move else each.created, each.number))
        found = found[::-1] if body.get("sort_dir") == "DESC" else found
        numbers = [str(each.number) for each in found]
        last_id = str(body.get("last_id") or "")
        start = numbers.index(last_id) + 1 if last_id in numbers else 0
        page = numbers[start : start + limit]
        return reply({"order_ids": page, "last_id": page[-1] if page else ""})

    async def orders(self, body: dict[str, Any]) -> web.Response:
        asked = body.get("order_ids")
        if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_ORDERS:
            return invalid("invalid OrderIds: value must contain between 1 and 50 items, inclusive")
        if not all(isinstance(each, str) for each in asked):
            return invalid("proto: syntax error: invalid value for string field orderIds")
        found = [each for each in orders(self.world) if str(each.number) in asked]
        return reply({"orders": [self._order(each) for each in found]})

    async def bundle(self, body: dict[str, Any]) -> web.Response:
        limit, asked = whole(body.get("limit")), body.get("bundle_ids")
        if not isinstance(asked, list) or not 1 <= len(asked) <= MOST:
            return invalid("invalid BundleIds: value must contain between 1 and 100 items, inclusive")
        if limit is None or not 1 <= limit <= MOST:
            return invalid(f"invalid Limit: value must be inside range [1, {MOST}]")
        rows = [
            self._item(row, sent)
            for each in self._deliveries()
            if _bundle_id(each) in asked
            for row, sent, _ in each.goods
        ]
        rows.sort(key=lambda row: int(row["sku"]))
        last_id = int(body.get("last_id") or 0)
        left = [row for row in rows if row["sku"] > last_id]
        page = left[:limit]
        return reply(
            {
                "items": page,
                "total_count": len(rows),
                "has_next": len(left) > limit,
                "last_id": str(page[-1]["sku"]) if page else "",
            }
        )

    async def acts(self, body: dict[str, Any]) -> web.Response:
        number = whole(body.get("supply_id"))
        found = next((each for each in self._deliveries() if each.number == number), None)
        if found is None:
            return error(404, NOT_FOUND, "supply not found")
        acts = [self._act(found)] if found.has_acts else []
        return reply({"supply_id": number, "supply_acts": acts, "skus_defects": []})

    def _deliveries(self) -> list[Delivery]:
        return [supply for order in orders(self.world) for supply in order.supplies]

    def _order(self, each: Order) -> dict[str, Any]:
        # Local hours with a Z behind them, as they came live.
        start = datetime.combine(self.world.day(each.monday), time(10, 0))
        zone = PLACES[0].timezone
        return {
            "order_id": each.number,
            "order_number": str(2_000_000_000_000 + each.number),
            "created_date": self._stamp(each.created, 21),
            "state": each.state,
            "state_updated_date": self._stamp(each.moved, 20),
            "data_filling_deadline_utc": None,
            "dropoff_warehouse": _warehouse(PLACES[0]),
            "order_tags": {
                "is_econom": False,
                "is_pickup": False,
                "is_quant": False,
                "is_super_fbo": False,
                "is_virtual": len(each.supplies) > 1,
                "original_supply_id": 0,
                "product_super_fbo": False,
                "seller_warehouse_id": 0,
            },
            "timeslot": {
                "timeslot": {
                    "from": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                    "to": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
                },
                "timezone_info": {
                    "iana_name": zone,
                    "offset": f"{int(start.replace(tzinfo=ZoneInfo(zone)).utcoffset().total_seconds())}s",  # type: ignore[union-attr]
                },
            },
            "supplies": [self._supply(supply) for supply in each.supplies],
        }

    def _supply(self, each: Delivery) -> dict[str, Any]:
        arrived = self._stamp(each.arrived, 9) if each.arrived >= 0 else None
        place = _warehouse(each.place) | {"arrival_date": arrived}
        return {
            "supply_id": each.number,
            "bundle_id": _bundle_id(each),
            "state": each.state,
            "is_crossdock": not each.is_direct,
            "macrolocal_cluster_id": None if each.is_direct else each.place.macrolocal,
            "storage_warehouse": place if each.is_direct else None,
            "supply_tags": {
                "freeze_stock_for_marking": False,
                "is_ettn_required": False,
                "is_evsd_required": False,
                "is_jewelry": False,
                "is_marking_possible": False,
                "is_marking_required": False,
                "is_utd": False,
            },
        }

    def _item(self, row: int, sent: int) -> dict[str, Any]:
        shelf = self.world.ozon.shelf
        litres = int(shelf.volume[row]) / 100
        return {
            "sku": int(shelf.item_id[row]),
            "product_id": int(shelf.card_id[row]),
            "offer_id": shelf.article[row],
            "contractor_item_code": shelf.article[row],
            "name": shelf.title[row],
            "barcode": shelf.barcode[row],
            "icon_path": "https://cdn1.ozone.ru/s3/multimedia/1.jpg",
            "quantity": sent,
            "quant": 1,
            "is_quant_editable": True,
            "volume_in_litres": litres,
            "total_volume_in_litres": round(litres * sent, 2),
            "sfbo_attribute": "ITEM_SFBO_ATTRIBUTE_NONE",
            "shipment_type": "BUNDLE_ITEM_SHIPMENT_TYPE_GENERAL",
            "tags": [],
            "placement_zone": "SORT",
        }

    def _act(self, each: Delivery) -> dict[str, Any]:
        """What was counted so far; agreed upon once the delivery is over."""
        is_agreed = each.state == COMPLETED
        rows = [self._counted(row, sent, taken, is_agreed=is_agreed) for row, sent, taken in each.goods]
        return {
            "act_id": each.number * 10 + 1,
            "type": "ACCEPTANCE",
            "unidentified_quantity": 0,
            "items": rows,
        }

    def _counted(self, row: int, sent: int, taken: int, *, is_agreed: bool) -> dict[str, Any]:
        shelf = self.world.ozon.shelf
        cost, agreed = int(shelf.cost[row]), taken if is_agreed else 0
        return {
            "sku_info": {
                "sku": int(shelf.item_id[row]),
                "offer_id": shelf.article[row],
                "name": shelf.title[row],
                "barcode": shelf.barcode[row],
                "image_link": "https://cdn1.ozone.ru/s3/multimedia/1.jpg",
                "price_without_vat": _rub(cost),
                "vat": 0.0,
            },
            "declared_quantity": sent,
            "fact_quantity": taken,
            "approved_quantity": agreed,
            "fact_amount": _worth(cost * taken),
            "approved_amount": _worth(cost * agreed),
        }

    def _stamp(self, t: int, hour: int) -> str:
        moment = datetime.combine(self.world.day(t), time(hour, 44, 59), MOSCOW).astimezone(UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S.803829Z}"


def _bundle_id(each: Delivery) -> str:
    return str(uuid.uuid5(NAMESPACE, f"ozon-bundle-{each.number}"))


def _warehouse(place: Place) -> dict[str, Any]:
    return {"warehouse_id": place.warehouse_id, "name": place.name, "address": place.cluster}


def _rub(kopecks: int) -> dict[str, str]:
    return {"amount": plain(kopecks), "currency": "RUB"}


def _worth(kopecks: int) -> dict[str, Any]:
    return {"amount": _rub(kopecks), "amount_vat": _rub(0), "amount_without_vat": _rub(kopecks)}
