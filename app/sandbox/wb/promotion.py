"""The seller's advertising: campaigns, what was taken for them, and what they brought.

Its money is that of the documents: the charges of the days before a document that are paid from
the balance add up to the deduction of the finance report to the kopeck. All of it hangs on the seed
alone, by streams of its own.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np

from app.sandbox.market import Market
from app.sandbox.money import divide, share, total
from app.sandbox.wb.lumps import ADS, INVOICED_EVERY, ads_document
from app.sandbox.world import MOSCOW, World

_STREAM = 41
BALANCE, BONUS, ACCOUNT = "Баланс", "Бонусы", "Счет"
READY, ENDED, DECLINED, ACTIVE, PAUSED = 4, 7, 8, 9, 11
TOLD_IN_STATISTICS = frozenset({ENDED, ACTIVE, PAUSED})
APPS = (1, 32, 64)
"""Site, Android, iOS."""
_STATUSES = (ACTIVE, ACTIVE, PAUSED, ENDED, READY, DECLINED)
_APPETITE = (5, 3, 2, 2, 0, 0)
_NAMES = ("Поиск, хиты", "Каталог", "Новинки", "Распродажа", "Черновик", "Без модерации")


@dataclass(frozen=True, slots=True)
class Campaign:
    """``cards``: rows of the shelf, the first of each card. It spends nothing after day ``last``."""

    id: int
    name: str
    status: int
    payment: str
    appetite: int
    cards: tuple[int, ...]
    last: int
    created: date


@dataclass(frozen=True, slots=True)
class Charge:
    """Kopecks taken for a campaign on day ``t``. ``slow``: its time is told a day later."""

    t: int
    campaign: Campaign
    amount: int
    paid_from: str
    at: datetime
    slow: bool
    due: int

    @property
    def document(self) -> int:
        """The number it will stand under."""
        return ads_document(self.due)


@dataclass(frozen=True, slots=True)
class CardDay:
    """A card's part of a campaign's day in one app; kopecks. ``row`` of the shelf."""

    row: int
    app: int
    views: int
    clicks: int
    carts: int
    orders: int
    spend: int
    revenue: int


@dataclass(frozen=True, slots=True)
class CampaignDay:
    """A campaign's day. Without ``cards`` nobody knows what the money went for."""

    campaign: Campaign
    spend: int
    cards: tuple[CardDay, ...]


