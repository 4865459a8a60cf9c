"""What a cabinet of Ozon lists and calls its goods, holds, was ordered, sends and is told by its buyers."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from app.sandbox.ledger import FBS, NEVER, RFBS
from app.sandbox.ozon.areas.goods import final_prices, own_pieces
from app.sandbox.ozon.areas.return_lists import begun
from app.sandbox.ozon.deliveries import orders
from app.sandbox.ozon.feedback import comments, review_id, reviews, status
from app.sandbox.ozon.own_places import own_places, place_of
from app.sandbox.ozon.postings import numbers
from app.sandbox.ozon.stocks import PLACES, by_place
from app.sandbox.world import World
from tests.support.oracle.book import (
    PLACE,
    SKU,
    Book,
    Row,
    asked,
    by_number,
    days,
    of_account,
    rub,
    whole,
    yesterday,
)
from tests.support.shop import Shop

STATUSES = {
    "DATA_FILLING": "draft",
    "READY_TO_SUPPLY": "planned",
    "IN_TRANSIT": "allowed",
    "ACCEPTANCE_AT_STORAGE_WAREHOUSE": "accepting",
    "REPORTS_CONFIRMATION_AWAITING": "accepting",
    "COMPLETED": "accepted",
    "CANCELLED": "cancelled",
}
"""A delivery's state at Ozon → the house's word."""


# The books, from the event log


def booked_catalogue(world: World) -> set[Row]:
    """(sku, article, title, barcode), and of each card (number, article, title), the archive's too."""
    shelf = world.ozon.shelf
    columns = (shelf.card_id.tolist(), shelf.item_id.tolist(), shelf.article, shelf.title, shelf.barcode)
    told = list(zip(*columns, strict=True))
    skus = {(sku, article, title, barcode) for _, sku, article, title, barcode in told}
    return skus | {(card, article, title) for card, _, article, title, _ in told}


def booked_names(world: World, _since: date) -> set[Row]:
    """(day, sku, card, article): what each sku is called on the last full day."""
    shelf = world.ozon.shelf
    told = zip(shelf.item_id.tolist(), shelf.card_id.tolist(), shelf.article, strict=True)
    return {(yesterday(world), *names) for names in told}


def booked_prices(world: World) -> set[Row]:
    """(sku, price, price after the seller's promotions) of what is not put away."""
    market = world.ozon
    was, now = market.price_on(world.today).tolist(), final_prices(world).tolist()
    told = enumerate(zip(market.shelf.item_id.tolist(), was, now, strict=True))
    return {(sku, rub(a), rub(b)) for i, (sku, a, b) in told if i not in world.put_away}


def booked_commissions(world: World) -> set[Row]:
    """(sku, percent by FBO) of what is not put away."""
    shelf = world.ozon.shelf
    told = enumerate(zip(shelf.item_id.tolist(), shelf.commission.tolist(), strict=True))
    return {(sku, rub(points)) for i, (sku, points) in told if i not in world.put_away}


def booked_stock(world: World, _since: date) -> set[Row]:
    """(day, sku, warehouse, its name, pieces, on the way) at Ozon: as of this morning alone. What is on the
    way is told of the first place."""
    market, day, found = world.ozon, yesterday(world), set[Row]()
    lying, coming = by_place(market.stock).tolist(), market.in_transit(world.now_t).tolist()
    for i, sku in enumerate(market.shelf.item_id.tolist()):
        on_the_way = (coming[i], *(0,) * len(PLACES))
        for place, pieces, transit in zip(PLACES, lying[i], on_the_way, strict=False):
            if (pieces or transit) and i not in world.put_away:
                found.add((day, sku, str(place.warehouse_id), place.name, pieces, transit))
    return found


