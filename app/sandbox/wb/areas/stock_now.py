"""stocks-report: sizes by warehouse as of now. This seller has no warehouse of its own."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.sandbox.http import body_of, reply, whole
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.areas.errors import bad_request
from app.sandbox.wb.door import Method
from app.sandbox.wb.remains import on_the_way
from app.sandbox.world import World

_PATH = "/api/analytics/v1/stocks-report"
AT_WB = Method("seller-analytics-api", f"{_PATH}/wb-warehouses", Rate(20.0), None)
AT_SELLER = Method("seller-analytics-api", f"{_PATH}/seller-warehouses", Rate(20.0), None)
LARGEST = 250_000
PSEUDO_WAREHOUSE, PSEUDO_NAME = -999_999, "Склад WB"
"""All that is told of Wildberries' warehouses since August 2026."""


@dataclass(frozen=True, slots=True)
class StockNow:
    """Stock of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [Route("POST", AT_WB, self.at_wb), Route("POST", AT_SELLER, self.at_seller)]

    async def at_wb(self, request: web.Request) -> web.Response:
        return await self._show(request, self._rows())

    async def at_seller(self, request: web.Request) -> web.Response:
        return await self._show(request, [])

    async def _show(self, request: web.Request, rows: list[dict[str, Any]]) -> web.Response:
        body = await body_of(request)
        limit, offset = (whole((body or {}).get(name, usual)) for name, usual in _PAGING)
        if body is None or limit is None or offset is None or not 0 < limit <= LARGEST or offset < 0:
            return bad_request(f"code=400, message=invalid: limit (maximum {LARGEST})")
        cards, sizes = set(body.get("nmIds") or ()), set(body.get("chrtIds") or ())
        rows = [row for row in rows if not cards or row["nmId"] in cards]
        rows = [row for row in rows if not sizes or row["chrtId"] in sizes][offset : offset + limit]
        return reply({"data": {"items": rows}}) if rows else web.Response(status=204)

    def _rows(self) -> list[dict[str, Any]]:
        market = self.world.wb
        going, coming = on_the_way(self.world)
        columns = (market.shelf.card_id, market.shelf.item_id, market.stock, going, coming)
        return [
            {
                "nmId": nm,
                "chrtId": chrt,
                "warehouseId": PSEUDO_WAREHOUSE,
                "warehouseName": PSEUDO_NAME,
                "regionName": PSEUDO_NAME,
                "quantity": here,
                "inWayToClient": out,
                "inWayFromClient": back,
            }
            for nm, chrt, here, out, back in zip(*(each.tolist() for each in columns), strict=True)
            if here or out or back
        ]


_PAGING = (("limit", LARGEST), ("offset", 0))
