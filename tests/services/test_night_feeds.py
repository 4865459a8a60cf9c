"""Orders, past stock and advertising of a night are the sandbox's books; what did not move is not touched."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.sandbox.ledger import NEVER
from app.sandbox.wb.lumps import ADS
from app.sandbox.wb.names import srid_number
from app.sandbox.wb.promotion import BALANCE, TOLD_IN_STATISTICS, Promotion
from app.sandbox.wb.remains import on_the_way
from app.sandbox.world import World
from tests.support.shop import DAY, Shop

DAYS = 14
PAID_FROM = {"Баланс": "balance", "Бонусы": "bonus", "Счет": "account"}
TABLES = ("buyer_order", "daily_stock", "ad_charge", "ad_stat_daily", "ad_campaign")


@pytest.fixture(scope="module", autouse=True)
def first_night(shop: Shop) -> None:
    report = shop.night(days=DAYS)
    assert report.errors == {}
    assert report.wait_until is None


def days(world: World) -> range:
    """The days that are shown."""
    return range(world.first_t, world.now_t)


# The books, from the event log


def booked_orders(world: World) -> set[tuple[Any, ...]]:
    shelf, now, found = world.wb.shelf, world.now_t, set()
    for t in days(world):
        lines = world.wb.ledger.placed(t)
        for number, line in zip(srid_number(lines).tolist(), lines, strict=True):
            known = {
                name: line[name] != NEVER and line[name] < now for name in ("cancel", "sold_rec", "back_rec")
            }
            last = "returned" if known["back_rec"] else "bought" if known["sold_rec"] else "ordered"
            said = {"orders": "ordered", "feed": last}
            for feed, status in said.items():
                status = "cancelled" if known["cancel"] else status
                price = Decimal(int(line["price"])) / 100
                found.add(
                    (world.day(t), feed, f"{number}.0.0", int(shelf.item_id[line["sku"]]), status, price)
                )
    return found


def booked_stock(world: World) -> set[tuple[Any, ...]]:
    """Yesterday's snapshot knows what comes back; of other days only what lay there is told."""
    market, found = world.wb, set()
    coming = on_the_way(world)[1].tolist()
    for t in days(world):
        levels = zip(market.shelf.item_id.tolist(), market.diary[t].tolist(), coming, strict=True)
        for chrt, pieces, back in levels:
            in_transit = back if t == world.now_t - 1 else 0
            if pieces or in_transit:
                found.add((world.day(t), chrt, pieces, in_transit))
    return found


def booked_charges(world: World) -> Counter[tuple[Any, ...]]:
    promotion = Promotion(world)
    return Counter(
        (
            world.day(t),
            each.campaign.id,
            Decimal(each.amount) / 100,
            PAID_FROM[each.paid_from],
            str(promotion.number(each) or ""),
        )
        for t in days(world)
        for each in promotion.charges(t)
    )


def booked_statistics(world: World) -> set[tuple[Any, ...]]:
    promotion, shelf = Promotion(world), world.wb.shelf
    sums: dict[tuple[date, int, int], list[int]] = {}
    for t in days(world):
        for day in promotion.days(t):
            for card in day.cards:
                key = (world.day(t), day.campaign.id, int(shelf.card_id[card.row]))
                told = (card.views, card.clicks, card.carts, card.orders, card.spend, card.revenue)
                sums[key] = [a + b for a, b in zip(sums.get(key, [0] * 6), told, strict=True)]
            if not day.cards:
                sums[world.day(t), day.campaign.id, 0] = [0, 0, 0, 0, day.spend, 0]
    return {
        (*key, *counts, Decimal(spend) / 100, Decimal(revenue) / 100)
        for key, (*counts, spend, revenue) in sums.items()
    }


# What we have


def told(shop: Shop, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in shop.rows(sql)]


