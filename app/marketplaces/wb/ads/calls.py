"""Calls of advert-api. Source: facts/wildberries.md sections 5 and 5.6."""

from collections.abc import Sequence
from datetime import date

from app.marketplaces.transport import Endpoint, Reply
from app.marketplaces.wb.client import WbClient

AT_ONCE = 50
"""Campaigns that one call may name."""

_COUNT = Endpoint("wb.campaigns", "GET", "advert-api", "/adv/v1/promotion/count")
_ADVERTS = Endpoint("wb.adverts", "GET", "advert-api", "/api/advert/v2/adverts")
_FULLSTATS = Endpoint("wb.fullstats", "GET", "advert-api", "/adv/v3/fullstats")
_UPD = Endpoint("wb.upd", "GET", "advert-api", "/adv/v1/upd")


def count(client: WbClient) -> Reply:
    """Every campaign's number, status and last change."""
    return client.transport.call(_COUNT)


def adverts(client: WbClient, campaigns: Sequence[int]) -> Reply:
    """Names and settings of up to 50 campaigns."""
    return client.transport.call(_ADVERTS, params={"ids": _listed(campaigns)})


def fullstats(client: WbClient, campaigns: Sequence[int], d_from: date, d_to: date) -> Reply:
    """Statistics of up to 50 campaigns over up to 31 days."""
    params = {"ids": _listed(campaigns), "beginDate": d_from.isoformat(), "endDate": d_to.isoformat()}
    return client.transport.call(_FULLSTATS, params=params)


def upd(client: WbClient, d_from: date, d_to: date) -> Reply:
    """What was taken for advertising over up to 31 days."""
    return client.transport.call(_UPD, params={"from": d_from.isoformat(), "to": d_to.isoformat()})


def _listed(campaigns: Sequence[int]) -> str:
    return ",".join(map(str, campaigns))
