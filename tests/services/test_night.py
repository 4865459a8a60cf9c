"""Nights on the sandbox: our figures are its books to the kopeck, and the same night twice is nothing."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.services.analytics.pnl import pnl
from app.services.analytics.today import ShowToday, TodayQuery
from tests.support.shop import FACTS, Shop, all_books, books, content, our_books, versions

FIRST_NIGHT = 14


@pytest.fixture(scope="module", autouse=True)
def first_night(shop: Shop) -> None:
    report = shop.night(days=FIRST_NIGHT)
    assert report.errors == {}
    assert report.written > 0


def test_every_day_is_the_books_to_the_kopeck(shop: Shop) -> None:
    expected = all_books(shop.world, shop.world.first_day, shop.d)
    assert len(expected) == 2 * FIRST_NIGHT
    assert our_books(shop) == expected


def test_the_pnl_of_each_day_is_both_books_together(shop: Shop) -> None:
    for ago in range(0, FIRST_NIGHT, 4):
        d = shop.d - timedelta(days=ago)
        wb, ozon = books(shop.world, "WB", d), books(shop.world, "OZON", d)
        with shop.db.tenant(shop.tenant_id) as tx:
            report = pnl(tx, d, d)
        (totals,) = report.totals
        assert (report.days_preliminary, report.days_missing) == ((), ())
        assert totals.payout == wb.payout + ozon.payout
        assert (totals.units_sold, totals.units_returned) == (wb.sold + ozon.sold, wb.returned + ozon.returned)


def test_an_identical_night_touches_no_row(shop: Shop) -> None:
    before, said = versions(shop), content(shop)
    report = shop.night(days=FIRST_NIGHT)
    assert report.errors == {}
    assert report.written == 0
    after = versions(shop)
    assert {name: len(rows ^ after[name]) for name, rows in before.items() if rows ^ after[name]} == {}
    assert content(shop) == said
    shop.night()


def test_days_that_pass_rewrite_history_and_every_night_is_the_books(shop: Shop) -> None:
    for _ in range(3):
        shop.advance()
        before = content(shop, ("settlement_line",))["settlement_line"]
        report = shop.night()
        assert report.errors == {}
        assert our_books(shop) == all_books(shop.world, shop.world.first_day, shop.d)
        with shop.db.tenant(shop.tenant_id) as tx:
            today = ShowToday(shop.house.clock, shop.house.settings)(tx, TodayQuery())
        assert today.missing_sources == ()
