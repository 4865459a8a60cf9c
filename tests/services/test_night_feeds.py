"""Orders, past stock and advertising of a night are the sandbox's books; what did not move is not touched."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from app.sandbox.wb.lumps import ADS
from app.sandbox.wb.promotion import BALANCE, TOLD_IN_STATISTICS, Promotion
from tests.support.oracle.wb_goods import booked_orders, booked_stock, our_orders, our_stock
from tests.support.oracle.wb_money import (
    PAID_FROM,
    booked_ad_money,
    booked_ad_stats,
    our_ad_money,
    our_ad_stats,
)
from tests.support.shop import DAY, Shop

DAYS = 14
TABLES = ("buyer_order", "daily_stock", "ad_charge", "ad_stat_daily", "ad_campaign")


@pytest.fixture(scope="module", autouse=True)
def first_night(shop: Shop) -> None:
    report = shop.night(days=DAYS)
    assert report.errors == {}
    assert report.wait_until is None


def written_by(shop: Shop) -> dict[str, dict[tuple[Any, ...], str]]:
    """Every row of every table, and the transaction that wrote it."""
    found = {}
    for name in TABLES:
        rows = shop.rows(
            f"SELECT xmin::text AS by, to_jsonb(t) - 'updated_at' AS row FROM {name} t"
            " WHERE tenant_id = :tenant_id"
        )
        found[name] = {tuple(sorted((k, str(v)) for k, v in row.row.items())): row.by for row in rows}
    return found


def test_a_night_brings_the_books(shop: Shop) -> None:
    world = shop.world
    assert our_orders(shop) == booked_orders(world)
    assert {row[4] for row in our_orders(shop)} == {"ordered", "bought", "cancelled", "returned"}
    assert our_stock(shop) == booked_stock(world)
    assert len({row[0] for row in our_stock(shop)}) >= DAYS  # other stories may have lived on
    assert our_ad_money(shop) == booked_ad_money(world)
    assert {row[4] == "" for row in our_ad_money(shop)} == {True, False}
    assert our_ad_stats(shop) == booked_ad_stats(world)
    named = shop.rows(
        "SELECT campaign_id, name FROM ad_campaign WHERE tenant_id = :tenant_id AND account_id = :account_id",
        account_id=shop.accounts["WB"],
    )
    campaigns = Promotion(world).campaigns
    assert {(row.campaign_id, row.name) for row in named} == {
        (each.id, each.name if each.status in TOLD_IN_STATISTICS else "") for each in campaigns
    }
    assert shop.value("SELECT count(*) FROM unplaced_row WHERE tenant_id = :tenant_id") == 0


def test_documents_are_the_deductions_of_the_finance_report(shop: Shop) -> None:
    world = shop.world
    ours: Counter[str] = Counter()
    for (_, _, amount, paid_from, document), times in our_ad_money(shop).items():
        if paid_from == PAID_FROM[BALANCE] and document:
            ours[document] += int(amount * 100) * times
    lumps = {
        lump.note.rpartition("№")[2]: lump.amount
        for t in range(world.first_t + 3, world.now_t)
        for lump in world.wb.ledger.sundries(t)
        if lump.kind == ADS
    }
    assert len(lumps) >= 3
    assert {number: ours[number] for number in lumps} == lumps


def test_the_same_night_again_changes_nothing(shop: Shop) -> None:
    before = written_by(shop)
    report = shop.night(days=DAYS)
    assert (report.errors, report.written) == ({}, 0)
    assert written_by(shop) == before


def test_days_that_pass_move_exactly_what_moved(story: Shop) -> None:
    seen = story.d
    before, then = written_by(story), {row for row in our_stock(story) if row[0] == seen}
    story.advance(2)
    report = story.night()
    assert report.errors == {}
    world = story.world
    assert our_orders(story) == booked_orders(world)
    assert our_ad_money(story) == booked_ad_money(world)
    assert our_ad_stats(story) == booked_ad_stats(world)
    # The night that was slept through is told afterwards; what was seen then stays as it was seen.
    expected = {row for row in booked_stock(world) if row[0] != seen} | then
    assert our_stock(story) == expected
    assert {seen, seen + DAY, story.d} <= {row[0] for row in expected}
    after = written_by(story)
    for name in TABLES:
        kept = before[name].keys() & after[name].keys()
        assert kept, name
        assert {row for row in kept if before[name][row] != after[name][row]} == set(), name
        assert after[name].keys() != before[name].keys() or name == "ad_campaign"
    assert story.night().written == 0


@pytest.mark.soak
def test_an_interrupted_night_of_advertising_doubles_nothing(story: Shop) -> None:
    story.advance()
    story.fault("/adv/v3/fullstats", "500", 3)
    report = story.night()
    assert set(report.errors) == {"wb.ads"}
    assert our_ad_money(story) == booked_ad_money(story.world)
    story.heal()
    story.wall.skip(timedelta(minutes=20))
    assert story.night().errors == {}
    assert our_ad_stats(story) == booked_ad_stats(story.world)
