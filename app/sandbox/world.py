"""The world as it stands on a business day: two markets, a calendar, and the seller's papers."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from app.sandbox.catalogue.shelf import stock_the_shelves
from app.sandbox.market import Habits, Market
from app.sandbox.ozon.lumps import ozon_lumps
from app.sandbox.wb.lumps import wb_lumps

MOSCOW = ZoneInfo("Europe/Moscow")
MORNING = time(6, 0)
DEMO_DAY = date(2026, 11, 20)
WARM_UP = 35
"""Days lived before the first one shown, so that history begins with sales of earlier orders."""

WB_HABITS = Habits(
    code=21, places=(0.80, 0.08, 0.12), pairs=0.0, fbs=0.0, corrections=False, lumps=wb_lumps, diary=True
)
OZON_HABITS = Habits(
    code=22,
    places=(0.52, 0.20, 0.16, 0.12),
    pairs=0.12,
    fbs=0.0,
    corrections=True,
    lumps=ozon_lumps,
    diary=True,
)
FBS_SHARE, RFBS_SHARE = 0.08, 0.06
Scheme = Literal["FBO", "FBS", "rFBS"]
NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


@dataclass(slots=True)
class World:
    """One seller on two marketplaces, at six in the morning (Moscow) of ``today``.

    ``today`` has begun and nothing of it is reported yet; yesterday is the last full day. ``days``
    full days of history were there on the day ``born``, when the sandbox was first started
    (``today`` unless given): advancing moves ``today`` and adds to that history. ``schemes`` are those that
    the seller sells by at Ozon, FBO always among them; ``put_away`` are the cards (by their place on the
    shelf) that he has archived there.
    """

    seed: int
    skus: int = 300
    days: int = 90
    today: date = DEMO_DAY
    born: date | None = None
    schemes: tuple[Scheme, ...] = ("FBO", "FBS")
    put_away: set[int] = field(default_factory=set)
    first_day: date = field(init=False)
    origin: date = field(init=False)
    wb: Market = field(init=False)
    ozon: Market = field(init=False)

    def __post_init__(self) -> None:
        self.born = self.born or self.today
        if not (2 <= self.skus <= 2_000_000 and 1 <= self.days <= 2_000 and self.born <= self.today):
            raise ValueError("a world has 2 to 2,000,000 SKUs, 1 to 2,000 days and is born before its today")
        self.first_day = self.born - timedelta(days=self.days)
        self.origin = self.first_day - timedelta(days=WARM_UP)
        on_wb, on_ozon = stock_the_shelves(self.seed, self.skus)
        self.wb = Market(seed=self.seed, shelf=on_wb, origin=self.origin, habits=WB_HABITS)
        habits = replace(
            OZON_HABITS,
            fbs=FBS_SHARE if "FBS" in self.schemes else 0.0,
            rfbs=RFBS_SHARE if "rFBS" in self.schemes else 0.0,
        )
        self.ozon = Market(seed=self.seed, shelf=on_ozon, origin=self.origin, habits=habits)
        self.advance(0)

    def advance(self, days: int) -> None:
        """Let ``days`` more business days pass."""
        if days < 0:
            raise ValueError("time does not run backwards")
        self.today += timedelta(days=days)
        self.wb.live_until(self.now_t)
        self.ozon.live_until(self.now_t)

    @property
    def now_t(self) -> int:
        """Today, counted from the origin: what happened on an earlier number is known."""
        return self.t(self.today)

    @property
    def first_t(self) -> int:
        """The first day of history that is shown."""
        return WARM_UP

    @property
    def now(self) -> datetime:
        """The sandbox's instant, in UTC."""
        return datetime.combine(self.today, MORNING, MOSCOW).astimezone(UTC)

    def t(self, day: date) -> int:
        """A calendar day as a number from the origin."""
        return (day - self.origin).days

    def day(self, t: int) -> date:
        """The calendar day of a number."""
        return self.origin + timedelta(days=t)

    def shown(self, t: int) -> bool:
        """Whether day ``t`` is a full day of the history that the marketplaces tell."""
        return self.first_t <= t < self.now_t

    @property
    def sid(self) -> str:
        """The seller's id at Wildberries."""
        return str(uuid.uuid5(NAMESPACE, f"ambar-sandbox-seller-{self.seed}"))

    @property
    def oid(self) -> int:
        """The seller's old numeric id at Wildberries."""
        return 250_000 + self.seed % 100_000

    @property
    def ozon_client_id(self) -> str:
        """The Client-Id at Ozon."""
        return str(1_230_000 + self.seed % 10_000)

    @property
    def ozon_api_key(self) -> str:
        """The Api-Key at Ozon."""
        return str(uuid.uuid5(NAMESPACE, f"ambar-sandbox-ozon-key-{self.seed}"))

    @property
    def ozon_ads_client_id(self) -> str:
        """The Client ID at Ozon's Performance API."""
        account = 88_000_000 + self.seed % 1_000_000
        return f"{account}-17{self.seed % 10**8:08}@advertising.performance.ozon.ru"

    @property
    def ozon_ads_client_secret(self) -> str:
        """The Client Secret that belongs to it."""
        made = uuid.uuid5(NAMESPACE, f"ambar-sandbox-ozon-ads-{self.seed}").hex
        return f"b1u5XXDQW3_{made}-{made[::-1]}"