def booked_own_stock(world: World, _since: date) -> set[Row]:
    """(day, sku, warehouse, its name, pieces that are free) in the seller's own warehouses."""
    skus, day = world.ozon.shelf.item_id.tolist(), yesterday(world)
    return {
        (day, sku, str(place.warehouse_id), place.name, free)
        for place in own_places(world)
        for i, (sku, free) in enumerate(zip(skus, own_pieces(world, place)[0].tolist(), strict=True))
        if free and i not in world.put_away
    }


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
            last = next((word for word, is_so in happened.items() if is_so), "ordered")
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
                    rub(line["price"]),
                    last,
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


def booked_supplies(world: World, since: date) -> tuple[set[Row], set[Row]]:
    """(number, status, where to, created, planned, arrived, sent, accepted, agreed upon) of each delivery
    whose order is not over for longer than ``since``; (number, sku, sent, accepted, ready)."""
    shelf, heads, lines = world.ozon.shelf, set[Row](), set[Row]()
    for order in orders(world):
        if order.state == "COMPLETED" and world.day(order.moved) < since:
            continue
        for each in order.supplies:
            number = str(each.number)
            sent, taken = (sum(line[at] for line in each.goods) for at in (1, 2))
            agreed = taken if each.state == "COMPLETED" else 0
            code = str(each.place.warehouse_id) if each.is_direct else f"cluster:{each.place.macrolocal}"
            planned = (world.day(order.created), world.day(order.monday))
            arrived = world.day(each.arrived) if each.is_direct and each.arrived >= 0 else None
            counted = (taken, agreed) if taken else (None, None)
            heads.add((number, STATUSES[each.state], code, *planned, arrived, sent, *counted))
            for row, n, accepted in each.goods:
                ready = accepted if each.state == "COMPLETED" else 0
                lines.add((number, int(shelf.item_id[row]), n, accepted, ready))
    return heads, lines


def booked_reviews(world: World, given: Mapping[str, str]) -> set[Row]:
    """(review, sku, moment, stars, text, with pictures, state, answer). ``given``: answers that came by the
    API."""
    found = set[Row]()
    for each in reviews(world):
        own = [said for said in comments(world, each, given) if said.is_owner]
        taken = [said.text for said in own if not said.is_rejected]
        is_aside = status(world, each, given) == "PROCESSED" and not own
        state = "answered" if taken else "archived" if is_aside or (each.is_bare and not own) else "new"
        sku = int(world.ozon.shelf.item_id[each.row])
        answer = taken[-1] if taken else ""
        found.add((review_id(each), sku, each.at, each.rating, each.text, bool(each.photos), state, answer))
    return found


# What we have


def _asked(shop: Shop, sql: str, **params: object) -> list[Row]:
    return asked(shop, "OZON", sql, **params)


def our_catalogue(shop: Shop) -> set[Row]:
    skus = (
        "SELECT t.ozon_id, t.article, t.title, (SELECT string_agg(b.barcode, ',') FROM sku_barcode b"
        " WHERE b.tenant_id = t.tenant_id AND b.sku_id = t.id) FROM sku t WHERE {mine}"
    )
    cards = "SELECT t.external_id, t.article, t.title FROM card t WHERE {mine}"
    return {*_asked(shop, skus), *_asked(shop, cards)}


def our_names(shop: Shop) -> list[Row]:
    """A name holds from its first day until the day of the next one."""
    until = "coalesce(t.seen_to - 1, CAST(:d AS date))"
    sql = (
        "SELECT g.d::date, t.ozon_id, t.product_id, t.article FROM sku_identity t"
        f" CROSS JOIN generate_series(t.seen_from, {until}, interval '1 day') AS g (d) WHERE {{mine}}"
    )
    return _asked(shop, sql, d=shop.d)


def our_prices(shop: Shop) -> list[Row]:
    return _asked(shop, f"SELECT k.ozon_id, t.price, t.final_price FROM price t {SKU} WHERE {{mine}}")


def our_commissions(shop: Shop) -> list[Row]:
    return _asked(
        shop,
        "SELECT s.sku::bigint, (g.told -> 'percent' ->> 'fbo')::numeric FROM (SELECT t.rule_json"
        " FROM commission_rules t WHERE {mine} ORDER BY t.dt_from DESC LIMIT 1) r"
        " CROSS JOIN jsonb_array_elements(r.rule_json -> 'groups') AS g (told)"
        " CROSS JOIN jsonb_array_elements_text(g.told -> 'skus') AS s (sku)",
    )


