"""What an Ozon cabinet's orders, returns and money are by the sandbox's event log, and what we have of them.

Worked out from the log of what happened, never from a reply or from product code.
"""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from app.sandbox.ledger import FBS, NEVER, RFBS
from app.sandbox.ozon.areas.return_lists import begun
from app.sandbox.ozon.books import ozon_page
from app.sandbox.ozon.own_places import place_of
from app.sandbox.ozon.postings import numbers
from app.sandbox.ozon.stocks import PLACES
from app.sandbox.world import World
from tests.support.shop import Shop

Row = tuple[Any, ...]


def days(world: World) -> range:
    """The days that are shown."""
    return range(world.first_t, world.now_t)


def booked_orders(world: World) -> set[Row]:
    """(day, feed, order, sku, warehouse, channel, pieces, price, status, region)."""
    shelf, now, found = world.ozon.shelf, world.now_t, set[Row]()
    for t in days(world):
        lines = world.ozon.ledger.placed(t)
        seen: Counter[tuple[str, int]] = Counter()
        for number, line in zip(numbers(lines), lines, strict=True):
            flags, sku = int(line["flags"]), int(shelf.item_id[line["sku"]])
            channel = "FBS" if flags & FBS else "rFBS" if flags & RFBS else "FBO"
            place = PLACES[line["place"]] if channel == "FBO" else place_of(channel.upper())
            happened = {
                "cancelled": NEVER < line["cancel"] < now,
                "bought": NEVER < line["sold"] < now,
            }
            status = next((word for word, is_so in happened.items() if is_so), "ordered")
            seen[number, sku] += 1
            assert seen[number, sku] == 1
            found.add(
                (
                    world.day(t),
                    "fbo" if channel == "FBO" else "fbs",
                    f"{number}:{sku}",
                    sku,
                    str(place.warehouse_id),
                    channel,
                    int(line["qty"]),
                    Decimal(int(line["price"])) / 100,
                    status,
                    PLACES[int(line["region"]) % len(PLACES)].cluster,
                )
            )
    return found


def booked_returns(world: World) -> set[Row]:
    """(day, return, sku, status, day it was over). A claim of rFBS is a buyer's alone, and does not say when
    it is over."""
    shelf, found = world.ozon.shelf, set[Row]()
    for t in days(world):
        for each in begun(world, t):
            is_claim = each.scheme == "RFBS"
            if is_claim and not each.was_bought:
                continue
            over = world.day(each.t + each.step.days) if each.is_over and not is_claim else None
            name = f"rfbs:{each.id}" if is_claim else str(each.id)
            found.add((world.day(t), name, int(shelf.item_id[each.line["sku"]]), each.step.title, over))
    return found


def booked_money(world: World) -> dict[date, Decimal]:
    """What each day's accruals come to; days without any are left out."""
    totals = {world.day(t): Decimal(str(ozon_page(world, t)["total"])) for t in days(world)}
    return {day: total for day, total in totals.items() if total}


_SKU = "LEFT JOIN sku k ON k.tenant_id = t.tenant_id AND k.id = t.sku_id"
_PLACE = "JOIN warehouse w ON w.tenant_id = t.tenant_id AND w.id = t.warehouse_id"
_MINE = "WHERE t.tenant_id = :tenant_id AND t.account_id = :account_id"


def our_orders(shop: Shop, account_id: int) -> set[Row]:
    sql = (
        "SELECT t.d, t.feed, t.order_id, k.ozon_id, w.code, t.channel, t.qty, t.price, t.status, t.region"
        f" FROM buyer_order t {_SKU} {_PLACE} {_MINE}"
    )
    return {tuple(row) for row in shop.rows(sql, account_id=account_id)}


def our_returns(shop: Shop, account_id: int) -> set[Row]:
    sql = f"SELECT t.d, t.return_id, k.ozon_id, t.status, t.done_on FROM item_return t {_SKU} {_MINE}"
    return {tuple(row) for row in shop.rows(sql, account_id=account_id)}


def our_money(shop: Shop, account_id: int) -> dict[date, Decimal]:
    rows = shop.rows(
        f"SELECT t.d, sum(t.amount) AS total FROM settlement_line t {_MINE} GROUP BY t.d",
        account_id=account_id,
    )
    return {row.d: row.total for row in rows if row.total}