@dataclass(slots=True)
class Promotion:
    """Advertising of one world."""

    world: World
    campaigns: tuple[Campaign, ...] = field(init=False)
    _documents: dict[int, list[Charge]] = field(default_factory=dict)
    _ahead: Market | None = None

    def __post_init__(self) -> None:
        self.campaigns = tuple(self._campaigns())

    def charges(self, t: int) -> list[Charge]:
        """Everything taken on day ``t``, in time."""
        due = t - t % INVOICED_EVERY + INVOICED_EVERY
        if due not in self._documents:
            self._documents[due] = self._document(due)
        return [charge for charge in self._documents[due] if charge.t == t]

    def number(self, charge: Charge) -> int:
        """The document's number as it is told now: 0 until the document is made out."""
        return charge.document if charge.due < self.world.now_t else 0

    def is_timeless(self, charge: Charge) -> bool:
        """Is its time not told yet?"""
        return charge.slow and charge.t == self.world.now_t - 1

    def days(self, t: int) -> list[CampaignDay]:
        """What campaigns brought on day ``t``."""
        taken: dict[int, int] = {}
        for charge in self.charges(t):
            taken[charge.campaign.id] = taken.get(charge.campaign.id, 0) + charge.amount
        return [self._day(t, each, taken[each.id]) for each in self.campaigns if each.id in taken]

    def _campaigns(self) -> list[Campaign]:
        world = self.world
        rng = np.random.default_rng([world.seed, _STREAM, 0])
        firsts = np.unique(world.wb.shelf.card_id, return_index=True)[1]
        born = world.first_t + world.days
        lasts = {PAUSED: born - 3, ENDED: world.first_t + world.days // 2}
        found, number = [], 21_000_000 + int(rng.integers(0, 900_000))
        for status, appetite, name in zip(_STATUSES, _APPETITE, _NAMES, strict=True):
            number += int(rng.integers(11, 4_000))
            cards = rng.choice(firsts, min(len(firsts), int(rng.integers(2, 6))), replace=False)
            found.append(
                Campaign(
                    id=number,
                    name=name,
                    status=status,
                    payment="cpm" if rng.random() < 0.7 else "cpc",
                    appetite=appetite,
                    cards=tuple(sorted(cards.tolist())),
                    last=lasts.get(status, np.iinfo(np.int32).max),
                    created=world.origin - timedelta(days=int(rng.integers(5, 90))),
                )
            )
        return found

    def _document(self, due: int) -> list[Charge]:
        """The charges of the days that the document of day ``due`` closes."""
        rng = np.random.default_rng([self.world.seed, _STREAM, 1, due])
        market = self._market(due)
        (lump,) = (each for each in market.ledger.sundries(due) if each.kind == ADS)
        slots = [
            (t, campaign, (_ordered(market, t) // 100 + 1) * campaign.appetite)
            for t in range(max(due - INVOICED_EVERY, 0), due)
            for campaign in self.campaigns
            if campaign.appetite and t <= campaign.last
        ]
        weights = np.array([weight for *_, weight in slots]) * rng.gamma(4.0, 0.25, len(slots))
        found: list[Charge] = []
        for (t, campaign, _), amount in zip(slots, divide(lump.amount, weights), strict=True):
            found += [] if not amount else self._taken(rng, t, campaign, amount, due)
        return sorted(found, key=lambda charge: (charge.at, charge.campaign.id))

    def _taken(
        self, rng: np.random.Generator, t: int, campaign: Campaign, amount: int, due: int
    ) -> list[Charge]:
        dice = rng.random(4)
        start = datetime.combine(self.world.day(t), time.min, MOSCOW)
        at, later = (
            start + timedelta(seconds=int(s), microseconds=int(s) * 7 % 1_000_000)
            for s in rng.integers(0, 86_400, 2)
        )
        slow = bool(dice[3] < 0.06)
        parts = [(BALANCE, amount, at)]
        if dice[0] < 0.10 and amount % 2 == 0:
            parts = [(BALANCE, amount // 2, at)] * 2  # two charges that nothing tells apart
        extra = int(share(np.array([amount]), 800)[0])
        if dice[1] < 0.10 and extra:
            parts.append((BONUS, extra, later))
        if dice[2] < 0.05 and extra:
            parts.append((ACCOUNT, extra, later))
        return [Charge(t, campaign, kopecks, paid, moment, slow, due) for paid, kopecks, moment in parts]

    def _market(self, t: int) -> Market:
        """The market, day ``t`` lived: tomorrow's document may hold what was taken today."""
        if t < self.world.wb.days:
            return self.world.wb
        if self._ahead is None or self._ahead.days <= t:
            self._ahead = self.world.wb.ahead(t + 1)
        return self._ahead

    def _day(self, t: int, campaign: Campaign, taken: int) -> CampaignDay:
        """Statistics tell a little less than the money: they round."""
        rng = np.random.default_rng([self.world.seed, _STREAM, 2, t, campaign.id])
        spend = taken - int(share(np.array([taken]), int(rng.integers(0, 13)))[0])
        if rng.random() < 0.04:
            return CampaignDay(campaign, spend, ())
        places = [(row, app) for row in campaign.cards for app in APPS]
        parts = divide(spend, rng.gamma(1.5, 1.0, len(places)) + 0.01)
        prices = self.world.wb.price_on(self.world.day(t))
        cards = []
        for (row, app), amount in zip(places, parts, strict=True):
            views = amount * 10 // int(rng.integers(150, 320))
            clicks = int(rng.binomial(views, 0.04))
            carts = int(rng.binomial(clicks, 0.3))
            orders = int(rng.binomial(carts, 0.3))
            price = int(prices[row])
            cards.append(CardDay(row, app, views, clicks, carts, orders, amount, orders * price))
        if rng.random() < 0.12:  # ordered by someone who came for another card
            row = int(rng.integers(0, len(prices)))
            if row not in campaign.cards:
                cards.append(CardDay(row, APPS[1], 0, 0, 0, 1, 0, int(prices[row])))
        return CampaignDay(campaign, spend, tuple(cards))


def _ordered(market: Market, t: int) -> int:
    lines = market.ledger.placed(t)
    return total(lines["price"].astype(np.int64) * lines["qty"])
