"""What a cabinet of Wildberries lists, holds, was ordered, sends and is told by its buyers."""

from collections.abc import Collection
from datetime import date
from typing import Any

from app.sandbox.ledger import NEVER
from app.sandbox.wb.areas import item_returns
from app.sandbox.wb.deliveries import DRAFT, deliveries
from app.sandbox.wb.feedback import answer_of, is_archived, review_id, reviews
from app.sandbox.wb.names import srid_number
from app.sandbox.wb.remains import on_the_way
from app.sandbox.world import World
from tests.support.oracle.book import SKU, Book, Row, asked, by_number, days, rub, whole
from tests.support.shop import Shop

STATUSES = {1: "draft", 2: "planned", 3: "allowed", 4: "accepting", 5: "accepted"}


# The books, from the event log


def booked_catalogue(world: World) -> set[Row]:
    """(card, size, article, size's name, brand, subject, title, barcode), and each card by itself."""
    shelf, found = world.wb.shelf, set[Row]()
    firsts: dict[int, int] = {}
    for row, (nm, chrt) in enumerate(zip(shelf.card_id.tolist(), shelf.item_id.tolist(), strict=True)):
        first = firsts.setdefault(nm, row)
        named = (shelf.brand[first], shelf.subject[first], shelf.title[first])
        found.add((nm, chrt, shelf.article[first], shelf.size[row], *named, shelf.barcode[row]))
        found.add((nm, shelf.article[first], *named))
    return found


def booked_orders(world: World) -> set[Row]:
    """(day, feed, order, size, status, price)."""
    shelf, now, found = world.wb.shelf, world.now_t, set[Row]()
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
                chrt = int(shelf.item_id[line["sku"]])
                found.add((world.day(t), feed, f"{number}.0.0", chrt, status, rub(line["price"])))
    return found


def booked_stock(world: World) -> set[Row]:
    """(day, size, pieces, coming back). Yesterday's snapshot knows what comes back; of other days only what
    lay there is told."""
    market, found = world.wb, set[Row]()
    coming = on_the_way(world)[1].tolist()
    for t in days(world):
        levels = zip(market.shelf.item_id.tolist(), market.diary[t].tolist(), coming, strict=True)
        for chrt, pieces, back in levels:
            in_transit = back if t == world.now_t - 1 else 0
            if pieces or in_transit:
                found.add((world.day(t), chrt, pieces, in_transit))
    return found


def booked_returns(world: World) -> set[Row]:
    """(day, size, status, day it was over)."""
    shelf = world.wb.shelf
    return {
        (
            world.day(piece.t),
            int(shelf.item_id[piece.sku]),
            item_returns.status(world, piece),
            world.day(piece.done) if piece.done < world.now_t else None,
        )
        for t in days(world)
        for piece in item_returns.found(world, t)
    }


def booked_prices(world: World) -> set[Row]:
    """(size, price, price after the discount)."""
    market = world.wb
    prices, lists = market.price_on(world.today).tolist(), market.shelf.list_price.tolist()
    told = zip(market.shelf.item_id.tolist(), lists, prices, strict=True)
    return {(chrt, rub(was), rub(now)) for chrt, was, now in told}


def booked_supplies(world: World, since: date) -> tuple[set[Row], set[Row]]:
    """(number, status, pieces, accepted, cost) of each delivery; (number, size, sent, accepted, ready)."""
    shelf, heads, lines = world.wb.shelf, set[Row](), set[Row]()
    for each in deliveries(world):
        is_old = each.status == 5 and world.day(max(each.moved, each.monday, each.first)) < since
        if is_old:
            continue
        if each.status == DRAFT:
            heads.add((f"draft:{each.draft}", "draft", None, None, None))
            continue
        number = str(each.number)
        sent, accepted = (sum(line[at] for line in each.goods) for at in (1, 2))
        heads.add((number, STATUSES[each.status], sent, accepted, rub(each.cost)))
        lines |= {(number, int(shelf.item_id[row]), n, taken, taken) for row, n, taken in each.goods}
    return heads, lines


def booked_reviews(world: World, first: date, given: dict[str, str]) -> set[Row]:
    """Those of the days that were asked about, and the archive, which has no days. ``given``: answers that
    came by the API."""
    shelf, found = world.wb.shelf, set[Row]()
    for each in reviews(world):
        answer = answer_of(world, each, given)
        is_old = is_archived(world, each)
        if not (answer or is_old or each.at.date() >= first):
            continue
        status = "answered" if answer else "archived" if is_old else "new"
        chrt = int(shelf.item_id[each.row])
        found.add((review_id(each), chrt, each.at, each.rating, each.text, bool(each.photos), status, answer))
    return found


