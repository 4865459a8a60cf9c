"""The seller's advertising at Ozon: campaigns, what they cost by day, and which goods it was for.

What a day's clicks cost, less what Ozon's bonuses paid, is that day's accrual of type 41 to the kopeck. All
of it hangs on the seed alone, by streams of its own.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from app.sandbox.ledger import NEVER, PROMOTED
from app.sandbox.money import divide, share, total
from app.sandbox.ozon import fees
from app.sandbox.ozon.lumps import CLICKS
from app.sandbox.world import World

_STREAM = 43
SKU, SEARCH_PROMO, BANNER = "SKU", "SEARCH_PROMO", "BANNER"
RUNNING, INACTIVE, ARCHIVED, PLANNED = "RUNNING", "INACTIVE", "ARCHIVED", "PLANNED"
_CAMPAIGNS = (
    (SKU, RUNNING, 5, "Трафареты, хиты"),
    (SKU, RUNNING, 3, "Вывод в топ"),
    (SKU, INACTIVE, 2, "Новинки"),
    (SKU, ARCHIVED, 2, "Распродажа"),
    (SEARCH_PROMO, RUNNING, 0, "Оплата за заказ"),
    (BANNER, INACTIVE, 0, "Баннер на главной"),
    (SKU, PLANNED, 0, "К праздникам"),
)
TOLD_LATE = 3
"""Days after which bonuses that were reckoned late are told."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """``rows`` of the shelf are advertised. It spends nothing after day ``last``."""

    id: int
    kind: str
    state: str
    title: str
    appetite: int
    rows: tuple[int, ...]
    created: date
    last: int


@dataclass(frozen=True, slots=True)
class SkuDay:
    """A SKU's part of a campaign's day; kopecks. ``row`` of the shelf."""

    row: int
    views: int
    clicks: int
    carts: int
    orders: int
    spend: int
    revenue: int


@dataclass(frozen=True, slots=True)
class CampaignDay:
    """A campaign's day in kopecks: ``money`` is booked by the accruals, ``prepaid`` is of that, ``bonus``
    comes on top. Without ``skus`` nobody knows what it went for."""

    campaign: Campaign
    money: int
    prepaid: int
    bonus: int
    skus: tuple[SkuDay, ...]


@dataclass(slots=True)
class Promotion:
    """Advertising of one world."""

    world: World
    campaigns: tuple[Campaign, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.campaigns = tuple(self._campaigns())

    def days(self, t: int) -> list[CampaignDay]:
        """What campaigns cost and brought on day ``t``, as it is told now."""
        rng = np.random.default_rng([self.world.seed, _STREAM, 1, t])
        (clicks,) = (each for each in self.world.ozon.ledger.sundries(t) if each.kind == CLICKS)
        asked = [each for each in self.campaigns if each.appetite and t <= each.last]
        weights = np.array([each.appetite for each in asked]) * rng.gamma(4.0, 0.25, len(asked))
        parts = zip(asked, divide(clicks.amount, weights), strict=True)
        found = [self._day(t, campaign, money) for campaign, money in parts if money]
        return [*found, *self._per_order(t)]

    def _campaigns(self) -> list[Campaign]:
        world = self.world
        rng = np.random.default_rng([world.seed, _STREAM, 0])
        born = world.first_t + world.days
        lasts = {INACTIVE: born - 3, ARCHIVED: world.first_t + world.days // 2}
        found, number = [], 14_000_000 + int(rng.integers(0, 900_000))
        for kind, state, appetite, title in _CAMPAIGNS:
            number += int(rng.integers(11, 4_000))
            goods = len(world.ozon.shelf)
            rows = rng.choice(goods, min(goods, int(rng.integers(2, 6))), replace=False)
            found.append(
                Campaign(
                    id=number,
                    kind=kind,
                    state=state,
                    title=title,
                    appetite=appetite,
                    rows=tuple(sorted(rows.tolist())),
                    created=world.origin - timedelta(days=int(rng.integers(5, 90))),
                    last=lasts.get(state, np.iinfo(np.int32).max),
                )
            )
        return found

    def _day(self, t: int, campaign: Campaign, money: int) -> CampaignDay:
        rng = np.random.default_rng([self.world.seed, _STREAM, 2, t, campaign.id])
        dice = rng.random(4)
        extra = int(share(np.array([money]), 900)[0])
        bonus = extra if dice[0] < 0.4 else 0
        is_late = dice[1] < 0.5 and self.world.now_t <= t + TOLD_LATE
        prepaid = money // 3 if dice[2] < 0.1 else 0
        # By the click: what the statistics say was spent does not wait for who pays for it.
        skus = () if dice[3] < 0.04 else self._skus(rng, t, campaign, money + bonus)
        return CampaignDay(campaign, money, prepaid, 0 if is_late else bonus, skus)

    def _skus(self, rng: np.random.Generator, t: int, campaign: Campaign, spend: int) -> tuple[SkuDay, ...]:
        prices = self.world.ozon.price_on(self.world.day(t))
        found = []
        parts = divide(spend, rng.gamma(1.5, 1.0, len(campaign.rows)) + 0.01)
        for row, amount in zip(campaign.rows, parts, strict=True):
            views = amount * 10 // int(rng.integers(150, 320))
            clicks = int(rng.binomial(views, 0.05))
            carts = int(rng.binomial(clicks, 0.3))
            orders = int(rng.binomial(carts, 0.3))
            found.append(SkuDay(row, views, clicks, carts, orders, amount, orders * int(prices[row])))
        return tuple(found)

    def _per_order(self, t: int) -> list[CampaignDay]:
        """Pay per order: what the accruals of type 54 say, and no statistics by SKU here."""
        (campaign,) = (each for each in self.campaigns if each.kind == SEARCH_PROMO)
        sold, now = self.world.ozon.ledger.on("sold", t), self.world.now_t
        sold = sold[(sold["sold_rec"] < now) & ((sold["gone"] == NEVER) | (sold["gone"] > now))]
        promoted = sold[(sold["flags"] & PROMOTED) != 0]
        money = -total(fees.promotion(promoted, self.world.ozon.shelf))
        return [CampaignDay(campaign, money, 0, 0, ())] if money else []
