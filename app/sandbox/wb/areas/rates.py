"""common-api tariffs: commission by category, and what storage and delivery cost by warehouse.

Commission and delivery are those that the finance rows are made of. What the seller does not pay here
(FBS, storage of a single litre) moves from month to month, so that there is something to notice.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from app.sandbox.catalogue.assortment import KINDS
from app.sandbox.http import moscow_day, reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.door import HOUR, MINUTE, Method
from app.sandbox.wb.remains import PLACES
from app.sandbox.world import World

_HOST, _PATH = "common-api", "/api/v1/tariffs"
COMMISSION = Method(_HOST, f"{_PATH}/commission", Rate(MINUTE, 2), Rate(HOUR / 5))
BOX, PALLET, RETURN = (
    Method(_HOST, f"{_PATH}/{kind}", Rate(1.0, 5), Rate(HOUR)) for kind in ("box", "pallet", "return")
)
DELIVERY = (100, 115, 130)
"""Percent by warehouse, as in fees.delivery."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The price list of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [
            Route("GET", COMMISSION, self.commission),
            Route("GET", BOX, self.box),
            Route("GET", PALLET, self.pallet),
            Route("GET", RETURN, self.returns),
        ]

    async def commission(self, request: web.Request) -> web.Response:
        if request.query.get("locale", "ru") not in ("ru", "en", "zh"):
            return _wrong("Invalid locale param")
        return reply({"report": fees(self.world.today)})

    async def box(self, request: web.Request) -> web.Response:
        return self._table(request, "dtNextBox", box_terms)

    async def pallet(self, request: web.Request) -> web.Response:
        return self._table(request, "dtNextPallet", pallet_terms)

    async def returns(self, request: web.Request) -> web.Response:
        return self._table(request, "", lambda _day, _place: RETURN_TERMS)

    def _table(self, request: web.Request, following: str, terms: Any) -> web.Response:
        day = moscow_day(request.query.get("date"))
        if day is None:
            return _wrong("Invalid date param")
        names = [following] if following else [f"dtNextDeliveryDump{kind}" for kind in ("Kgt", "Srg", "Sup")]
        rows = [{**terms(day, place), "warehouseName": name} for place, name in enumerate(PLACES)]
        told = {"currency": "RUB", "warehouseList": rows, **dict.fromkeys(names, "")}
        if following:
            told["dtTillMax"] = str(day + timedelta(days=7))
        return reply({"response": {"data": told}})


def fees(day: date) -> list[dict[str, Any]]:
    """Every category of the shop. FBS costs half a percent more in even months."""
    return [
        {
            "kgvpBooking": kind.wb_commission / 100,
            "kgvpMarketplace": kind.wb_commission / 100 + 3 + (0.5 if day.month % 2 == 0 else 0),
            "kgvpPickup": kind.wb_commission / 100,
            "kgvpSupplier": kind.wb_commission / 100 - 2,
            "kgvpSupplierExpress": 3,
            "paidStorageKgvp": kind.wb_commission / 100,
            "parentID": 600 + sum(map(ord, kind.category)) % 90,
            "parentName": kind.category,
            "subjectID": 1_000 + number,
            "subjectName": kind.subject,
        }
        for number, kind in enumerate(KINDS)
    ]


def box_terms(day: date, place: int) -> dict[str, str]:
    """Storage of the first warehouse is dearer in even months; the last one has no storage of boxes."""
    storage = 8 + (1 if place == 0 and day.month % 2 == 0 else 0)
    at_all = place < len(PLACES) - 1
    return {
        "boxDeliveryBase": _comma(46 * DELIVERY[place]),
        "boxDeliveryCoefExpr": str(DELIVERY[place]),
        "boxDeliveryLiter": _comma(14 * DELIVERY[place]),
        "boxDeliveryMarketplaceBase": "-",
        "boxDeliveryMarketplaceCoefExpr": "-",
        "boxDeliveryMarketplaceLiter": "-",
        "boxStorageBase": _comma(storage) if at_all else "",
        "boxStorageCoefExpr": "100" if at_all else "",
        "boxStorageLiter": _comma(storage) if at_all else "",
        "geoName": "Россия",
    }


def pallet_terms(_day: date, place: int) -> dict[str, str]:
    """The same in every month."""
    return {
        "palletDeliveryExpr": str(DELIVERY[place]),
        "palletDeliveryValueBase": _comma(51 * DELIVERY[place]),
        "palletDeliveryValueLiter": _comma(12 * DELIVERY[place]),
        "palletStorageExpr": "155",
        "palletStorageValueExpr": "35.65",
    }


RETURN_TERMS = {
    "deliveryDumpKgtOfficeBase": "1 039",
    "deliveryDumpKgtOfficeLiter": "9,1",
    "deliveryDumpKgtReturnExpr": "1 050",
    "deliveryDumpSrgOfficeExpr": "170",
    "deliveryDumpSrgReturnExpr": "170",
    "deliveryDumpSupCourierBase": "229",
    "deliveryDumpSupCourierLiter": "9,1",
    "deliveryDumpSupOfficeBase": "129",
    "deliveryDumpSupOfficeLiter": "9,1",
    "deliveryDumpSupReturnExpr": "250",
}


def _comma(hundredths: int) -> str:
    """«48», «11,2», «0,07»."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02d}".rstrip("0").rstrip(",")


def _wrong(detail: str) -> web.Response:
    request_id = "70da980b108e6f52ce7630921bd05b1a"
    return reply(
        {"detail": detail, "origin": "tariffs", "requestId": request_id, "title": "Bad Request"}, 400
    )
