"""Advertising on the wire: only the fields we read. Source: specs/wb promotion.yaml."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from app.marketplaces.wire import ZERO, Count, Day, Id, Moment, Rubles, Text, Wire


def _moment_or_none(told: object) -> object:
    return told or None


MaybeMoment = Annotated[datetime | None, BeforeValidator(_moment_or_none)]


class Listed(Wire):
    """A campaign in promotion/count."""

    campaign_id: Id = Field(alias="advertId", gt=0)
    changed: Moment | None = Field(None, alias="changeTime")


class Group(Wire):
    """Campaigns of one type and status in promotion/count."""

    kind: Count = Field(0, alias="type")
    status: Count = 0
    campaigns: list[Listed] | None = Field(None, alias="advert_list")


class Settings(Wire):
    """What a campaign is called and how it is paid (cpm, cpc)."""

    name: Text = ""
    payment: Text = Field("", alias="payment_type")


class Stamps(Wire):
    """A campaign's dates."""

    updated: Moment | None = None


class Advert(Wire):
    """A campaign in advert/v2/adverts."""

    campaign_id: Id = Field(alias="id", gt=0)
    status: Count = 0
    settings: Settings = Settings()
    stamps: Stamps = Field(Stamps(), alias="timestamps")


class NmStats(Wire):
    """A card's share of a campaign's day on one kind of app. ``spend`` may be 0 with orders > 0."""

    nm_id: Id = Field(alias="nmId", gt=0)
    views: Count = 0
    clicks: Count = 0
    carts: Count = Field(0, alias="atbs")
    orders: Count = 0
    pieces: Count = Field(0, alias="shks")
    spend: Rubles = Field(ZERO, alias="sum")
    revenue: Rubles = Field(ZERO, alias="sum_price")


class AppStats(Wire):
    """A campaign's day on one kind of app (1 site, 32 Android, 64 iOS)."""

    cards: list[NmStats] | None = Field(None, alias="nms")


class DayStats(Wire):
    """A campaign's day. Its sums repeat those of its parts; ``spend`` counts only where they are empty."""

    d: Day = Field(alias="date")
    spend: Rubles = Field(ZERO, alias="sum")
    apps: list[AppStats] | None = None


class Stats(Wire):
    """A campaign in fullstats."""

    campaign_id: Id = Field(alias="advertId", gt=0)
    currency: Text = ""
    days: list[DayStats] | None = None


class Charge(Wire):
    """A row of upd. ``document`` is 0 until invoiced, and one document covers several campaigns."""

    campaign_id: Id = Field(0, alias="advertId")
    document: Id = Field(0, alias="updNum")
    at: MaybeMoment = Field(None, alias="updTime")
    amount: Rubles = Field(alias="updSum")
    payment: Text = Field("", alias="paymentType")
