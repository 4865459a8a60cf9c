"""Bad nights on order: sources that die, stutter or go backwards, and a marketplace that spoils its answers.

Everything here speaks of any source of a cabinet: whoever adds one need not come here.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

import pytest

from app.marketplaces.source import Kind, Normalised, Page, Source, Unit
from app.repositories.accounts import StoredAccount
from app.services.night import Night
from tests.support.shop import Shop, ShortGateway
from tests.support.tap import Answer, Exchange


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
    """The newest days first, and the pages of a unit from the last to the first."""

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        return self.source.units(d_from, d_to)[::-1]

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return self.source.normalise(unit, pages[::-1])


@dataclass(frozen=True, slots=True)
class Remembering(Odd):
    """Keeps what it was asked to understand."""

    told: list[tuple[Source, Unit, list[Page]]] = field(default_factory=list)

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        self.told.append((self.source, unit, list(pages)))
        return self.source.normalise(unit, pages)


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


# A marketplace that spoils its answers: see tests/support/tap.py

_OWN_NUMBER = re.compile(r"/[0-9a-f-]{32,36}\b|/\d{3,}\b")


def method_of(seen: Exchange) -> str:
    """Verb, host and path, tasks and reports of one kind alike."""
    return f"{seen.verb} {seen.host}{_OWN_NUMBER.sub('/{id}', seen.path)}"


@dataclass(slots=True)
class Storm:
    """Refuses by chance, as often as it likes, with both of Wildberries' headers.

    ``early``: methods that were asked while they had said to wait.
    """

    chance: random.Random
    now: Callable[[], float]
    share: float = 0.5
    most: int = 60
    refused: int = 0
    early: list[str] = field(default_factory=list)
    until: dict[str, float] = field(default_factory=dict)

    def __call__(self, asked: Exchange) -> Answer | None:
        method = method_of(asked)
        if self.until.get(method, 0) > self.now():
            self.early.append(method)
        if self.refused >= self.most or self.chance.random() > self.share:
            return None
        self.refused += 1
        wait = self.chance.randint(1, 600)
        self.until[method] = self.now() + wait
        headers = {"X-Ratelimit-Limit": "1", "X-Ratelimit-Remaining": "0"}
        headers |= {"X-Ratelimit-Reset": str(wait), "X-Ratelimit-Retry": str(wait)}
        return Answer(429, b'{"title": "too many requests", "status": 429}', headers)


def reversed_rows(seen: Exchange) -> bytes | None:
    """The rows of every list in a reply, the last first."""
    if seen.status != 200 or "json" not in seen.kind:
        return None
    return json.dumps(_reversed(json.loads(seen.reply)), ensure_ascii=False).encode()


def _reversed(value: Any) -> Any:
    if isinstance(value, list):
        return [_reversed(each) for each in value[::-1]]
    if isinstance(value, dict):
        return {key: _reversed(each) for key, each in value.items()}
    return value


# Fields of another type

Place = tuple[str | int, ...]


class Twist(NamedTuple):
    """A field of a reply and what stands in it instead. ``row``: the row that it is a part of."""

    field: str
    place: Place
    row: Place | None
    was: Any
    became: Any

    @property
    def keeps_its_value(self) -> bool:
        """The same figure in another dress: nothing may change."""
        return isinstance(self.was, int | float) and str(self.was) == self.became


def twists(body: Any) -> Iterator[Twist]:
    """Every field of a reply once, as everything that it is not: number, string, null, list."""
    told: set[str] = set()
    for place, was in _leaves(body):
        name = "/".join("*" if isinstance(step, int) else step for step in place)
        if name in told:
            continue
        told.add(name)
        lists = [i for i, step in enumerate(place) if isinstance(step, int)]
        row = place[: lists[0] + 1] if lists else None
        for became in _others(was):
            yield Twist(name, place, row, was, became)


def _leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, (*place, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        for n, each in enumerate(value):
            yield from _leaves(each, (*place, n))
    else:
        yield place, value


def _others(was: Any) -> list[Any]:
    number = isinstance(was, int | float) and not isinstance(was, bool)
    dress = [str(was)] if number else []
    return [other for other in (*dress, "не число", 7, None, [], [1], {"a": 1}, True) if other != was]


def twisted(body: Any, twist: Twist) -> Any:
    """A copy with that field changed."""
    return _changed(body, twist.place, twist.became)


def without(body: Any, row: Place) -> Any:
    """A copy that never had that row."""
    return _changed(body, row, GONE)


def shortened(value: Any, rows: int) -> Any:
    """A copy with the first rows of every list."""
    if isinstance(value, list):
        return [shortened(each, rows) for each in value[:rows]]
    if isinstance(value, dict):
        return {key: shortened(each, rows) for key, each in value.items()}
    return value


GONE = object()


def _changed(value: Any, place: Place, became: Any) -> Any:
    if not place:
        return became
    step, *rest = place
    if isinstance(value, list):
        copy = list(value)
        new = _changed(copy[int(step)], tuple(rest), became)
        if new is GONE:
            del copy[int(step)]
        else:
            copy[int(step)] = new
        return copy
    return {**value, step: _changed(value[step], tuple(rest), became)}
