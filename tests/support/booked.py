"""What a cabinet's orders, stock and advertising are by the sandbox's event log, and what we have of them.

The books are worked out from the log of what happened, never from a reply or from product code.
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from app.sandbox.ledger import NEVER
from app.sandbox.wb.names import srid_number
from app.sandbox.wb.promotion import Promotion
from app.sandbox.wb.remains import on_the_way
from app.sandbox.world import World
from tests.support.shop import Shop

PAID_FROM = {"Баланс": "balance", "Бонусы": "bonus", "Счет": "account"}


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

ON_WB = (
    "tenant_id = :tenant_id AND account_id IN (SELECT id FROM marketplace_account"
    " WHERE tenant_id = :tenant_id AND marketplace = 'WB')"
)
"""What Ozon tells lies in the same tables."""


def told(shop: Shop, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in shop.rows(sql)]


def our_orders(shop: Shop) -> set[tuple[Any, ...]]:
    return set(
        told(
            shop,
            "SELECT o.d, o.feed, o.order_id, k.chrt_id, o.status, o.price FROM buyer_order o"
            " JOIN sku k ON k.tenant_id = o.tenant_id AND k.id = o.sku_id WHERE o.tenant_id = :tenant_id"
            " AND k.marketplace = 'WB'",
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
    return Counter(told(shop, f"SELECT {columns} FROM ad_charge WHERE {ON_WB}"))


def our_statistics(shop: Shop) -> set[tuple[Any, ...]]:
    columns = "d, campaign_id, card_id, views, clicks, carts, orders, spend, revenue"
    return set(told(shop, f"SELECT {columns} FROM ad_stat_daily WHERE {ON_WB}"))
