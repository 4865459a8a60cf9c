"""advert-api: campaigns, their settings, their statistics as a tree, and the money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from aiohttp import web

from app.sandbox.http import moscow_day, reply
from app.sandbox.limits import Rate
from app.sandbox.wb.area import Route
from app.sandbox.wb.door import HOUR, Method
from app.sandbox.wb.promotion import (
    APPS,
    TOLD_IN_STATISTICS,
    Campaign,
    CampaignDay,
    CardDay,
    Charge,
    Promotion,
)
from app.sandbox.world import MOSCOW, World

_HOST = "advert-api"
COUNT = Method(_HOST, "/adv/v1/promotion/count", Rate(0.2, 5), Rate(HOUR / 4))
ADVERTS = Method(_HOST, "/api/advert/v2/adverts", Rate(0.2, 5), Rate(HOUR))
FULLSTATS = Method(_HOST, "/adv/v3/fullstats", Rate(20.0), Rate(HOUR))
UPD = Method(_HOST, "/adv/v1/upd", Rate(1.0, 5), Rate(HOUR))
AT_ONCE, LONGEST = 50, 31
KIND = 9
NEVER = "2100-01-01T00:00:00+03:00"
IN_UTC = 11
"""Every so many charges one is told with another zone than Moscow's."""


@dataclass(frozen=True, slots=True)
class Ads:
    """Advertising of one world behind its methods."""

    world: World
    promotion: Promotion

    def routes(self) -> list[Route]:
        return [
            Route("GET", COUNT, self.count),
            Route("GET", ADVERTS, self.adverts),
            Route("GET", FULLSTATS, self.fullstats),
            Route("GET", UPD, self.upd),
        ]

    async def count(self, _request: web.Request) -> web.Response:
        groups = []
        campaigns = self.promotion.campaigns
        for status in sorted({each.status for each in campaigns}):
            listed = [each for each in campaigns if each.status == status]
            told = [{"advertId": each.id, "changeTime": self._changed(each)} for each in listed]
            groups.append({"type": KIND, "status": status, "count": len(told), "advert_list": told})
        return reply({"adverts": groups, "all": len(campaigns)})

    async def adverts(self, request: web.Request) -> web.Response:
        wanted = _numbers(request.query.get("ids", ""))
        if wanted is None or len(wanted) > AT_ONCE:
            return _invalid("invalid ids value")
        found = [each for each in self.promotion.campaigns if not wanted or each.id in wanted]
        return reply({"adverts": [self._about(each) for each in found]})

    async def fullstats(self, request: web.Request) -> web.Response:
        wanted = _numbers(request.query.get("ids", ""))
        first, last = (moscow_day(request.query.get(name)) for name in ("beginDate", "endDate"))
        if not wanted or len(wanted) > AT_ONCE:
            return _invalid("invalid ids")
        if first is None or last is None or first > last:
            return _invalid("invalid beginDate, endDate")
        if (last - first).days >= LONGEST:
            return _too_long()
        days = {t: self.promotion.days(t) for t in self._span(first, last)}
        told = (each for each in self.promotion.campaigns if each.id in wanted)
        shown = [self._stats(each, days) for each in told if each.status in TOLD_IN_STATISTICS]
        return reply([each for each in shown if each["days"]])

    async def upd(self, request: web.Request) -> web.Response:
        first, last = (moscow_day(request.query.get(name)) for name in ("from", "to"))
        if first is None or last is None or first > last or (last - first).days >= LONGEST:
            return _invalid(f"from, to: 1 to {LONGEST} days")
        return reply([self._charge(c) for t in self._span(first, last) for c in self.promotion.charges(t)])

    def _span(self, first: date, last: date) -> list[int]:
        world = self.world
        return [t for t in range(world.t(first), world.t(last) + 1) if world.shown(t)]

    def _changed(self, campaign: Campaign) -> str:
        ended = campaign.last < self.world.now_t
        return _moment(self.world.day(campaign.last) if ended else campaign.created)

    def _about(self, campaign: Campaign) -> dict[str, Any]:
        shelf, created = self.world.wb.shelf, _moment(campaign.created)
        return {
            "bid_type": "manual",
            "currency": "RUB",
            "id": campaign.id,
            "nm_settings": [
                {
                    "bids_kopecks": {"recommendations": 0, "search": 1_100},
                    "nm_id": int(shelf.card_id[row]),
                    "subject": {"id": 50 + row % 30, "name": shelf.subject[row].lower()},
                }
                for row in campaign.cards
            ],
            "restrictions": {"can_change_nms": campaign.status not in (7, 8)},
            "settings": {
                "name": campaign.name,
                "payment_type": campaign.payment,
                "placements": {"recommendations": False, "search": True},
            },
            "status": campaign.status,
            "timestamps": {
                "created": created,
                "deleted": NEVER,
                "started": created if campaign.appetite else None,
                "updated": self._changed(campaign),
            },
        }

    def _charge(self, charge: Charge) -> dict[str, Any]:
        moment = charge.at.astimezone(UTC) if charge.at.second % IN_UTC == 0 else charge.at
        stamp = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        return {
            "updNum": self.promotion.number(charge),
            "updTime": None if self.promotion.is_timeless(charge) else stamp,
            "updSum": charge.amount / 100 if charge.amount % 100 else charge.amount // 100,
            "advertId": charge.campaign.id,
            "campName": charge.campaign.name,
            "advertType": KIND,
            "paymentType": charge.paid_from,
            "advertStatus": charge.campaign.status,
        }

    def _stats(self, campaign: Campaign, days: dict[int, list[CampaignDay]]) -> dict[str, Any]:
        told = [self._day(t, each) for t, many in days.items() for each in many if each.campaign is campaign]
        return {
            "advertId": campaign.id,
            **_totals(told),
            "boosterStats": [],
            "currency": "RUB",
            "days": told,
        }

    def _day(self, t: int, day: CampaignDay) -> dict[str, Any]:
        by_app = [(app, [card for card in day.cards if card.app == app]) for app in APPS]
        apps = [self._app(app, cards) for app, cards in by_app if cards]
        date_told = f"{self.world.day(t)}T00:00:00Z"
        return {"date": date_told, **_totals(apps), "sum": day.spend / 100, "apps": apps}

    def _app(self, app: int, cards: Sequence[CardDay]) -> dict[str, Any]:
        shelf = self.world.wb.shelf
        nms = [
            {"nmId": int(shelf.card_id[card.row]), "name": shelf.title[card.row], **_card(card)}
            for card in cards
        ]
        return {"appType": app, **_totals(nms), "nms": nms}


