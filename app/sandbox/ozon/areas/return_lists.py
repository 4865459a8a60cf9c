"""returns/list (FBO and FBS) and returns/rfbs/list: what was refused or brought back, and where it is now.

Of FBO and FBS, whatever the accruals charge a way back for has its return here; statuses are days apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from aiohttp import web

from app.sandbox.http import Refused, reply, whole
from app.sandbox.ledger import Lines
from app.sandbox.ozon import postings
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.areas.asking import limit, part, period
from app.sandbox.ozon.door import invalid
from app.sandbox.ozon.own_places import place_of
from app.sandbox.ozon.stocks import PLACES
from app.sandbox.world import World

LARGEST_PAGE = 500
PERIODS = ("logistic_return_date", "storage_tariffication_start_date", "visual_status_change_moment")
NOON = 43_200


class Step(NamedTuple):
    """A status that a return comes to ``days`` after it began."""

    days: int
    id: int
    sys_name: str
    title: str


TO_OZON = (Step(0, 31, "MovingToOzon", "Едет на склад Ozon"), Step(3, 32, "ReturnedToOzon", "На складе Ozon"))
TO_SELLER = (
    Step(0, 16, "MovingToSeller", "Возврат на пути к вам"),
    Step(4, 3, "ArrivedAtReturnPlace", "В пункте выдачи"),
    Step(7, 15, "ReceivedBySeller", "Вы получили возврат"),
)
CLAIM = (
    Step(0, 1, "New", "Новая"),
    Step(2, 2, "Delivering", "В пути"),
    Step(6, 5, "Approved", "Согласована"),
)
LONGEST_WAY = 7


class Return(NamedTuple):
    """A line that came back from day ``t`` on; ``step`` is where it is now."""

    id: int
    t: int
    line: Any
    number: str
    scheme: str
    step: Step
    is_over: bool

    @property
    def was_bought(self) -> bool:
        return bool(self.line["back"] == self.t)

    @property
    def moved(self) -> int:
        """The second of its last step, from the world's origin."""
        return (self.t + self.step.days) * 86_400 + NOON


def begun(world: World, t: int) -> Iterator[Return]:
    """Returns that began on day ``t``: bought and brought back, or refused after they had left."""
    ledger, now = world.ozon.ledger, world.now_t
    gone = ledger.on("cancel", t)
    for lines in (ledger.on("back", t), gone[gone["cancel"] > gone["day"]]):
        yield from _returns(lines, t, now)


def _returns(lines: Lines, t: int, now: int) -> Iterator[Return]:
    ids = (1_000_000_000 + lines["day"].astype(np.int64) * 1_000_000 + lines["row"]).tolist()
    schemes, numbers = postings.schemes(lines), postings.numbers(lines)
    for i, line in enumerate(lines):
        way = {"FBO": TO_OZON, "FBS": TO_SELLER, "RFBS": CLAIM}[schemes[i]]
        step = [each for each in way if t + each.days < now][-1]
        yield Return(ids[i], t, line, numbers[i], schemes[i], step, step is way[-1])


