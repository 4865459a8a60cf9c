"""item-returns: things without a label that were found in a warehouse and go back to the seller.

Nobody had counted them among the stock, so it knows nothing of them. They hang on the seed alone, by a
stream of their own.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from aiohttp import web

from app.sandbox.http import reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.areas.tasks import refuse, span_of
from app.sandbox.wb.door import HOUR, MINUTE, Method
from app.sandbox.world import World

RETURNS = Method("seller-analytics-api", "/api/analytics/v1/item-returns", Rate(MINUTE, 10), Rate(HOUR / 2))
MOST_ROWS, LONGEST = 1_000, 31
OFTEN = 0.35
TRAVELS, WAITS = 5, 4
"""Days to the pick-up point, and at most so many there before the seller comes."""
ON_THE_WAY, READY, HANDED_OVER = "В пути в пвз", "Готов к выдаче", "Выдан"
_STREAM = 43


class Found(NamedTuple):
    """A piece whose return was ordered on day ``t``; handed over on day ``done``."""

    t: int
    sku: int
    done: int


def found(world: World, t: int) -> list[Found]:
    """What was sent back on day ``t``."""
    rng = np.random.default_rng([world.seed, _STREAM, t])
    if rng.random() >= OFTEN:
        return []
    sku = int(rng.integers(0, len(world.wb.shelf)))
    return [Found(t, sku, t + TRAVELS + int(rng.integers(0, WAITS)))]


def status(world: World, piece: Found) -> str:
    """Where it is now."""
    if piece.done < world.now_t:
        return HANDED_OVER
    return READY if piece.t + TRAVELS < world.now_t else ON_THE_WAY


@dataclass(frozen=True, slots=True)
class ItemReturns:
    """Returns of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [Route("GET", RETURNS, self.show)]

    async def show(self, request: web.Request) -> web.Response:
        first, last = span_of(request, LONGEST)
        asked = request.query
        limit, offset = asked.get("limit", str(MOST_ROWS)), asked.get("offset", "0")
        if not (limit.isdigit() and int(limit) <= MOST_ROWS and offset.isdigit()):
            return refuse('parameter "limit" in query has an error: number must be at most 1000')
        told = self._told(first, last, asked.get("status", ""))
        rows = told[int(offset) : int(offset) + int(limit)]
        return reply({"count": len(told), "report": rows}) if rows else web.Response(status=204)

    def _told(self, first: date, last: date, which: str) -> list[dict[str, Any]]:
        world = self.world
        days = [world.t(first + timedelta(days=n)) for n in range((last - first).days + 1)]
        pieces = [piece for t in days if world.shown(t) for piece in found(world, t)]
        wanted = {"active": (False,), "archive": (True,)}.get(which, (False, True))
        return [self._row(each) for each in pieces if (status(world, each) == HANDED_OVER) in wanted]

    def _row(self, piece: Found) -> dict[str, Any]:
        world, shelf = self.world, self.world.wb.shelf
        now = status(world, piece)
        ready = f"{world.day(piece.t + TRAVELS)}T08:33:50" if now != ON_THE_WAY else None
        return {
            "sku": shelf.barcode[piece.sku],
            "brand": shelf.brand[piece.sku],
            "completedDt": f"{world.day(piece.done)}T11:33:53" if now == HANDED_OVER else None,
            "dstOfficeAddress": "Жуковский Улица Маяковского 19",
            "kiz": None,
            "dstOfficeId": 310_105,
            "expiredDt": f"{world.day(piece.t + TRAVELS + WAITS)}T23:59:59" if ready else None,
            "nmId": int(shelf.card_id[piece.sku]),
            "orderDt": world.day(piece.t).isoformat(),
            "orderId": 2_000_000_000 + piece.t,
            "readyToReturnDt": ready,
            "returnReason": "Нет этикетки",
            "returnType": "Возврат неопознанного товара",
            "shkId": 23_000_000_000 + piece.t * 101,
            "srid": f"mp.{piece.t:032x}.r",
            "returnStatus": now,
            "stickerId": str(33_000_000_000 + piece.t),
            "subjectName": shelf.subject[piece.sku],
            "techSize": shelf.size[piece.sku],
        }
