"""Bad nights on order: sources that die, stutter or go backwards.

Everything here speaks of any source of a cabinet: whoever adds one need not come here.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit
from app.repositories.accounts import StoredAccount
from app.services.night import Night
from tests.support.shop import Shop, ShortGateway


def soaked(*cases: Any) -> list[Any]:
    """Parameters of a test for the long run alone: what each shows the suite's sample shows too."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.soak)
        for case in cases
    ]


class Killed(BaseException):
    """As kill -9 would: nobody may catch it."""


@dataclass(slots=True)
class Life:
    """How many pages may still come; how many came."""

    pages: int
    seen: int = 0

    def page(self) -> None:
        self.seen += 1
        self.pages -= 1
        if self.pages < 0:
            raise Killed


@dataclass(frozen=True, slots=True)
class Odd:
    """A source that is not quite itself; what it does not do in its own way, it does as it was."""

    source: Source

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def replaces(self) -> bool:
        return self.source.replaces

    @property
    def brings(self) -> frozenset[Kind]:
        return self.source.brings

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return self.source.units(d_from, d_to)

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        return self.source.fetch(unit, cursor)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return self.source.normalise(unit, pages)

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "source"), name)


@dataclass(frozen=True, slots=True)
class Mortal(Odd):
    """Dies after a page was handed over and stored, or (``before``) when it has come and nobody has it.

    Ozon's list of products counts together with its details: the checkpoint stands before both.
    """

    life: Life = field(default_factory=lambda: Life(0))
    before: bool = False

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        for page in self.source.fetch(unit, cursor):
            counts = page.cursor != cursor or not cursor
            if self.before and counts:
                self.life.page()
            yield page
            if counts and not self.before:
                self.life.page()
            cursor = page.cursor


@dataclass(frozen=True, slots=True)
class Stuttering(Odd):
    """Every page comes twice."""

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        for page in self.source.fetch(unit, cursor):
            yield page
            yield page


@dataclass(frozen=True, slots=True)
class Backwards(Odd):
    """The newest days first, and the pages of a unit from the last to the first; but what was ordered comes
    after its order."""

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return self.source.units(d_from, d_to)[::-1]

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        was_ordered = any(page.is_receipt for page in pages)
        return self.source.normalise(unit, pages if was_ordered else pages[::-1])


@dataclass(frozen=True, slots=True)
class Watched(Odd):
    """Calls somebody at every page that has come."""

    at_page: Callable[[], None] = lambda: None

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        for page in self.source.fetch(unit, cursor):
            self.at_page()
            yield page


@dataclass(frozen=True, slots=True, kw_only=True)
class OddGateway(ShortGateway):
    """Opens cabinets whose sources are odd."""

    odd: Callable[[Source], Any]

    @contextmanager
    def sources(self, account: StoredAccount) -> Iterator[list[Source]]:
        with ShortGateway.sources(self, account) as sources:
            yield [self.odd(source) for source in sources]


def odd_night(shop: Shop, odd: Callable[[Source], Any]) -> Night:
    """The night of a shop, of odd sources."""
    house = shop.house
    gateway = OddGateway(
        db=house.db,
        settings=house.settings,
        vault=house.vault,
        clock=house.clock,
        wall_clock=shop.wall,
        only=house.gateway.only if isinstance(house.gateway, ShortGateway) else None,
        odd=odd,
    )
    return replace(house.night, gateway=gateway)


def mortal(shop: Shop, pages: int, *, before: bool = False) -> Night:
    """The night of a shop, with so many pages left to live."""
    life = Life(pages)
    return odd_night(shop, lambda source: Mortal(source, life, before))
