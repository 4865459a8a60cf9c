"""supplies-api: deliveries, each one's page, and its goods."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from aiohttp import web

from app.sandbox.http import body_of, moscow_day, reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.deliveries import ACCEPTED, DRAFT, Delivery, deliveries
from app.sandbox.wb.door import HOUR, Method
from app.sandbox.wb.remains import PLACES
from app.sandbox.world import MOSCOW, World

_HOST, _PATH = "supplies-api", "/api/v1/supplies"
_QUOTAS = (Rate(2.0, 10), Rate(HOUR / 2))
LIST = Method(_HOST, _PATH, *_QUOTAS)
DETAILS = Method(_HOST, f"{_PATH}/{{ID}}", *_QUOTAS)
GOODS = Method(_HOST, f"{_PATH}/{{ID}}/goods", *_QUOTAS)
LARGEST = 1_000
DATES = ("factDate", "createDate", "supplyDate", "updatedDate")
PHONE = "+7 916 *** 44 44"


@dataclass(frozen=True, slots=True)
class Supplies:
    """Deliveries of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [
            Route("POST", LIST, self.listed),
            Route("GET", DETAILS, self.details),
            Route("GET", GOODS, self.goods),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        """The newest first."""
        limit, offset = _paging(request, LARGEST)
        body = await body_of(request)
        if body is None or limit is None or offset is None:
            return _problem(400, "bad request", "некорректный формат параметра limit")
        wanted = [_within(asked) for asked in body.get("dates") or ()]
        statuses = set(body.get("statusIDs") or ())
        if None in wanted or not statuses <= set(range(1, 7)):
            return _problem(400, "bad request", "ошибка при считывании даты: ISO Date: 2006-01-02")
        rows = [self._row(each) for each in reversed(deliveries(self.world))]
        rows = [row for row in rows if not statuses or row["statusID"] in statuses]
        rows = [row for row in rows if all(fits(row) for fits in wanted if fits)]
        return reply(rows[offset : offset + limit])

    async def details(self, request: web.Request) -> web.Response:
        found = self._find(request)
        return self._nobody(request) if found is None else reply(self._about(found))

    async def goods(self, request: web.Request) -> web.Response:
        found, (limit, offset) = self._find(request), _paging(request, 100)
        if found is None:
            return self._nobody(request)
        if limit is None or offset is None:
            return _problem(400, "bad request", "некорректный формат параметра limit")
        return reply([self._line(*line) for line in found.goods[offset : offset + limit]])

    def _find(self, request: web.Request) -> Delivery | None:
        number, by_draft = request.match_info["ID"], request.query.get("isPreorderID") == "true"
        for each in deliveries(self.world):
            told = each.draft if by_draft else each.number if each.status != DRAFT else 0
            if str(told) == number:
                return each
        return None

    def _nobody(self, request: web.Request) -> web.Response:
        return _problem(404, "not found", f"поставка {request.match_info['ID']} не найдена")

    def _stamp(self, t: int, hour: int) -> str:
        return datetime.combine(self.world.day(t), time(hour, 24, 14), MOSCOW).isoformat()

    def _days(self, each: Delivery) -> dict[str, Any]:
        arrived = any(accepted for _, _, accepted in each.goods)
        is_draft = each.status == DRAFT
        planned = datetime.combine(self.world.day(each.monday), time(), MOSCOW).isoformat()
        return {
            "createDate": self._stamp(each.created, 18),
            "supplyDate": None if is_draft else planned,
            "factDate": self._stamp(each.first, 12) if arrived else None,
            "updatedDate": None if is_draft else self._stamp(each.moved, 19),
            "statusID": each.status,
            "boxTypeID": 2,
        }

    def _row(self, each: Delivery) -> dict[str, Any]:
        return {
            "phone": PHONE,
            "supplyID": None if each.status == DRAFT else each.number,
            "preorderID": each.draft,
            **self._days(each),
            "isBoxOnPallet": False,
        }

    def _about(self, each: Delivery) -> dict[str, Any]:
        accepted = sum(line[2] for line in each.goods)
        place = {"ID": 507, "Name": PLACES[0]}
        return {
            "phone": PHONE,
            **self._days(each),
            **{f"warehouse{key}": value for key, value in place.items()},
            **{f"actualWarehouse{key}": value for key, value in place.items()},
            "transitWarehouseID": None,
            "transitWarehouseName": "",
            "acceptanceCost": each.cost / 100,
            "paidAcceptanceCoefficient": 1,
            "rejectReason": None,
            "supplierAssignName": "Тёплый Дом",
            "storageCoef": "100",
            "deliveryCoef": "100",
            "quantity": sum(line[1] for line in each.goods),
            "readyForSaleQuantity": accepted,
            "acceptedQuantity": accepted,
            "unloadingQuantity": accepted if each.status != ACCEPTED else 0,
            "depersonalizedQuantity": 0,
            "isBoxOnPallet": False,
        }

    def _line(self, row: int, sent: int, accepted: int) -> dict[str, Any]:
        shelf = self.world.wb.shelf
        return {
            "barcode": shelf.barcode[row],
            "vendorCode": shelf.article[row],
            "nmID": int(shelf.card_id[row]),
            "needKiz": False,
            "tnved": None,
            "techSize": shelf.size[row],
            "color": shelf.title[row].rsplit(", ", 1)[-1],
            "supplierBoxAmount": 1,
            "quantity": sent,
            "readyForSaleQuantity": accepted,
            "unloadingQuantity": 0,
            "acceptedQuantity": accepted,
        }


def _paging(request: web.Request, usual: int) -> tuple[int | None, int | None]:
    limit, offset = request.query.get("limit", str(usual)), request.query.get("offset", "0")
    if not limit.isdigit() or not 0 < int(limit) <= LARGEST or not offset.isdigit():
        return None, None
    return int(limit), int(offset)


def _within(asked: Any) -> Callable[[dict[str, Any]], bool] | None:
    """Whether a delivery's date of the asked kind lies in the asked days; None: the days are unreadable."""
    told = asked if isinstance(asked, dict) else {}
    first, last = moscow_day(told.get("from")), moscow_day(told.get("till"))
    name = told.get("type")
    if first is None or last is None or name not in DATES:
        return None

    def fits(row: dict[str, Any]) -> bool:
        stamp = row[name]
        return stamp is not None and first <= date.fromisoformat(stamp[:10]) <= last

    return fits


def _problem(status: int, title: str, detail: str) -> web.Response:
    return reply(
        {
            "status": status,
            "title": title,
            "detail": detail,
            "requestId": "a6bdc2a4d2fde51c2036fa8af2483886",
            "origin": "supply-api",
        },
        status,
    )
