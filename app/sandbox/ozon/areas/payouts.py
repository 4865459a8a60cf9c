"""The balance and the cash-flow statement: what was accrued, and what of it went to the seller's bank.

A week is paid for on the Wednesday after it, with what was known of it that morning. What is rewritten
later stays on the balance: opening + accrued - payments = closing, on any day and as of any morning.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from app.sandbox.http import Refused, reply, whole
from app.sandbox.money import booked
from app.sandbox.ozon import fees
from app.sandbox.ozon.area import Route
from app.sandbox.ozon.areas.placement import day_of
from app.sandbox.ozon.books import DaySums, Traded, day_sums
from app.sandbox.ozon.door import invalid
from app.sandbox.ozon.types import TYPES
from app.sandbox.world import World

LONGEST = 30
"""Days of a balance."""
WEDNESDAY, WEEK = 2, 7
MONDAY_BEFORE = WEDNESDAY + WEEK
"""Days from the Monday of a week to the day it is paid for on."""
SETTLED = 60
"""Days after which nothing changes what a day says: a correction comes within 45."""
FIRST_STATEMENT = 11_567_022_000_000

TO_BUYER = (fees.LOGISTIC, fees.LAST_MILE, fees.DROP_OFF, fees.DROP_OFF_AGENT)
OF_RETURN = (fees.RETURN_FLOW, fees.CLIENT_RETURN, fees.CANCELLATION)
OF_RFBS = (
    fees.PAID_TO_SELLER,
    fees.AGENT_FEE,
    fees.PARTNER_DELIVERY,
    fees.EASY_RETURN,
    fees.PLATFORM_FEE,
    fees.PAID_BY_BUYER,
)
OTHERS = (fees.ACQUIRING, 10, 57)
OLD_NAMES = {
    fees.LOGISTIC: "MarketplaceServiceItemDirectFlowLogisticSum",
    fees.LAST_MILE: "MarketplaceServiceItemDelivToCustomer",
    fees.DROP_OFF: "MarketplaceServiceItemDropoff",
    fees.DROP_OFF_AGENT: "MarketplaceServiceItemDropoffPVZ",
    fees.RETURN_FLOW: "MarketplaceServiceItemReturnFlowLogistic",
    fees.CLIENT_RETURN: "MarketplaceServiceItemReturnAfterDelivToCustomer",
    fees.CANCELLATION: "MarketplaceServiceItemReturnNotDelivToCustomer",
    fees.ACQUIRING: "MarketplaceRedistributionOfAcquiringOperation",
    fees.PROMOTION: "OperationPromotionWithCostPerOrder",
    fees.STARS: "ItemAgentServiceStarsMembership",
    10: "MarketplaceSellerCompensationLossOfGoodsOperation",
    12: "MarketplaceServiceItemCrossdocking",
    41: "OperationMarketplaceCostPerClick",
    46: "OperationMarketplaceServiceStorage",
    47: "OperationPointsForReviews",
    52: "MarketplaceServiceItemSubscribtionPremium",
    57: "MarketplaceSellerCorrectionOperation",
    96: "OperationMarketplaceAcceleratedProductReviews",
}
"""The statement still calls services as the methods did that are gone."""


@dataclass(slots=True)
class Payouts:
    """Both methods of one world."""

    world: World
    _known: dict[tuple[int, int], DaySums] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/v1/finance/balance", self.balance),
            Route("/v1/finance/cash-flow-statement/list", self.statements),
        ]

    async def balance(self, body: dict[str, Any]) -> web.Response:
        first, last = day_of(body.get("date_from")), day_of(body.get("date_to"))
        if first > last or (last - first).days >= LONGEST:
            raise Refused(invalid(f"period must be from 1 to {LONGEST} days"))
        days = range(self.world.t(first), self.world.t(last) + 1)
        sums = self.sums(days)
        payments = [paid for t in days if (paid := self.paid(t))]
        opening = self.closing(days.start - 1)
        accrued = sum(each.total for each in sums)
        flows = {
            "sales": _goods([each.sold for each in sums]),
            "returns": _goods([each.back for each in sums]),
            "services": [
                {"name": TYPES[type_id][0], "amount": _sum(kopecks)}
                for type_id, kopecks in _services(sums).items()
            ],
        }
        total = {
            "opening_balance": _sum(opening),
            "accrued": _sum(accrued),
            "payments": [_sum(-paid) for paid in payments],
            "closing_balance": _sum(opening + accrued - sum(payments)),
        }
        return reply({"cashflows": flows, "total": total})

    async def statements(self, body: dict[str, Any]) -> web.Response:
        asked, page, size = body.get("date"), whole(body.get("page")), whole(body.get("page_size"))
        if not isinstance(asked, dict) or page is None or size is None or page < 1 or size < 1:
            return invalid("date, page and page_size are required")
        first, last = (day_of(str(asked.get(name))[:10]) for name in ("from", "to"))
        mondays = list(self._weeks(first, last))
        found = mondays[(page - 1) * size : page * size]
        result: dict[str, Any] = {"cash_flows": [self._flow(monday) for monday in found]}
        if body.get("with_details"):
            result["details"] = [self._statement(monday) for monday in found]
        return reply({"result": result | {"page_count": -(-len(mondays) // size)}})

    def sums(self, days: Iterable[int]) -> list[DaySums]:
        """Of the days that are shown, as of today."""
        return [self._of(t, self.world.now_t) for t in days if self.world.shown(t)]

    def closing(self, t: int) -> int:
        """What is owed at the end of day ``t``: earned by then as it is known today, less what was paid."""
        days = range(self.world.first_t, min(t + 1, self.world.now_t))
        return sum(each.total for each in self.sums(days)) - sum(self.paid(day) for day in days)

    def paid(self, t: int) -> int:
        """What went to the bank on day ``t``."""
        if not self.world.shown(t) or self.world.day(t).weekday() != WEDNESDAY:
            return 0
        monday = t - MONDAY_BEFORE
        week = range(max(monday, self.world.first_t), monday + WEEK)
        return max(sum(self._of(day, t).total for day in week), 0)

    def _of(self, t: int, now: int) -> DaySums:
        key = (t, min(now, t + SETTLED))
        if key not in self._known:
            self._known[key] = day_sums(self.world, *key)
        return self._known[key]

    def _weeks(self, first: date, last: date) -> Iterable[int]:
        """Mondays of the weeks that touch these days, are over and have a day that is shown."""
        monday = self.world.t(first - timedelta(days=first.weekday()))
        while monday <= self.world.t(last) and monday + WEEK <= self.world.now_t:
            if monday + WEEK > self.world.first_t:
                yield monday
            monday += WEEK

    def _flow(self, monday: int) -> dict[str, Any]:
        sums = self.sums(range(monday, monday + WEEK))
        services = _services(sums)
        carried = sum(services.get(type_id, 0) for type_id in (*TO_BUYER, *OF_RETURN))
        return {
            "period": self._period(monday),
            "orders_amount": _rubles(sum(each.sold.amount for each in sums)),
            "returns_amount": _rubles(sum(each.back.amount for each in sums)),
            "commission_amount": _rubles(sum(each.sold.fee + each.back.fee for each in sums)),
            "item_delivery_and_return_amount": _rubles(carried),
            "services_amount": _rubles(sum(services.values()) - carried),
            "currency_code": "RUB",
        }

    def _statement(self, monday: int) -> dict[str, Any]:
        week = range(monday, monday + WEEK)
        sums = self.sums(week)
        services = _services(sums)
        sold = sum(each.sold.amount + each.sold.fee for each in sums)
        back = sum(each.back.amount + each.back.fee for each in sums)
        there, here, rfbs, others = (
            {type_id: services[type_id] for type_id in types if type_id in services}
            for types in (TO_BUYER, OF_RETURN, OF_RFBS, OTHERS)
        )
        rest = {
            type_id: kopecks
            for type_id, kopecks in services.items()
            if type_id not in (*TO_BUYER, *OF_RETURN, *OF_RFBS, *OTHERS)
        }
        rfbs_parts = dict.fromkeys(
            (
                "transfer_delivery_return",
                "compensation_delivery_return",
                "partial_compensation",
                "partial_compensation_return",
            ),
            0,
        )
        return {
            "period": self._period(monday),
            "payments": [
                {"payment": _rubles(-paid), "currency_code": "RUB"} for t in week if (paid := self.paid(t))
            ],
            "begin_balance_amount": _rubles(self.closing(monday - 1)),
            "delivery": {
                "total": _rubles(sold + sum(there.values())),
                "amount": _rubles(sold),
                "delivery_services": _items(there),
            },
            "return": {
                "total": _rubles(back + sum(here.values())),
                "amount": _rubles(back),
                "return_services": _items(here),
            },
            "loan": 0,
            "invoice_transfer": _rubles(sum(each.total for each in sums)),
            "rfbs": {
                "total": _rubles(sum(rfbs.values())),
                "transfer_delivery": _rubles(sum(rfbs.values())),
                **rfbs_parts,
            },
            "services": _items(rest),
            "others": _items(others),
            "end_balance_amount": _rubles(self.closing(monday + WEEK - 1)),
        }

    def _period(self, monday: int) -> dict[str, Any]:
        first, last = self.world.day(monday), self.world.day(monday + WEEK - 1)
        number = FIRST_STATEMENT + first.toordinal()
        return {"begin": f"{first}T00:00:00Z", "end": f"{last}T23:59:59Z", "id": number}


def _services(sums: Iterable[DaySums]) -> dict[int, int]:
    found: dict[int, int] = {}
    for each in sums:
        for type_id, kopecks in each.services.items():
            found[type_id] = found.get(type_id, 0) + kopecks
    return {type_id: kopecks for type_id, kopecks in sorted(found.items()) if kopecks}


def _goods(days: list[Traded]) -> dict[str, Any]:
    return {
        "amount": _sum(sum(each.amount for each in days)),
        "amount_details": {
            "revenue": _sum(sum(each.paid for each in days)),
            "points_for_discounts": booked(sum(each.points for each in days)),
            "partner_programs": _sum(sum(each.partners for each in days)),
        },
        "fee": _sum(sum(each.fee for each in days)),
    }


def _items(services: dict[int, int]) -> dict[str, Any]:
    items = [
        {"name": OLD_NAMES.get(type_id, TYPES[type_id][0]), "price": _rubles(kopecks)}
        for type_id, kopecks in services.items()
    ]
    return {"total": _rubles(sum(services.values())), "items": items}


def _sum(kopecks: int) -> dict[str, Any]:
    return {"currency_code": "RUB", "value": _rubles(kopecks)}


def _rubles(kopecks: int) -> float:
    """A JSON number: exact to the kopeck, as a double of this size is."""
    return kopecks / 100