def our_stock(shop: Shop) -> list[Row]:
    columns = "t.d, k.ozon_id, w.code, w.name, t.on_hand, t.in_transit"
    lies = "NOT w.is_own AND (t.on_hand > 0 OR t.in_transit > 0)"
    return _asked(shop, f"SELECT {columns} FROM daily_stock t {SKU} {PLACE} WHERE {{mine}} AND {lies}")


def our_own_stock(shop: Shop) -> list[Row]:
    columns = "t.d, k.ozon_id, w.code, w.name, t.on_hand"
    lies = "w.is_own AND t.on_hand > 0"
    return _asked(shop, f"SELECT {columns} FROM daily_stock t {SKU} {PLACE} WHERE {{mine}} AND {lies}")


_MINE = "WHERE t.tenant_id = :tenant_id AND t.account_id = :account_id"


def our_orders(shop: Shop, account_id: int) -> set[Row]:
    sql = (
        "SELECT t.d, t.feed, t.order_id, k.ozon_id, w.code, t.channel, t.qty, t.price, t.status, t.region"
        f" FROM buyer_order t LEFT {SKU} {PLACE} {_MINE}"
    )
    return set(of_account(shop, account_id, sql))


def our_returns(shop: Shop, account_id: int) -> set[Row]:
    sql = f"SELECT t.d, t.return_id, k.ozon_id, t.status, t.done_on FROM item_return t LEFT {SKU} {_MINE}"
    return set(of_account(shop, account_id, sql))


def our_supplies(shop: Shop) -> tuple[set[Row], set[Row]]:
    columns = (
        "t.supply_id, t.status, w.code, t.created_on, t.planned_on, t.fact_on, t.quantity, t.accepted,"
        " t.ready"
    )
    heads = f"SELECT {columns} FROM supply t {PLACE} WHERE {{mine}}"
    goods = "t.supply_id, k.ozon_id, t.quantity, t.accepted, t.ready"
    lines = f"SELECT {goods} FROM supply_line t {SKU} WHERE {{mine}}"
    return set(_asked(shop, heads)), set(_asked(shop, lines))


def our_reviews(shop: Shop) -> set[Row]:
    columns = "review_id, k.ozon_id, created_at_utc, rating, text, has_media, reply_status, answer"
    return set(_asked(shop, f"SELECT {columns} FROM reviews t {SKU} WHERE {{mine}}"))


BOOKS = (
    Book(name="catalogue", told=whole(booked_catalogue), ours=our_catalogue),
    Book(name="names", told=booked_names, ours=our_names, days=1),
    Book(name="prices", told=whole(booked_prices), ours=our_prices),
    Book(name="commissions", told=whole(booked_commissions), ours=our_commissions),
    # No method tells stock of past days: what was seen stays.
    Book(name="stock", told=booked_stock, ours=our_stock, days=1),
    Book(name="own stock", told=booked_own_stock, ours=our_own_stock, days=1),
    Book(
        name="orders",
        told=whole(booked_orders),
        ours=lambda shop: our_orders(shop, shop.accounts["OZON"]),
    ),
    Book(
        name="returns",
        told=whole(booked_returns),
        ours=lambda shop: our_returns(shop, shop.accounts["OZON"]),
    ),
    Book(
        name="supplies",
        told=lambda world, since: booked_supplies(world, since)[0],
        ours=lambda shop: our_supplies(shop)[0],
        days=14,
        kept=by_number,
    ),
    Book(
        name="supply lines",
        told=lambda world, since: booked_supplies(world, since)[1],
        ours=lambda shop: our_supplies(shop)[1],
        days=14,
        kept=by_number,
    ),
    Book(name="reviews", told=whole(lambda world: booked_reviews(world, {})), ours=our_reviews),
)