def our_orders(shop: Shop) -> set[tuple[Any, ...]]:
    return set(
        told(
            shop,
            "SELECT o.d, o.feed, o.order_id, k.chrt_id, o.status, o.price FROM buyer_order o"
            " JOIN sku k ON k.tenant_id = o.tenant_id AND k.id = o.sku_id WHERE o.tenant_id = :tenant_id",
        )
    )


def our_stock(shop: Shop) -> set[tuple[Any, ...]]:
    return set(
        told(
            shop,
            "SELECT s.d, k.chrt_id, sum(s.on_hand)::int, sum(s.in_transit)::int FROM daily_stock s"
            " JOIN sku k ON k.tenant_id = s.tenant_id AND k.id = s.sku_id"
            " WHERE s.tenant_id = :tenant_id AND k.marketplace = 'WB' GROUP BY 1, 2"
            " HAVING sum(s.on_hand) > 0 OR sum(s.in_transit) > 0",
        )
    )


def our_charges(shop: Shop) -> Counter[tuple[Any, ...]]:
    columns = "d, campaign_id, amount, paid_from, document"
    return Counter(told(shop, f"SELECT {columns} FROM ad_charge WHERE tenant_id = :tenant_id"))


def our_statistics(shop: Shop) -> set[tuple[Any, ...]]:
    columns = "d, campaign_id, card_id, views, clicks, carts, orders, spend, revenue"
    return set(told(shop, f"SELECT {columns} FROM ad_stat_daily WHERE tenant_id = :tenant_id"))


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
    assert len({row[0] for row in our_stock(shop)}) == DAYS
    assert our_charges(shop) == booked_charges(world)
    assert {row[4] == "" for row in our_charges(shop)} == {True, False}
    assert our_statistics(shop) == booked_statistics(world)
    named = shop.rows("SELECT campaign_id, name, status FROM ad_campaign WHERE tenant_id = :tenant_id")
    campaigns = Promotion(world).campaigns
    assert {(row.campaign_id, row.name) for row in named} == {
        (each.id, each.name if each.status in TOLD_IN_STATISTICS else "") for each in campaigns
    }
    assert shop.value("SELECT count(*) FROM unplaced_row WHERE tenant_id = :tenant_id") == 0


def test_documents_are_the_deductions_of_the_finance_report(shop: Shop) -> None:
    world = shop.world
    ours: Counter[str] = Counter()
    for (_, _, amount, paid_from, document), times in our_charges(shop).items():
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


def test_days_that_pass_move_exactly_what_moved(shop: Shop) -> None:
    seen = shop.d
    before, then = written_by(shop), {row for row in our_stock(shop) if row[0] == seen}
    shop.advance(2)
    report = shop.night()
    assert report.errors == {}
    world = shop.world
    assert our_orders(shop) == booked_orders(world)
    assert our_charges(shop) == booked_charges(world)
    assert our_statistics(shop) == booked_statistics(world)
    # The night that was slept through is told afterwards; what was seen then stays as it was seen.
    expected = {row for row in booked_stock(world) if row[0] != seen} | then
    assert our_stock(shop) == expected
    assert {seen, seen + DAY, shop.d} <= {row[0] for row in expected}
    after = written_by(shop)
    for name in TABLES:
        kept = before[name].keys() & after[name].keys()
        assert kept, name
        assert {row for row in kept if before[name][row] != after[name][row]} == set(), name
        assert after[name].keys() != before[name].keys() or name == "ad_campaign"
    assert shop.night().written == 0


def test_an_interrupted_night_of_advertising_doubles_nothing(shop: Shop) -> None:
    shop.advance()
    shop.fault("/adv/v3/fullstats", "500", 3)
    report = shop.night()
    assert set(report.errors) == {"wb.ads"}
    assert our_charges(shop) == booked_charges(shop.world)
    shop.heal()
    shop.wall.skip(timedelta(minutes=20))
    assert shop.night().errors == {}
    assert our_statistics(shop) == booked_statistics(shop.world)
