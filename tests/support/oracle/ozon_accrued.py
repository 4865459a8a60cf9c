"""What Ozon accrued to a cabinet, line by line, and the documents that close its months."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import FBS, NEVER, PROMOTED, RFBS, STARRED, Lines
from app.sandbox.ozon import fees
from app.sandbox.ozon.books import day_sums
from app.sandbox.ozon.lumps import CROSSDOCK, INCOME
from app.sandbox.ozon.postings import numbers
from app.sandbox.ozon.types import TYPES
from app.sandbox.world import World
from tests.support.oracle.book import (
    SKU,
    Book,
    Row,
    asked,
    by_day_and_sku,
    by_number,
    days,
    of_account,
    rub,
    whole,
    yesterday,
)
from tests.support.shop import Shop

REALIZATION = {1: "realization", -1: "realization_return"}
BY_POSTING = {1: "realization_posting", -1: "realization_posting_return"}
"""Our names of the month's documents: of sales, of returns."""
DUE_IN, YOUNG = timedelta(days=5), timedelta(days=10)
"""A month's document is out by the 5th; that by posting is asked for while it is young."""


# The books, from the event log


class Known(NamedTuple):
    """Lines of a day as they stand today."""

    sold: Lines
    back: Lines
    refused: Lines


def known(world: World, t: int) -> Known:
    """Told late, they are not there yet; withdrawn, not any more."""
    ledger, now = world.ozon.ledger, world.now_t
    sold, back, cancelled = ledger.on("sold", t), ledger.on("back", t), ledger.on("cancel", t)
    sold = sold[(sold["sold_rec"] < now) & ((sold["gone"] == NEVER) | (sold["gone"] > now))]
    refused = cancelled[(cancelled["cancel"] > cancelled["day"]) & (cancelled["cancel"] < now)]
    return Known(sold, back[back["back_rec"] < now], refused)


def services(world: World, told: Known) -> Iterator[tuple[Lines, Mapping[int, Ints]]]:
    """What carrying them there and back costs, by type."""
    shelf = world.ozon.shelf
    yield told.sold, fees.to_buyer(told.sold, shelf, world.now_t)
    yield told.back, fees.of_return(told.back, shelf)
    yield told.refused, fees.of_refusal(told.refused, shelf)


def booked_settlement(world: World) -> Counter[Row]:
    """(day, number, sku, block, type, pieces, rubles): everything that was accrued, line by line."""
    shelf, found = world.ozon.shelf, Counter[Row]()

    def add(
        t: int, lines: Lines, block: str, type_id: int, amounts: Ints, pieces: Ints | None = None
    ) -> None:
        # Acquiring is told of the order, and not of its posting.
        told = [name[:-2] if type_id == fees.ACQUIRING else name for name in numbers(lines)]
        units = [0] * len(lines) if pieces is None else pieces.tolist()
        skus = shelf.item_id[lines["sku"]].tolist()
        for name, sku, n, kopecks in zip(told, skus, units, amounts.tolist(), strict=True):
            if n or kopecks:
                found[world.day(t), name, sku, block, type_id, n, rub(kopecks)] += 1

    for t in days(world):
        told = known(world, t)
        for sign, lines in ((1, told.sold), (-1, told.back)):
            money, pieces = fees.commission(lines, shelf), sign * lines["qty"].astype(int)
            add(t, lines, "sale", 0, sign * money.sale_amount, pieces)
            add(t, lines, "commission", 0, sign * money.sale_commission)
        for lines, charged in services(world, told):
            for type_id, amounts in charged.items():
                add(t, lines, "delivery", type_id, amounts)
        add(t, told.sold, "item", fees.ACQUIRING, fees.acquiring(told.sold, shelf))
        promoted, starred = (told.sold[(told.sold["flags"] & flag) != 0] for flag in (PROMOTED, STARRED))
        add(t, promoted, "item", fees.PROMOTION, fees.promotion(promoted, shelf))
        add(t, starred, "item", fees.STARS, fees.stars(starred, shelf))
        for lump in world.ozon.ledger.sundries(t):
            if lump.seen <= world.now_t:
                amount = rub(lump.amount if lump.kind in INCOME else -lump.amount)
                block = "container" if lump.kind == CROSSDOCK else "non_item"
                found[world.day(t), lump.note, None, block, int(lump.kind), 0, amount] += 1
    return found


def booked_money(world: World) -> dict[date, Decimal]:
    """What each day's accruals come to; days without any are left out."""
    totals = {world.day(t): rub(day_sums(world, t).total) for t in days(world)}
    return {day: total for day, total in totals.items() if total}


def booked_sales(world: World) -> Counter[Row]:
    """(day, sku, channel, sold, returned, price of either, delivery, commission). A return gives its
    commission back, and that is no cost."""
    shelf, found = world.ozon.shelf, Counter[Row]()
    for t in days(world):
        told = known(world, t)
        for lines, charged in services(world, told):
            if lines is told.refused:
                continue
            money = fees.commission(lines, shelf)
            spent = -sum(charged.values())
            columns = (
                lines["sku"],
                lines["flags"],
                lines["qty"],
                money.sale_amount,
                spent,
                money.sale_commission,
            )
            for sku, flags, n, amount, delivery, fee in zip(*(c.tolist() for c in columns), strict=True):
                channel = "FBS" if flags & FBS else "rFBS" if flags & RFBS else "FBO"
                named = (world.day(t), int(shelf.item_id[sku]), channel)
                carried = rub(max(delivery, 0))
                if lines is told.sold:
                    found[(*named, n, 0, rub(amount), 0, carried, rub(-fee))] += 1
                else:
                    found[(*named, 0, n, 0, rub(amount), carried, 0)] += 1
    return found


