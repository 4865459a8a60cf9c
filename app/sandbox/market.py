"""One marketplace's life, day by day: demand, shelves that empty, deliveries, and what became of orders.

A day depends only on the seed and on the days before it, so the same seller grows in the same way
however often it is started and however far it is advanced.
"""

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Self

import numpy as np
import numpy.typing as npt

from app.sandbox import fate
from app.sandbox.catalogue.shelf import Ints, Shelf
from app.sandbox.ledger import LINE, DayFacts, Ledger, Lines, Lump
from app.sandbox.season import demand_factor, discount_step

REVIEW_DAYS = 7
FORGOTTEN = 0.18
"""How often the seller overlooks that something must be ordered: this is where stock-outs come from."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What differs between the marketplaces. ``places``: shares of orders by warehouse; ``fbs``, ``rfbs``:
    shares of what the seller sends; ``diary``: stock of past days can be asked for."""

    code: int
    places: tuple[float, ...]
    pairs: float
    fbs: float
    corrections: bool
    lumps: Callable[[np.random.Generator, DayFacts], list[Lump]]
    diary: bool = False
    rfbs: float = 0.0


@dataclass(frozen=True, slots=True)
class Sent:
    """Pieces sent on day ``t`` that arrive on day ``due``."""

    t: int
    due: int
    skus: Ints
    units: Ints