@dataclass(frozen=True, slots=True)
class ReturnLists:
    """Returns of one world."""

    world: World

    def routes(self) -> list[Route]:
        return [Route("/v1/returns/list", self.returns), Route("/v2/returns/rfbs/list", self.claims)]

    async def returns(self, body: dict[str, Any]) -> web.Response:
        asked, many = part(body, "filter"), limit(body, LARGEST_PAGE)
        if len([name for name in PERIODS if asked.get(name)]) != 1 or not asked.get(PERIODS[2]):
            raise Refused(invalid("only one of the periods can be used in the filter"))
        since, to = period(part(asked, PERIODS[2]), "time_from", "time_to")
        first, last = postings.seconds(self.world, since), postings.seconds(self.world, to)
        found = [
            each
            for each in self._begun(int(first // 86_400) - LONGEST_WAY, int(last // 86_400))
            if each.scheme != "RFBS" and first <= each.moved <= last
        ]
        page, more = _page(found, body, many)
        return reply({"returns": [self._show(each) for each in page], "has_next": more})

    async def claims(self, body: dict[str, Any]) -> web.Response:
        if "rFBS" not in self.world.schemes:
            raise Refused(invalid("the seller does not work by this scheme"))
        asked, many = part(body, "filter"), limit(body, LARGEST_PAGE)
        since, to = period(part(asked, "created_at"), "from", "to")
        first, last = postings.seconds(self.world, since), postings.seconds(self.world, to)
        found = [
            each
            for each in self._begun(int(first // 86_400), int(last // 86_400))
            if each.scheme == "RFBS" and each.was_bought and first <= each.t * 86_400 + NOON <= last
        ]
        page, _ = _page(found, body, many)
        return reply({"returns": [self._claim(each) for each in page]})

    def _begun(self, first: int, last: int) -> Iterator[Return]:
        for t in range(max(first, self.world.first_t), min(last + 1, self.world.now_t)):
            yield from begun(self.world, t)

    def _show(self, each: Return) -> dict[str, Any]:
        world, shelf, line = self.world, self.world.ozon.shelf, each.line
        sku, quantity = int(line["sku"]), int(line["qty"])
        if each.scheme == "FBO":
            there = PLACES[int(line["place"])]
            place = {"id": there.warehouse_id, "name": there.name, "address": there.cluster}
        else:
            place = {"id": 23_869_688_194_000, "name": "СЦ_Львовский_Возвраты", "address": "г. Подольск"}
        began = postings.stamp(world, each.t * 86_400 + NOON)
        target = place if each.scheme == "FBO" else {"id": 1, "name": place_of("FBS").name, "address": ""}
        price = {"currency_code": "RUB", "price": int(line["price"]) / 100}
        if each.was_bought:
            kind, why = "ClientReturn", "Товар не подошёл"
        else:
            kind, why = "FullReturn", "Покупатель отказался при вручении"
        return {
            "additional_info": {"is_opened": each.was_bought, "is_super_econom": False},
            "clearing_id": None,
            "company_id": int(world.ozon_client_id),
            "compensation_status": None,
            "exemplars": [{"id": each.id * 10 + n} for n in range(quantity)],
            "id": each.id,
            "logistic": {
                "barcode": f"ii{each.id}",
                "cancelled_with_compensation_moment": None,
                "final_moment": postings.stamp(world, each.moved) if each.is_over else None,
                "return_date": began if each.was_bought else None,
                "technical_return_moment": None if each.was_bought else began,
            },
            "order_id": 24_000_000_000 + int(line["day"]) * 1_000_000 + int(line["posting"]),
            "order_number": each.number[:-2],
            "place": place,
            "posting_number": each.number,
            "product": {
                "commission": None,
                "commission_percent": 0,
                "name": shelf.title[sku],
                "offer_id": shelf.article[sku],
                "price": price,
                "price_without_commission": price,
                "quantity": quantity,
                "sku": int(shelf.item_id[sku]),
            },
            "return_clearing_id": None,
            "return_reason_name": why,
            "schema": each.scheme.capitalize(),
            "source_id": None,
            "storage": None,
            "target_place": target,
            "type": kind,
            "visual": {
                "change_moment": postings.stamp(world, each.moved),
                "status": {
                    "display_name": each.step.title,
                    "id": each.step.id,
                    "sys_name": each.step.sys_name,
                },
            },
        }

    def _claim(self, each: Return) -> dict[str, Any]:
        shelf, sku = self.world.ozon.shelf, int(each.line["sku"])
        return {
            "client_name": "Иван Ветров",
            "created_at": postings.stamp(self.world, each.t * 86_400 + NOON),
            "order_number": each.number[:-2],
            "posting_number": each.number,
            "product": {
                "currency_code": "RUB",
                "name": shelf.title[sku],
                "offer_id": shelf.article[sku],
                "price": round(int(each.line["price"]) / 100),
                "sku": int(shelf.item_id[sku]),
            },
            "return_id": each.id,
            "return_number": f"{each.number[:-2]}-R1",
            "state": {
                "group_state": each.step.sys_name,
                "money_return_state_name": "Деньги возвращены" if each.is_over else "",
                "state": each.step.sys_name,
                "state_name": each.step.title,
            },
        }


def _page(found: list[Return], body: dict[str, Any], many: int) -> tuple[list[Return], bool]:
    """Those after ``last_id``, by their numbers; is there more?"""
    after = whole(body.get("last_id", 0)) or 0
    rest = sorted((each for each in found if each.id > after), key=lambda each: each.id)
    return rest[:many], len(rest) > many
