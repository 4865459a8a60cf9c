"""A kind of facts told twice, and the memory of what a marketplace told on earlier nights."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.sandbox.world import World
from tests.support.shop import DAY, Shop

Row = tuple[Any, ...]
Kept = Callable[[Row, date, Collection[Any]], bool]
"""Does a row of an earlier night stay? Given the first day that was asked about, and the numbers told."""


def by_day(row: Row, since: date, _numbers: Collection[Any]) -> bool:
    """A row begins with its day: earlier ones are not asked about any more."""
    return bool(row[0] < since)


def by_number(row: Row, _since: date, numbers: Collection[Any]) -> bool:
    """A row begins with its number: what is not told any more is over, and stays as it was."""
    return row[0] not in numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """``told``: what the marketplace tells this morning of the days since one; ``ours``: all that we have.

    ``days``: how many a night asks about, where a later word on older ones would not be heard; None where
    nothing is rewritten beyond what is asked. ``kept``: which rows of earlier nights stay then.
    """

    name: str
    told: Callable[[World, date], Iterable[Row]]
    ours: Callable[[Shop], Iterable[Row]]
    days: int | None = None
    kept: Kept = by_day


@dataclass(slots=True)
class Oracle:
    """All books of a cabinet, night after night. ``rewritten``: rows that a later night withdrew or told
    otherwise, by book; ``late``: rows that one added to an earlier day; ``seen``: the most a book had."""

    shop: Shop
    books: Collection[Book]
    rewritten: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    _told: dict[str, Counter[Row]] = field(default_factory=dict)

    def wrong(self) -> Mapping[str, str]:
        """After a night: the books that our tables differ from, each with some of the rows.

        Words and no rows: pytest would spend a minute on explaining a difference of this size.
        """
        found = {}
        for book in self.books:
            booked, ours = self._expected(book), Counter(book.ours(self.shop))
            if booked != ours:
                missing, extra = booked - ours, ours - booked
                found[book.name] = f"not here {_some(missing)}; not in the book {_some(extra)}"
        return found

    def _expected(self, book: Book) -> Counter[Row]:
        world, before = self.shop.world, self._told.get(book.name)
        since = world.first_day
        if before is not None and book.days is not None:
            since = self.shop.d - (book.days - 1) * DAY
        now = Counter(book.told(world, since))
        if before is not None:
            if book.days is not None:
                numbers = {row[0] for row in now}
                stay = {row: n for row, n in before.items() if book.kept(row, since, numbers)}
                now.update(stay)
            self.rewritten[book.name] += (before - now).total()
            self.late[book.name] += sum(
                isinstance(row[0], date) and row[0] < self.shop.d for row in (now - before).elements()
            )
        self.seen[book.name] = max(self.seen[book.name], len(now))
        self._told[book.name] = now
        return now


def _some(rows: Counter[Row]) -> str:
    return f"{rows.total()}, first {sorted(rows, key=repr)[:3]}"


# What books are made of


def whole(told: Callable[[World], Iterable[Row]]) -> Callable[[World, date], Iterable[Row]]:
    """Of a book that is told from its first day on, whatever is asked."""
    return lambda world, _since: told(world)


def days(world: World) -> range:
    """The days that are shown."""
    return range(world.first_t, world.now_t)


def yesterday(world: World) -> date:
    """The last full day: what a snapshot of this morning is stored under."""
    return world.today - timedelta(days=1)


def rub(kopecks: int) -> Decimal:
    return Decimal(int(kopecks)) / 100


def by_day_and_sku(events: Mapping[Row, int], key: int) -> Counter[Row]:
    """Sale events (``key`` columns of a key, then sums) as the days' sales: a row for each key."""
    sums: dict[Row, Row] = {}
    for row, times in events.items():
        told = tuple(value * times for value in row[key:])
        before = sums.get(row[:key], (0,) * len(told))
        sums[row[:key]] = tuple(a + b for a, b in zip(before, told, strict=True))
    return Counter((*names, *values) for names, values in sums.items())


def asked(shop: Shop, marketplace: str, sql: str, **params: Any) -> list[Row]:
    """Rows of a query on alias ``t``, of the shop's cabinet there; its WHERE is put in for ``{mine}``."""
    mine = "t.tenant_id = :tenant_id AND t.account_id = :account_id"
    return of_account(shop, shop.accounts[marketplace], sql.replace("{mine}", mine), **params)


def of_account(shop: Shop, account_id: int, sql: str, **params: Any) -> list[Row]:
    return [tuple(row) for row in shop.rows(sql, account_id=account_id, **params)]


SKU = "JOIN sku k ON k.tenant_id = t.tenant_id AND k.id = t.sku_id"
PLACE = "JOIN warehouse w ON w.tenant_id = t.tenant_id AND w.id = t.warehouse_id"
