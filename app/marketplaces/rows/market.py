"""Beside goods and money: advertising, reviews, tariffs and commissions."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from app.marketplaces.rows.goods import SkuRef


class CampaignRow(NamedTuple):
    """An advertising campaign as it stands."""

    campaign_id: int
    name: str
    kind: str
    status: str
    changed_at: datetime | None


class AdStatRow(NamedTuple):
    """What a campaign brought on a day by card (``card_id``: WB nmId, Ozon sku; 0 = not by card).

    ``spend`` here is a weight: the money is what ``AdChargeRow`` says.
    """

    d: date
    campaign_id: int
    card_id: int
    currency: str
    views: int
    clicks: int
    carts: int
    orders: int
    pieces: int
    spend: Decimal
    revenue: Decimal


class AdChargeRow(NamedTuple):
    """Money taken for advertising. ``paid_from``: "balance", "bonus", "account", "cashback", "unknown"."""

    d: date
    row_key: str
    campaign_id: int
    amount: Decimal
    currency: str
    paid_from: str
    document: str
    charged_at: datetime | None


NEW, ANSWERED, ARCHIVED = "new", "answered", "archived"
"""A review waits for an answer; has one; nobody is expected to answer it (any more)."""


class ReviewRow(NamedTuple):
    """A buyer's review; ``state``: "new", "answered", "archived". The buyer's name is not kept."""

    review_id: str
    sku: SkuRef | None
    created_at_utc: datetime
    rating: int
    has_media: bool
    text: str
    pros: str
    cons: str
    reply_status: str
    reply_id: str | None
    answer: str
    replied_at_utc: datetime | None


class TariffRow(NamedTuple):
    """A marketplace's price list line on a day. ``kind``: "box", "pallet", "return"; ``terms`` is JSON of
    decimals as strings, unknown ones left out."""

    d: date
    kind: str
    place: str
    terms: str


class CommissionRow(NamedTuple):
    """All commission rules from a day on, as JSON; written only where they are not what they were."""

    dt_from: date
    rule_json: str