def _card(card: CardDay) -> dict[str, Any]:
    counts = {
        "views": card.views,
        "clicks": card.clicks,
        "atbs": card.carts,
        "orders": card.orders,
        "shks": card.orders,
        "canceled": 0,
        "sum": card.spend / 100,
        "sum_price": card.revenue / 100,
    }
    return counts | _rates(counts)


_COUNTED = ("views", "clicks", "atbs", "orders", "shks", "canceled", "sum", "sum_price")


def _totals(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Every level repeats what its parts say."""
    parts = list(parts)
    counts = {name: round(sum(part[name] for part in parts), 2) for name in _COUNTED}
    return counts | _rates(counts)


def _rates(counts: dict[str, Any]) -> dict[str, Any]:
    views, clicks = counts["views"], counts["clicks"]
    return {
        "ctr": round(clicks / views * 100, 2) if views else 0,
        "cpc": round(counts["sum"] / clicks, 2) if clicks else 0,
        "cr": round(counts["orders"] / clicks * 100, 2) if clicks else 0,
    }


def _numbers(text: str) -> set[int] | None:
    """A list with commas; None where it is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return {int(part) for part in parts} if all(part.isdigit() for part in parts) else None


def _moment(day: date) -> str:
    return datetime.combine(day, time(9, 14, 7, 600_606), MOSCOW).isoformat()


def _invalid(detail: str) -> web.Response:
    return reply(
        {
            "title": "invalid payload",
            "detail": detail,
            "origin": "camp-api-public-cache",
            "request_id": "40a229f3775b03585b65420c787aaebe",
            "status": 400,
        },
        400,
    )


def _too_long() -> web.Response:
    return reply(
        {
            "title": "Invalid payload",
            "errors": [{"field": "begin and end", "detail": f"max date range {LONGEST} days"}],
            "origin": "camp-api-public-cache",
            "request_id": "71ee30f53243d7bd09c2c00b131688b2",
            "status": 400,
            "type": "bad request",
        },
        400,
    )