@dataclass(slots=True)
class Market:
    """The ledger of one marketplace and the state that the next day starts from."""

    seed: int
    shelf: Shelf
    origin: date
    habits: Habits
    ledger: Ledger = field(default_factory=Ledger)
    stock: Ints = field(init=False)
    held: list[int] = field(init=False, default_factory=list)
    diary: list[npt.NDArray[np.int32]] = field(init=False, default_factory=list)
    """Stock at the end of each day, by SKU; empty where the habits keep none."""
    sent: list[Sent] = field(init=False, default_factory=list)
    """Everything the seller ever sent, in the order it was sent."""
    rate: npt.NDArray[np.float64] = field(init=False)
    _discount: Ints = field(init=False)
    _due: dict[int, list[tuple[Ints, Ints]]] = field(init=False)
    _on_order: Ints = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng([self.seed, self.habits.code, 1])
        n = len(self.shelf)
        self.rate = np.minimum(np.exp(rng.normal(-1.15, 1.25, n)), 9.0)
        self._discount = rng.integers(34, 46, n)
        self.stock = np.ceil(self.rate * rng.uniform(6, 45, n) + rng.integers(1, 4, n)).astype(np.int64)
        self._due = defaultdict(list)
        self._on_order = np.zeros(n, dtype=np.int64)

    @property
    def days(self) -> int:
        """How many days have been lived."""
        return len(self.ledger.orders)

    def live_until(self, day: int) -> None:
        """Live all days before ``day``."""
        while self.days < day:
            self._live()

    def ahead(self, day: int) -> Self:
        """A copy that has lived all days before ``day``; nothing of this one moves.

        What is charged today may stand in a document of the day after tomorrow.
        """
        twin = copy.copy(self)
        twin.ledger, twin.stock, twin._on_order = self.ledger.copy(), self.stock.copy(), self._on_order.copy()
        twin.held, twin.diary, twin.sent = list(self.held), list(self.diary), list(self.sent)
        twin._due = defaultdict(list, {t: list(parts) for t, parts in self._due.items()})
        twin.live_until(day)
        return twin

    def price_on(self, day: date) -> Ints:
        """The seller's price of each SKU on ``day``, kopecks."""
        return self.shelf.list_price * (100 - self.discount_on(day)) // 100

    def discount_on(self, day: date) -> Ints:
        """The seller's discount off the list price of each SKU on ``day``, percent."""
        return self._discount + discount_step(day)

    def in_transit(self, day: int) -> Ints:
        """Pieces the seller has sent that had not arrived by the morning of ``day``, by SKU."""
        pieces = np.zeros(len(self.shelf), dtype=np.int64)
        for due, parts in self._due.items():
            if due >= day:
                for skus, units in parts:
                    pieces[skus] += units
        return pieces

    def _live(self) -> None:
        t = self.days
        day = self.origin + timedelta(days=t)
        rng = np.random.default_rng([self.seed, self.habits.code, 1000 + t])
        arrived = self._receive(t)
        usual = self.rate * demand_factor(day, self.shelf.gift)
        noisy = usual * rng.gamma(4.0, 0.25, len(usual))
        ordered = np.minimum(rng.poisson(noisy), self.stock)
        self.stock -= ordered
        lines = self._lines(rng, t, day, ordered)
        self._expect_back(lines)
        self._reorder(rng, t, usual)
        self.held.append(int((self.stock * self.shelf.volume).sum()))
        if self.habits.diary:
            self.diary.append(self.stock.astype(np.int32))
        facts = DayFacts(
            t=t,
            day=day,
            held=self.held[-1],
            arrived=int(arrived.sum()),
            ordered=int((lines["price"].astype(np.int64) * lines["qty"]).sum()),
            skus=len(self.shelf),
        )
        self.ledger.post(lines, self.habits.lumps(rng, facts))

    def _receive(self, t: int) -> Ints:
        """Put away what arrives on day ``t``; returns the pieces that came from the seller, by SKU."""
        fresh = np.zeros(len(self.shelf), dtype=np.int64)
        for skus, units in self._due.pop(t, ()):
            fresh[skus] += units
        self._on_order -= fresh
        self.stock += fresh
        for bucket, rest in (("cancel", 0), ("back", 2)):
            lines = self.ledger.on(bucket, t - rest)
            np.add.at(self.stock, lines["sku"].astype(np.int64), lines["qty"].astype(np.int64))
        return fresh

    def _lines(self, rng: np.random.Generator, t: int, day: date, ordered: Ints) -> Lines:
        sku, qty = fate.pair_up(rng, np.repeat(np.arange(len(ordered)), ordered), self.habits.pairs)
        order = rng.permutation(len(sku))
        lines = np.zeros(len(sku), dtype=LINE)
        lines["sku"], lines["qty"] = sku[order], qty[order]
        n = len(lines)
        lines["day"], lines["row"] = t, np.arange(n)
        lines["sec"] = np.sort((rng.beta(2.2, 1.6, n) * 57_000).astype(np.int64) + 25_200)
        prices = self.price_on(day)
        lines["price"] = prices[lines["sku"]]
        lines["disc"] = self.discount_on(day)[lines["sku"]]
        lines["spp"] = rng.integers(120, 280, n) * 10
        lines["acq"] = rng.integers(120, 240, n)
        lines["place"] = np.searchsorted(np.cumsum(self.habits.places)[:-1], rng.random(n))
        lines["region"] = rng.integers(0, 12, n)
        habits = self.habits
        fate.decide(rng, lines, t, fbs=habits.fbs, rfbs=habits.rfbs, corrections=habits.corrections)
        return lines

    def _expect_back(self, lines: Lines) -> None:
        """What is cancelled on the day of its order is free at once; the rest comes with ``_receive``."""
        same_day = lines[lines["cancel"] == lines["day"]]
        np.add.at(self.stock, same_day["sku"].astype(np.int64), same_day["qty"].astype(np.int64))

    def _reorder(self, rng: np.random.Generator, t: int, usual: npt.NDArray[np.float64]) -> None:
        n = len(self.shelf)
        due = (np.arange(n) + t) % REVIEW_DAYS == 0
        low = self.stock + self._on_order < np.ceil(usual * 16)
        remembered = rng.random(n) >= FORGOTTEN
        skus = np.flatnonzero(due & low & remembered)
        units = np.ceil(usual[skus] * 34 + 2).astype(np.int64) - self.stock[skus] - self._on_order[skus]
        lead = rng.integers(4, 13, len(skus))
        keep = units > 0
        skus, units, lead = skus[keep], units[keep], lead[keep]
        self._on_order[skus] += units
        for days in np.unique(lead).tolist():
            chosen = lead == days
            self._due[t + days].append((skus[chosen], units[chosen]))
            self.sent.append(Sent(t, t + days, skus[chosen], units[chosen]))
