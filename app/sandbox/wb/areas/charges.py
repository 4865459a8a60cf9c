"""Reports that explain lumps of the finance report: acceptance, substitutions, sizes, self-buyouts.

Their money is that of the lumps to the kopeck: acceptance by the cards that arrived, a fine by its words.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from aiohttp import web

from app.sandbox.http import moscow_day, moscow_moment, reply
from app.sandbox.ledger import Lump
from app.sandbox.limits import Rate
from app.sandbox.task_desk import TaskDesk
from app.sandbox.wb import lumps, names
from app.sandbox.wb.area import Route
from app.sandbox.wb.areas.tasks import Rates, TaskReport, refuse
from app.sandbox.wb.door import HOUR, MINUTE, Method
from app.sandbox.world import World

_HOST = "seller-analytics-api"
DEDUCTIONS = Method(_HOST, "/api/analytics/v1/deductions", Rate(MINUTE), Rate(HOUR / 4))
MEASUREMENTS = Method(_HOST, "/api/analytics/v1/measurement-penalties", Rate(MINUTE), Rate(6 * HOUR))
SELF_BUYOUTS = Method(_HOST, "/api/v1/analytics/antifraud-details", Rate(10 * MINUTE, 10), Rate(HOUR))
ACCEPTANCE = "/api/v1/acceptance_report"
ACCEPTANCE_RATES = Rates(
    create=(Rate(MINUTE), Rate(3 * HOUR)),
    status=(Rate(5.0), Rate(HOUR / 2)),
    download=(Rate(MINUTE), Rate(HOUR / 2)),
)
LONGEST_ACCEPTANCE = 31
MOST_ROWS = 1_000
SIZES, SUBSTITUTION = lumps.FINES[0], lumps.FINES[2]


def acceptance_report(world: World, clock: Callable[[], float], pace: float) -> TaskReport:
    """The acceptance report of one world."""
    return TaskReport(
        tasks=TaskDesk(f"{ACCEPTANCE}-{world.sid}", clock, pace),
        path=ACCEPTANCE,
        rates=ACCEPTANCE_RATES,
        longest=LONGEST_ACCEPTANCE,
        rows=lambda first, last: acceptance_rows(world, first, last),
    )


class Accepted(NamedTuple):
    """A card of a delivery that arrived on day ``t``; ``number`` is the delivery's place in the market's
    list."""

    t: int
    number: int
    card: int
    pieces: int
    kopecks: int


def accepted(world: World, t: int) -> list[Accepted]:
    """What arrived on a day whose acceptance was charged; not every one is."""
    market = world.wb
    charged = [lump.amount for lump in market.ledger.sundries(t) if lump.kind == lumps.ACCEPTANCE]
    arrived = [(number, sent) for number, sent in enumerate(market.sent) if sent.due == t]
    if not charged:
        return []
    price = sum(charged) // sum(int(sent.units.sum()) for _, sent in arrived)
    found: list[Accepted] = []
    for number, sent in arrived:
        cards: dict[int, int] = {}
        for sku, pieces in zip(sent.skus.tolist(), sent.units.tolist(), strict=True):
            card = int(market.shelf.card_id[sku])
            cards[card] = cards.get(card, 0) + pieces
        found += [Accepted(t, number, card, pieces, pieces * price) for card, pieces in cards.items()]
    return found


def acceptance_rows(world: World, first: date, last: date) -> list[dict[str, Any]]:
    """A row for a card of a delivery."""
    shelf = world.wb.shelf
    subjects = dict(zip(shelf.card_id.tolist(), shelf.subject, strict=True))
    return [
        {
            "count": each.pieces,
            "giCreateDate": world.day(world.wb.sent[each.number].t).isoformat(),
            "incomeId": names.supply_id(each.number),
            "nmID": each.card,
            "shkCreateDate": world.day(t).isoformat(),
            "subjectName": subjects[each.card],
            "total": each.kopecks / 100,
        }
        for t in _days(world, first, last)
        for each in accepted(world, t)
    ]


def fines(world: World, t: int, words: str) -> list[Lump]:
    """The fines of day ``t`` for one thing."""
    return [each for each in world.wb.ledger.sundries(t) if each.kind == lumps.FINE and each.note == words]


@dataclass(frozen=True, slots=True)
class Charges:
    """Fines of one world, each in the report that speaks of its kind."""

    world: World

    def routes(self) -> list[Route]:
        return [
            Route("GET", DEDUCTIONS, self.deductions),
            Route("GET", MEASUREMENTS, self.measurements),
            Route("GET", SELF_BUYOUTS, self.self_buyouts),
        ]

    async def deductions(self, request: web.Request) -> web.Response:
        return self._page(request, SUBSTITUTION, self._substitution)

    async def measurements(self, request: web.Request) -> web.Response:
        return self._page(request, SIZES, self._measurement)

    async def self_buyouts(self, request: web.Request) -> web.Response:
        """This seller buys nothing of his own: the report is there and has no week in it."""
        if "date" in request.query and moscow_day(request.query["date"]) is None:
            return refuse("can't parse date")
        return reply({"details": []})

    def _page(
        self, request: web.Request, words: str, show: Callable[[int, Lump], dict[str, Any]]
    ) -> web.Response:
        asked = request.query
        last = moscow_moment(asked.get("dateTo"))
        first = moscow_moment(asked.get("dateFrom", self.world.first_day.isoformat()))
        limit, offset = asked.get("limit", ""), asked.get("offset", "0")
        for name, good in (
            ("dateTo", last is not None),
            ("dateFrom", first is not None),
            ("limit", limit.isdigit() and int(limit) <= MOST_ROWS),
            ("offset", offset.isdigit()),
        ):
            if not good:
                return _invalid(name)
        assert first is not None
        assert last is not None
        found = [
            show(t, lump)
            for t in _days(self.world, first.date(), last.date())
            if first <= _fined_at(self.world, t) <= last
            for lump in fines(self.world, t, words)
        ]
        if asked.get("order", "desc") == "desc":
            found.reverse()
        start = int(offset)
        return reply({"data": {"reports": found[start : start + int(limit)], "total": len(found)}})

    def _substitution(self, t: int, lump: Lump) -> dict[str, Any]:
        shelf = self.world.wb.shelf
        return {
            "dtBonus": _stamp(self.world, t),
            "nmId": int(shelf.card_id[lump.sku]),
            "oldShkId": 26_000_000_000 + t * 1_009,
            "oldColor": "",
            "oldSize": shelf.size[lump.sku],
            "oldSku": shelf.barcode[lump.sku],
            "oldVendorCode": shelf.article[lump.sku],
            "newShkId": 12_000_000_000 + t * 1_013,
            "newColor": "",
            "newSize": "0",
            "newSku": f"{12_000_000_000 + t * 1_013}",
            "newVendorCode": "wh-service-podmena",
            "bonusSumm": lump.amount / 100,
            "bonusType": "Подмена FBW",
            "photoUrls": [],
        }

    def _measurement(self, t: int, lump: Lump) -> dict[str, Any]:
        shelf = self.world.wb.shelf
        litres = int(shelf.volume[lump.sku]) / 100
        return {
            "nmId": int(shelf.card_id[lump.sku]),
            "subjectName": shelf.subject[lump.sku],
            "dimId": 90_000_000 + t * 37,
            "prcOver": 130.5,
            "volume": round(litres * 1.305, 2),
            "width": 13,
            "length": 28,
            "height": 33,
            "volumeSup": litres,
            "widthSup": 10,
            "lengthSup": 28,
            "heightSup": 33,
            "photoUrls": [],
            "dtBonus": _stamp(self.world, t),
            "isValid": True,
            "isValidDt": _stamp(self.world, t - 4),
            "reversalAmount": 0,
            "penaltyAmount": lump.amount / 100,
            "dateStart": _stamp(self.world, t),
            "dateEnd": _stamp(self.world, t + 30),
        }


def _days(world: World, first: date, last: date) -> Iterator[int]:
    day = max(first, world.first_day)
    while day <= last and world.shown(world.t(day)):
        yield world.t(day)
        day += timedelta(days=1)


def _stamp(world: World, t: int) -> str:
    """A day, told as midnight of another zone."""
    return f"{world.day(t)}T00:00:00Z"


def _fined_at(world: World, t: int) -> datetime:
    """The same instant in Moscow."""
    return datetime.combine(world.day(t), time(3))


def _invalid(name: str) -> web.Response:
    return reply(
        {
            "title": "bad request",
            "status": 400,
            "detail": f"invalid parameter: {name}",
            "requestId": "31db50b5-14c0-4f4e-965e-6e1f9607ee78",
            "origin": "dimension-penalty",
        },
        400,
    )