def booked_realization(world: World, since: date) -> set[Row]:
    """Documents of all months that nights still ask about."""
    return {row for month in months(world, since) for row in closing(world, month, REALIZATION)}


def booked_realization_by_posting(world: World, since: date) -> set[Row]:
    """Of a young month, or of one that is asked about whole."""
    return {
        row
        for month in months(world, since)
        if since <= month or yesterday(world) < last_of(month) + DUE_IN + YOUNG
        for row in closing(world, month, BY_POSTING)
    }


def closing(world: World, month: date, names: Mapping[int, str]) -> Iterator[Row]:
    """(document, first day, last day, goods, accrued, Ozon's part, partners, points, accrued), returns
    positive too."""
    shelf, number = world.ozon.shelf, month.year * 100 + month.month
    for sign, name in names.items():
        sums = [0] * 4
        for t in days(world):
            if month <= world.day(t) <= last_of(month):
                told = known(world, t)
                money = fees.commission(told.sold if sign > 0 else told.back, shelf)
                parts = (money.sale_amount, -money.sale_commission, money.coinvestment, money.bonus)
                sums = [a + int(b.sum()) for a, b in zip(sums, parts, strict=True)]
        amount, fee, partners, points = map(rub, sums)
        due = amount - fee
        yield f"{name}:{number}", month, last_of(month), amount, due, fee, partners, points, due


def months(world: World, since: date) -> Iterator[date]:
    """First days of the months that the days touch and whose document is out: those of the history."""
    month = max(since, world.first_day).replace(day=1)
    while last_of(month) + DUE_IN <= yesterday(world):
        yield month
        month = last_of(month) + timedelta(days=1)


def last_of(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def booked_types(_world: World) -> set[Row]:
    """(type, name, title)."""
    return {(type_id, *named) for type_id, named in TYPES.items()}


# What we have


def _asked(shop: Shop, sql: str, **params: object) -> list[Row]:
    return asked(shop, "OZON", sql, **params)


def our_settlement(shop: Shop) -> list[Row]:
    key = "split_part(t.part, ':', 1), split_part(t.part, ':', 3)::int"
    columns = f"t.d, t.ref, k.ozon_id, {key}, t.units, t.amount"
    return _asked(shop, f"SELECT {columns} FROM settlement_line t LEFT {SKU} WHERE {{mine}}")


def our_money(shop: Shop, account_id: int) -> dict[date, Decimal]:
    sql = (
        "SELECT t.d, sum(t.amount) FROM settlement_line t"
        " WHERE t.tenant_id = :tenant_id AND t.account_id = :account_id GROUP BY t.d"
    )
    return {d: total for d, total in of_account(shop, account_id, sql) if total}


_SUMS = (
    "t.d, k.ozon_id, t.channel, t.qty, t.refunds_qty, t.revenue_gross, t.refunds_amount, t.delivery_cost,"
    " t.commission_amount"
)


def our_sales(shop: Shop) -> list[Row]:
    return _asked(shop, f"SELECT {_SUMS} FROM sale_event t {SKU} WHERE {{mine}}")


def our_days(shop: Shop) -> list[Row]:
    return _asked(shop, f"SELECT {_SUMS} FROM daily_sales t {SKU} WHERE {{mine}}")


def our_realization(names: Mapping[int, str]) -> Callable[[Shop], list[Row]]:
    columns = (
        "t.period || ':' || t.report_id, t.d_from, t.d_to, t.retail_amount, t.for_pay, t.deduction,"
        " t.additional, t.cashback_amount, t.payout"
    )
    either = ", ".join(f"'{name}'" for name in names.values())
    # How far back a first night asks is not the question here: before its history a seller has zeros.
    told = f"t.period IN ({either}) AND (t.d_to >= :first OR (t.retail_amount, t.payout) <> (0, 0))"
    sql = f"SELECT {columns} FROM finance_report t WHERE {{mine}} AND {told}"
    return lambda shop: _asked(shop, sql, first=shop.world.first_day)


def our_types(shop: Shop) -> list[Row]:
    return _asked(shop, "SELECT t.type_id, t.name, t.title FROM accrual_type t WHERE {mine}")


BOOKS = (
    Book(name="settlement", told=whole(booked_settlement), ours=our_settlement),
    Book(name="sale events", told=whole(booked_sales), ours=our_sales),
    Book(
        name="sales of days",
        told=whole(lambda world: by_day_and_sku(booked_sales(world), 3)),
        ours=our_days,
    ),
    Book(
        name="realization",
        told=booked_realization,
        ours=our_realization(REALIZATION),
        days=62,
        kept=by_number,
    ),
    Book(
        name="realization by posting",
        told=booked_realization_by_posting,
        ours=our_realization(BY_POSTING),
        days=31,
        kept=by_number,
    ),
    Book(name="accrual types", told=whole(booked_types), ours=our_types),
)
