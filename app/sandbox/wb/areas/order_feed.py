"""order-feed: every order with the status it has now, latest change first, paged within a snapshot."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from aiohttp import web

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.http import body_of, moscow_moment, reply, whole
from app.sandbox.ledger import LINE, NEVER, Lines
from app.sandbox.limits import Rate
from app.sandbox.wb import names
from app.sandbox.wb.area import Route
from app.sandbox.wb.areas.errors import bad_request
from app.sandbox.wb.door import HOUR, MINUTE, Method
from app.sandbox.wb.statistics import REGIONS
from app.sandbox.world import MOSCOW, World

FEED = Method("seller-analytics-api", "/api/analytics/v1/order-feed", Rate(MINUTE), Rate(3 * HOUR))
LARGEST, USUAL, DAYS_BACK = 10_000, 50, 31
LONGEST_FATE = 45
"""Days from an order to the last thing that becomes known of it, at most."""

CREATED, BOUGHT, CANCELLED, RETURNED = range(4)
STATUSES = ("created", "buyout", "cancel", "return")
Key = tuple[datetime, datetime, int]


@dataclass(frozen=True, slots=True)
class Told:
    """Lines in the order of the feed; ``updated`` in seconds from the world's origin."""

    lines: Lines
    status: Ints
    updated: Ints


@dataclass(slots=True)
class OrderFeed:
    """The feed of one world. What was asked for last is kept, for its next pages."""

    world: World
    _kept: dict[Key, Told] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [Route("POST", FEED, self.show)]

    async def show(self, request: web.Request) -> web.Response:
        body = await body_of(request) or {}
        period, paging = body.get("selectedPeriod"), body.get("pagination") or {}
        if not isinstance(period, dict) or not isinstance(paging, dict):
            return bad_request("code=400, message=invalid: selectedPeriod (field required)")
        limit, offset = whole(paging.get("limit", USUAL)), whole(paging.get("offset", 0))
        now = self.world.now.astimezone(MOSCOW).replace(tzinfo=None)
        start, end = moscow_moment(period.get("start")), moscow_moment(period.get("end") or now.isoformat())
        snapshot = moscow_moment(paging.get("snapshotTime") or now.isoformat())
        if limit is None or offset is None or not 0 < limit <= LARGEST or offset < 0:
            return bad_request(f"code=400, message=invalid: pagination.limit (maximum {LARGEST})")
        if start is None or end is None or snapshot is None or start > end or snapshot > now:
            return bad_request("code=400, message=invalid: selectedPeriod")
        if start.date() < self.world.today - timedelta(days=DAYS_BACK):
            return bad_request(f"code=400, message=invalid: selectedPeriod (maximum {DAYS_BACK} days back)")
        told = self._feed(start, end, self.world.t(snapshot.date()))
        rows = np.arange(len(told.lines))
        if cards := body.get("nmIds"):
            rows = rows[np.isin(self.world.wb.shelf.card_id[told.lines["sku"]], cards)]
        rows = rows[offset : offset + limit]
        data = {
            "snapshotTime": f"{snapshot - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}",
            "currency": "RUB",
            "orders": [self._show(told, row) for row in rows.tolist()],
        }
        return reply({"data": data})

    def _feed(self, start: datetime, end: datetime, known_until: int) -> Told:
        """Lines whose status is of ``start``..``end``, by what was known before day ``known_until``."""
        key = (start, end, known_until)
        if key not in self._kept:
            self._kept = {key: self._sorted(*key)}
        return self._kept[key]

    def _sorted(self, start: datetime, end: datetime, known_until: int) -> Told:
        midnight = datetime.combine(self.world.origin, datetime.min.time())
        first, last = ((moment - midnight) // timedelta(seconds=1) for moment in (start, end))
        empty = np.empty(0, dtype=np.int64)
        parts = [Told(np.empty(0, dtype=LINE), empty, empty)]
        for lines in self._placed(start.date(), min(self.world.t(end.date()) + 1, known_until)):
            status, updated = self._stand(lines, known_until)
            there = (updated >= first) & (updated <= last)
            parts.append(Told(lines[there], status[there], updated[there]))
        lines = np.concatenate([part.lines for part in parts])
        status = np.concatenate([part.status for part in parts])
        updated = np.concatenate([part.updated for part in parts])
        order = np.lexsort((names.srid_number(lines), -updated))
        return Told(lines[order], status[order], updated[order])

    def _placed(self, start: date, until: int) -> Iterator[Lines]:
        first = max(self.world.first_t, self.world.t(start) - LONGEST_FATE)
        return (self.world.wb.ledger.placed(t) for t in range(first, until))

    def _stand(self, lines: Lines, now: int) -> tuple[Ints, Ints]:
        """Status and the moment it came about: those of supplier/orders and supplier/sales."""
        second = lines["sec"].astype(np.int64)
        status, updated = np.full(len(lines), CREATED), _moment(lines["day"], second)
        later = 25_200 + (second * 7_919 + 13) % 57_000
        for word, event, known, at in (
            (CANCELLED, "cancel", "cancel", np.maximum(second, 80_000)),
            (BOUGHT, "sold", "sold_rec", later),
            (RETURNED, "back", "back_rec", later),
        ):
            happened = (lines[known] != NEVER) & (lines[known] < now)
            status = np.where(happened, word, status)
            updated = np.where(happened, _moment(lines[event], at), updated)
        return status, updated

    def _show(self, told: Told, row: int) -> dict[str, Any]:
        line, shelf = told.lines[row], self.world.wb.shelf
        sku, status = int(line["sku"]), int(told.status[row])
        okrug, region = REGIONS[int(line["region"])]
        shown: dict[str, Any] = {
            "nmId": int(shelf.card_id[sku]),
            "chrtId": int(shelf.item_id[sku]),
            "srid": f"{int(names.srid_number(told.lines[row : row + 1])[0])}.0.0",
            "createdAt": self._stamp(int(line["day"]) * 86_400 + int(line["sec"])),
            "updatedAt": self._stamp(int(told.updated[row])),
            "status": STATUSES[status],
            "warehouseName": "Склад WB",
            "warehouseRegion": "Склад WB",
            "isMp": False,
            "destinationCity": region,
            "destinationDistrict": okrug,
            "sellerPrice": int(line["price"]) / 100,
            "isB2b": False,
        }
        if status == CANCELLED:
            shown["cancelType"] = "receipt" if line["cancel"] > line["day"] else "app"
        return shown

    def _stamp(self, second: int) -> str:
        moment = datetime.combine(self.world.origin, datetime.min.time()) + timedelta(seconds=second)
        return f"{moment.isoformat()}+03:00"


def _moment(day: Lines, second: Ints) -> Ints:
    return np.asarray(day.astype(np.int64) * 86_400 + second, dtype=np.int64)