# What we have


def _asked(shop: Shop, sql: str) -> list[Row]:
    return asked(shop, "WB", sql)


def our_catalogue(shop: Shop) -> set[Row]:
    """Without what stands for a whole card: a fine for measuring names no size of it."""
    skus = (
        "SELECT t.nm_id, t.chrt_id, t.article, t.size, t.brand, t.category, t.title, (SELECT"
        " string_agg(b.barcode, ',') FROM sku_barcode b WHERE b.tenant_id = t.tenant_id AND b.sku_id = t.id)"
        " FROM sku t WHERE {mine} AND NOT (t.chrt_id = 0 AND EXISTS (SELECT FROM sku s WHERE"
        " s.tenant_id = t.tenant_id AND s.account_id = t.account_id AND s.nm_id = t.nm_id AND s.chrt_id > 0))"
    )
    cards = "SELECT t.external_id, t.article, t.brand, t.category, t.title FROM card t WHERE {mine}"
    return {*_asked(shop, skus), *_asked(shop, cards)}


def our_orders(shop: Shop) -> set[Row]:
    columns = "t.d, t.feed, t.order_id, k.chrt_id, t.status, t.price"
    return set(_asked(shop, f"SELECT {columns} FROM buyer_order t {SKU} WHERE {{mine}}"))


def our_stock(shop: Shop) -> set[Row]:
    sql = (
        "SELECT t.d, k.chrt_id, sum(t.on_hand)::int, sum(t.in_transit)::int FROM daily_stock t"
        f" {SKU} WHERE {{mine}} GROUP BY 1, 2 HAVING sum(t.on_hand) > 0 OR sum(t.in_transit) > 0"
    )
    return set(_asked(shop, sql))


def our_returns(shop: Shop) -> set[Row]:
    columns = "t.d, k.chrt_id, t.status, t.done_on"
    return set(_asked(shop, f"SELECT {columns} FROM item_return t {SKU} WHERE {{mine}}"))


def our_prices(shop: Shop) -> set[Row]:
    columns = "k.chrt_id, t.price, t.final_price"
    return set(_asked(shop, f"SELECT {columns} FROM price t {SKU} WHERE {{mine}}"))


def our_supplies(shop: Shop) -> tuple[set[Row], set[Row]]:
    columns = "t.supply_id, t.status, t.quantity, t.accepted, t.acceptance_cost"
    heads = f"SELECT {columns} FROM supply t WHERE {{mine}}"
    goods = "t.supply_id, k.chrt_id, t.quantity, t.accepted, t.ready"
    lines = f"SELECT {goods} FROM supply_line t {SKU} WHERE {{mine}}"
    return set(_asked(shop, heads)), set(_asked(shop, lines))


def our_reviews(shop: Shop) -> set[Row]:
    columns = "review_id, k.chrt_id, created_at_utc, rating, text, has_media, reply_status, answer"
    return set(_asked(shop, f"SELECT {columns} FROM reviews t {SKU} WHERE {{mine}}"))


def _last_stock(world: World, since: date) -> set[Row]:
    return {row for row in booked_stock(world) if row[0] >= since}


def _over(row: Row, since: date, numbers: Collection[Any]) -> bool:
    """A draft that is planned has another number: its row goes."""
    return by_number(row, since, numbers) and row[1] in ("accepted", "cancelled")


BOOKS = (
    Book(name="catalogue", told=whole(booked_catalogue), ours=our_catalogue),
    Book(name="orders", told=whole(booked_orders), ours=our_orders),
    # Past stock fills the days of the first night; later ones are as they were seen.
    Book(name="stock", told=_last_stock, ours=our_stock, days=1),
    Book(name="returns", told=whole(booked_returns), ours=our_returns),
    Book(name="prices", told=whole(booked_prices), ours=our_prices),
    Book(
        name="supplies",
        told=lambda world, since: booked_supplies(world, since)[0],
        ours=lambda shop: our_supplies(shop)[0],
        days=14,
        kept=_over,
    ),
    Book(
        name="supply lines",
        told=lambda world, since: booked_supplies(world, since)[1],
        ours=lambda shop: our_supplies(shop)[1],
        days=14,
        kept=by_number,
    ),
    Book(
        name="reviews",
        told=whole(lambda world: booked_reviews(world, world.first_day, {})),
        ours=our_reviews,
    ),
)
