"""Advertising on the wire: only the fields we read. Sources: specs/ozon performance (October 2026 for
products/sku), facts/ozon.md section 8 for what the specification leaves out."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from app.marketplaces.wire import ZERO, Count, Id, Rubles, Text, Wire, parse_day


def _any_day(told: object) -> date:
    """ISO, or DD.MM.YYYY as reports write it."""
    if isinstance(told, str) and len(told) >= 10 and told[2] == told[5] == ".":
        told = f"{told[6:10]}-{told[3:5]}-{told[:2]}"
    return parse_day(told)


def _moment_or_none(told: object) -> datetime | None:
    """An instant that nothing hangs on."""
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


AnyDay = Annotated[date, BeforeValidator(_any_day)]
MaybeMoment = Annotated[datetime | None, BeforeValidator(_moment_or_none)]


class Campaign(Wire):
    """A campaign as it stands. ``kind``: SKU (pay per click), SEARCH_PROMO (per order), BANNER, …"""

    campaign_id: Id = Field(alias="id", gt=0)
    title: Text = ""
    kind: Text = Field("", alias="advObjectType")
    state: Text = ""
    updated: MaybeMoment = Field(None, alias="updatedAt")


class Expense(Wire):
    """A campaign's day: ``money`` is all of it, ``prepayment`` and ``bonus`` are of that what was paid from
    an account of its own and with Ozon's bonuses."""

    campaign_id: Id = Field(alias="id", gt=0)
    d: AnyDay = Field(alias="date")
    money: Rubles = Field(alias="moneySpent")
    bonus: Rubles = Field(ZERO, alias="bonusSpent")
    prepayment: Rubles = Field(ZERO, alias="prepaymentSpent")


class SkuDay(Wire):
    """A SKU's part of a campaign's day, however it was told; SKU 0 = it was not by SKU."""

    campaign_id: Id = Field(gt=0)
    d: AnyDay
    sku: Id = 0
    views: Count = 0
    clicks: Count = 0
    carts: Count = 0
    orders: Count = 0
    spend: Rubles = ZERO
    revenue: Rubles = ZERO
