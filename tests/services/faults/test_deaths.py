"""A night that dies at a page goes on from it, and ends as one that never died."""

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.support.bench import Bench
from tests.support.faults import Killed, mortal
from tests.support.shop import Shop

DEATHS = 3
KEPT_OR_LOST = pytest.mark.parametrize("before", [False, True], ids=["kept", "lost"])
"""Of the page at which it dies: it is stored, or it has come and nobody has it."""


def test_the_nights_are_worth_comparing(bench: Bench) -> None:
    """Every source told something, and the tables that matter have rows."""
    silent = {name for name, rows in bench.good.rows.items() if not rows}
    assert silent == SILENT[bench.marketplace]
    assert bench.good.pages > 30
    assert TABLES[bench.marketplace] <= {name for name, rows in bench.good.facts.items() if rows}


SILENT = {"WB": {"wb_own_stock", "wb_self_buyouts", "wb_measurements"}, "OZON": set[str]()}
"""The sandbox's seller has no warehouse of its own at Wildberries, buys nothing of its own there, and was not
measured wrong in these days."""

TABLES = {
    "WB": {"settlement_line", "sale_event", "buyer_order", "daily_stock"},
    "OZON": {
        *("settlement_line", "sale_event", "buyer_order", "item_return", "daily_stock", "charge"),
        *("account_balance", "cashflows", "storage_cost_daily", "ad_charge", "ad_stat_daily", "supply_line"),
    },
}


def test_a_night_that_dies_by_chance_goes_on(victim: Shop, bench: Bench, chance: random.Random) -> None:
    """The next one is the same job, or another; it is shown apart that each gets through everywhere."""
    for _ in range(DEATHS):
        night = mortal(victim, chance.randrange(1, bench.good.pages // 3), before=chance.random() < 0.5)
        with suppress(Killed):
            bench.run(victim, night, chance.choice(("one-job", "")))
    assert bench.run(victim) == {}
    bench.check(victim)


# For the long run: nowhere is there a page at which a night may not die


@pytest.mark.soak
@KEPT_OR_LOST
def test_one_job_that_dies_at_every_page_gets_through(victim: Shop, bench: Bench, before: bool) -> None:
    """Dead where a page is lost, it has to get a page further each time or never ends."""
    died = bench.run_dying(victim, int(before), before=before)
    assert died >= bench.good.pages // (1 + before) - 1
    bench.check(victim)


@pytest.mark.soak
def test_a_base_tokens_job_that_dies_at_every_page_gets_through(wb_base: Bench) -> None:
    shop = wb_base.victim()
    assert wb_base.run_dying(shop, 0) >= wb_base.good.pages - 1
    wb_base.check(shop)


@pytest.mark.soak
@KEPT_OR_LOST
def test_another_job_goes_on_from_any_page(
    bench: Bench, before: bool, record_property: Callable[[str, object], None]
) -> None:
    """Every page of a night in turn, each with an organisation of its own."""
    pages = bench.good.pages
    for page in range(pages):
        shop = bench.opened()
        with pytest.raises(Killed):
            bench.run(shop, mortal(shop, page, before=before))
        assert bench.run(shop) == {}
        bench.check(shop)
    record_property("told", f"{bench.marketplace}: {pages} organisations, each dead at another page")
