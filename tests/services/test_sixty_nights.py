"""Night after night with everything that comes late: after each, the facts are the sandbox's own books.

Weekly reports take the place of daily ones, returns and corrections arrive weeks after their sale, and
stock that nobody saw is told afterwards. Kinds whose book is not worked out here are compared by the
tests of their own area.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.db.install import Urls
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from tests.support.booked import (
    booked_charges,
    booked_orders,
    booked_statistics,
    booked_stock,
    our_charges,
    our_orders,
    our_statistics,
    our_stock,
)
from tests.support.shop import Shop, all_books, our_books, sandbox

SEED = "AMBAR_STORM_SEED"
DAYS = 9


@pytest.fixture(scope="module")
def seed() -> int:
    return int(os.environ.get(SEED, "") or random.SystemRandom().randrange(1_000_000))


@pytest.fixture(scope="module")
def server(seed: int) -> Iterator[SandboxServer]:
    with sandbox(skus=6, days=DAYS, seed=seed) as server:
        yield server


BOOKS: dict[str, tuple[Callable[[Shop], Any], Callable[[World], Any]]] = {
    "orders": (our_orders, booked_orders),
    "advertising charges": (our_charges, booked_charges),
    "advertising statistics": (our_statistics, booked_statistics),
}


def check(shop: Shop, night: int) -> None:
    """Everything that has a book of its own, to the kopeck."""
    world = shop.world
    ours, theirs = our_books(shop), all_books(world, world.first_day, shop.d)
    wrong = {key: (ours.get(key), book) for key, book in theirs.items() if ours.get(key) != book}
    wrong |= {key: (book, None) for key, book in ours.items() if key not in theirs}
    assert wrong == {}, f"night {night}: money"
    for what, (our, booked) in BOOKS.items():
        mine, book = our(shop), booked(world)
        # Not compared by pytest: to explain one of this size takes a minute.
        first = [*(row for row in book if row not in mine), *(row for row in mine if row not in book)][:3]
        assert first == [], f"night {night}: {what}"
        assert len(mine) == len(book), f"night {night}: {what}"
    last = {row for row in our_stock(shop) if row[0] == shop.d}
    assert not (last ^ {row for row in booked_stock(world) if row[0] == shop.d}), f"night {night}: stock"
    told = shop.rows("SELECT source, reason FROM unplaced_row WHERE tenant_id = :tenant_id LIMIT 3")
    assert told == [], f"night {night}: not placed"


@pytest.mark.parametrize("nights", [2, pytest.param(60, marks=pytest.mark.soak)])
def test_every_night_ends_with_the_books(
    shop: Shop, urls: Urls, seed: int, nights: int, record_property: Callable[[str, object], None]
) -> None:
    started, rewritten = time.monotonic(), 0
    try:
        for night in range(nights + 1):
            if night:
                shop.advance()
            report = shop.night(days=None if night else DAYS)
            assert (report.errors, report.wait_until) == ({}, None), f"night {night}"
            check(shop, night)
            again = shop.night()
            assert (again.errors, again.written) == ({}, 0), f"night {night} again"
            rewritten += sum(
                done.count.changed + done.count.deleted for done in report.sources.values() if night
            )
    finally:
        rows = shop.value("SELECT count(*) FROM settlement_line WHERE tenant_id = :tenant_id")
        seconds = time.monotonic() - started
        told = f"{SEED}={seed}: {nights} nights, {seconds:.0f} s, {rows} settlement lines"
        record_property("told", f"{told}, {rewritten} rows of facts rewritten")
    assert rewritten, "nothing came late: this has proved nothing"
