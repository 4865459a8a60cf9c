"""Night after night with everything that comes late: after each, the facts are the sandbox's own books.

At Wildberries weekly reports take the place of daily ones, returns and corrections arrive weeks after
their sale, and stock that nobody saw is told afterwards. Ozon rewrites what it accrued: sales come late,
are priced anew or vanish, a closed month's document follows them, bonuses of advertising and storage are
reckoned days later, and the seller renames his articles meanwhile.
"""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.fate import LATEST_CORRECTION
from app.sandbox.ledger import NEVER, Lump
from app.sandbox.ozon.lumps import PLACEMENTS
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.world import DEMO_DAY, Scheme, World
from tests.support import oracle
from tests.support.oracle import Book, Oracle
from tests.support.shop import Shop, open_shop

SEED = "AMBAR_STORM_SEED"
DAYS, MANY = 9, 60
"""Of the history before the first night; the nights of a long run."""
ALL_SCHEMES: tuple[Scheme, ...] = ("FBO", "FBS", "rFBS")

FACTS = (
    *("sku", "card", "sku_barcode", "sku_identity", "warehouse", "price", "commission_rules", "tariff"),
    *("buyer_order", "item_return", "daily_stock", "supply", "supply_line", "reviews"),
    *("settlement_line", "sale_event", "daily_sales", "finance_report", "cashflows", "account_balance"),
    *("storage_cost_daily", "charge", "accrual_type", "ad_campaign", "ad_charge", "ad_stat_daily"),
    *("metrics_daily", "advice_supply", "shared_cost_daily", "figure_change", "unplaced_row"),
)


def nothing_else(_world: World, _night: int, _chance: random.Random) -> None:
    """The event log does it all."""


def rewrite(world: World, night: int, chance: random.Random) -> None:
    """What befalls a seller at Ozon between two nights and is no event of the log."""
    shelf = world.ozon.shelf
    one, other = chance.sample(range(len(shelf)), 2)
    if night % 3 == 1:
        shelf.article[one] = f"{shelf.article[one].partition('/')[0]}/{night}"
        # Some day of the last week is charged for once more.
        t = world.now_t - chance.randint(1, 7)
        world.ozon.ledger.lumps[t].append(Lump(PLACEMENTS, chance.randint(1, 5_000), seen=world.now_t))
    if night % 3 == 2:
        shelf.article[one], shelf.article[other] = shelf.article[other], shelf.article[one]
        world.put_away.add(one)
        withdraw(world, chance)
    if night % 3 == 0 and len(world.put_away) > 1:
        world.put_away.remove(min(world.put_away))


def withdraw(world: World, chance: random.Random) -> None:
    """Some sale of the month before was none, though the month's document is out: its accruals go."""
    ledger, now = world.ozon.ledger, world.now_t
    closed = world.t(world.today.replace(day=1))
    found = [
        (lines, posting)
        for lines in ledger.orders
        for posting in lines["posting"][
            (lines["sold"] >= max(now - LATEST_CORRECTION, world.first_t))
            & (lines["sold"] < closed)
            & (lines["sold_rec"] < now)
            & (lines["gone"] == NEVER)
        ].tolist()
    ]
    if found:
        lines, posting = chance.choice(found)
        lines["gone"][lines["posting"] == posting] = now


@dataclass(frozen=True, slots=True)
class Story:
    """A seller at one marketplace. ``rewritten``: books in which sixty nights must have moved something."""

    books: tuple[Book, ...]
    skus: int
    born: date
    between: Callable[[World, int, random.Random], None]
    rewritten: frozenset[str]


STORIES = {
    "WB": Story(
        oracle.WB,
        skus=6,
        born=DEMO_DAY,
        between=nothing_else,
        rewritten=frozenset({"orders", "prices", "supplies"}),
    ),
    # A closed month's document comes in the first night, and after a month the next one.
    "OZON": Story(
        oracle.OZON,
        skus=12,
        born=date(2026, 11, 5),
        between=rewrite,
        rewritten=frozenset(
            {
                *("settlement", "sale events", "sales of days", "balance", "balance of the accruals"),
                *("realization", "storage"),
                *("catalogue", "prices", "orders", "returns", "supplies", "reviews"),
            }
        ),
    ),
}


def written(shop: Shop) -> dict[str, Any]:
    """Where every row lies and which transaction wrote it: any rewriting shows, even of equal values."""
    each = (
        "md5(string_agg(t.tableoid::text || t.ctid::text || t.xmin::text, ',' ORDER BY t.tableoid, t.ctid))"
    )
    mine = "WHERE t.tenant_id = :tenant_id"
    sql = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS rows, {each} AS told FROM {name} t {mine}" for name in FACTS
    )
    return {row.name: (row.rows, row.told) for row in shop.rows(sql)}


@pytest.mark.parametrize(
    ("marketplace", "nights"),
    [
        *(("WB", 1), ("OZON", 1)),
        *(pytest.param(name, MANY, marks=pytest.mark.soak) for name in STORIES),
    ],
)
def test_every_night_ends_with_the_books(
    db: Database,
    urls: Urls,
    tmp_path: Path,
    marketplace: str,
    nights: int,
    record_property: Callable[[str, object], None],
) -> None:
    seed = int(os.environ.get(SEED, "") or random.SystemRandom().randrange(1_000_000))
    story, chance, started = STORIES[marketplace], random.Random(seed), time.monotonic()
    world = World(seed=seed, skus=story.skus, days=DAYS, today=story.born, schemes=ALL_SCHEMES)
    with (
        SandboxServer(world, pace=NO_LIMITS) as server,
        open_shop(db, urls, tmp_path, server, marketplaces=(marketplace,)) as shop,
    ):
        books = Oracle(shop, story.books)
        try:
            for night in range(nights + 1):
                if night:
                    shop.advance()
                    story.between(world, night, chance)
                window = None if night else DAYS
                report = shop.night(days=window)
                assert (report.errors, report.closed, report.wait_until) == ({}, {}, None), f"night {night}"
                assert books.wrong() == {}, f"night {night}"
                aside = "SELECT source, reason FROM unplaced_row WHERE tenant_id = :tenant_id LIMIT 3"
                assert shop.rows(aside) == [], f"night {night}: not placed"
                if nights != MANY and night != nights:
                    continue
                before = written(shop)
                again = shop.night(days=window)
                assert (again.errors, again.written) == ({}, 0), f"night {night} again"
                assert written(shop) == before, f"night {night} again"
        finally:
            rows, moved = sum(books.seen.values()), sum(books.rewritten.values())
            seconds = time.monotonic() - started
            told = f"{SEED}={seed}: {marketplace}, {nights} nights, {seconds:.0f} s"
            record_property("told", f"{told}, {rows} rows in {len(books.seen)} books, {moved} rewritten")
        if nights == MANY:
            assert {name for name, n in books.seen.items() if not n} == set(), "proved of nothing"
            still = {name for name in story.rewritten if not books.rewritten[name]}
            assert still == set(), "nothing was rewritten: this has proved nothing"
            assert books.late["advertising charges"], "no expense came late: this has proved nothing"
