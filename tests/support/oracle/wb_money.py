"""What a cabinet of Wildberries earned, was charged, is owed and was paid, and what advertising brought."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple
from datetime import date, timedelta

from app.sandbox.ledger import Lines
from app.sandbox.wb import fees
from app.sandbox.wb.areas import charges, paid_storage
from app.sandbox.wb.books import wb_day
from app.sandbox.wb.lumps import FINES
from app.sandbox.wb.names import event_number, supply_id, weekly_report_id
from app.sandbox.wb.promotion import Promotion
from app.sandbox.wb.statistics import PLACES
from app.sandbox.world import World
from tests.support.oracle.book import (
    PLACE,
    SKU,
    Book,
    Row,
    asked,
    by_day_and_sku,
    days,
    rub,
    whole,
    yesterday,
)
from tests.support.shop import Shop, all_books, our_books

PAID_FROM = {"Баланс": "balance", "Бонусы": "bonus", "Счет": "account"}
TOTALS = (
    *("paid", "for_pay", "logistics", "storage", "acceptance"),
    *("deduction", "penalty", "fee_correction", "payout"),
)
"""Of a day's book, in the order of a report's columns."""


# The books, from the event log


def booked_money(world: World) -> set[Row]:
    """(day, payout, pieces sold, pieces returned)."""
    told = all_books(world, world.first_day, yesterday(world))
    return {(d, *astuple(book)) for (where, d), book in told.items() if where == "WB"}


def booked_sales(world: World) -> Counter[Row]:
    """(day, size, warehouse, event, sold, returned, price of either, commission)."""
    found, now, ledger = Counter[Row](), world.now_t, world.wb.ledger
    for t in days(world):
        sold, back = ledger.on("sold", t), ledger.on("back", t)
        found.update(_events(world, t, sold[sold["sold_rec"] < now], is_back=False))
        found.update(_events(world, t, back[back["back_rec"] < now], is_back=True))
    return found


def _events(world: World, t: int, lines: Lines, *, is_back: bool) -> Iterator[Row]:
    """What Wildberries keeps is told of sales alone; acquiring is not known here yet."""
    shelf, money = world.wb.shelf, fees.sale_money(lines, world.wb.shelf)
    columns = (lines["sku"], lines["place"], money.seller_price, money.commission)
    told = zip(event_number(lines, returned=is_back).tolist(), *(c.tolist() for c in columns), strict=True)
    for number, sku, place, price, fee in told:
        named = (world.day(t), int(shelf.item_id[sku]), PLACES[place], f"{'R' if is_back else 'S'}{number}")
        sums = (0, 1, 0, rub(price), 0) if is_back else (1, 0, rub(price), 0, rub(fee))
        yield (*named, *sums)


def booked_days(world: World) -> Counter[Row]:
    """Events added up: (day, size, warehouse, sold, returned, price of either, commission)."""
    return by_day_and_sku(Counter((*row[:3], *row[4:]) for row in booked_sales(world).elements()), 3)


def booked_reports(world: World) -> set[Row]:
    """(number, first day, last day, kind, sums by ``TOTALS``) of each weekly report that is out."""
    found = set[Row]()
    this_week = world.today - timedelta(days=world.today.weekday())
    monday = world.first_day - timedelta(days=world.first_day.weekday())
    while monday < this_week:
        sunday = monday + timedelta(days=6)
        week = [t for t in days(world) if monday <= world.day(t) <= sunday]
        for kind in (1, 2):
            totals = [wb_day(world, t, kind) for t in week]
            if any(total.rows for total in totals):
                sums = (rub(sum(getattr(total, name) for total in totals)) for name in TOTALS)
                found.add((weekly_report_id(monday, kind, world.oid), monday, sunday, kind, *sums))
        monday += timedelta(days=7)
    return found


def booked_payouts(world: World) -> set[Row]:
    """(day, where from, rubles): what a weekly report comes to is paid on the day it is made out."""
    return {
        (sunday + timedelta(days=1), f"wb-report:{number}", sums[-1])
        for number, _, sunday, _, *sums in booked_reports(world)
    }


def booked_balance(world: World, _since: date) -> set[Row]:
    """(day, rubles): what the open week has earned so far, as of this morning."""
    monday = world.t(world.today - timedelta(days=world.today.weekday()))
    owed = sum(wb_day(world, t).payout for t in days(world) if t >= monday)
    return {(yesterday(world), rub(owed))}


def booked_storage(world: World) -> set[Row]:
    """(day, size, rubles, pieces, litres)."""
    shelf, found = world.wb.shelf, set[Row]()
    for t in days(world):
        pieces: Counter[int] = Counter()
        money: Counter[int] = Counter()
        for sku, count, kopecks in paid_storage.stored(world, t):
            pieces[sku] += count
            money[sku] += kopecks
        for sku, count in pieces.items():
            litres = rub(count * int(shelf.volume[sku]))
            found.add((world.day(t), int(shelf.item_id[sku]), rub(money[sku]), count, litres))
    return found


def booked_charges(world: World) -> Counter[Row]:
    """(day, kind, card, delivery, pieces, rubles)."""
    found: Counter[Row] = Counter()
    cards = world.wb.shelf.card_id
    for t in days(world):
        d = world.day(t)
        for each in charges.accepted(world, t):
            ref = str(supply_id(each.number))
            found[d, "acceptance", each.card, ref, each.pieces, -rub(each.kopecks)] += 1
        for kind, words, pieces in (("measurements", FINES[0], 0), ("deductions", FINES[2], 1)):
            for lump in charges.fines(world, t, words):
                found[d, kind, int(cards[lump.sku]), "", pieces, -rub(lump.amount)] += 1
    return found


def booked_ad_money(world: World) -> Counter[Row]:
    """(day, campaign, rubles, where from, document)."""
    promotion = Promotion(world)
    return Counter(
        (
            world.day(t),
            each.campaign.id,
            rub(each.amount),
            PAID_FROM[each.paid_from],
            str(promotion.number(each) or ""),
        )
        for t in days(world)
        for each in promotion.charges(t)
    )


def booked_ad_stats(world: World) -> set[Row]:
    """(day, campaign, card, views, clicks, carts, orders, spend, revenue)."""
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
    return {(*key, *counts, rub(spend), rub(revenue)) for key, (*counts, spend, revenue) in sums.items()}


# What we have


def _asked(shop: Shop, sql: str) -> list[Row]:
    return asked(shop, "WB", sql)


def our_money(shop: Shop) -> set[Row]:
    return {(d, *astuple(book)) for (where, d), book in our_books(shop).items() if where == "WB"}


def our_sales(shop: Shop) -> list[Row]:
    columns = (
        "t.d, k.chrt_id, w.code, t.event_id, t.qty, t.refunds_qty, t.revenue_gross, t.refunds_amount,"
        " t.commission_amount"
    )
    return _asked(shop, f"SELECT {columns} FROM sale_event t {SKU} {PLACE} WHERE {{mine}}")


def our_days(shop: Shop) -> list[Row]:
    columns = (
        "t.d, k.chrt_id, w.code, t.qty, t.refunds_qty, t.revenue_gross, t.refunds_amount, t.commission_amount"
    )
    return _asked(shop, f"SELECT {columns} FROM daily_sales t {SKU} {PLACE} WHERE {{mine}}")


def our_reports(shop: Shop) -> list[Row]:
    columns = (
        "t.report_id, t.d_from, t.d_to, t.kind, t.retail_amount, t.for_pay, t.delivery, t.storage,"
        " t.acceptance, t.deduction, t.penalty, t.additional, t.payout"
    )
    return _asked(shop, f"SELECT {columns} FROM finance_report t WHERE {{mine}}")


def our_payouts(shop: Shop) -> list[Row]:
    return _asked(shop, "SELECT t.d, t.source_id, t.amount FROM cashflows t WHERE {mine}")


def our_balance(shop: Shop) -> list[Row]:
    return _asked(shop, "SELECT t.d, t.current FROM account_balance t WHERE {mine}")


def our_storage(shop: Shop) -> set[Row]:
    columns = "t.d, k.chrt_id, t.cost, t.pieces, t.volume"
    return set(_asked(shop, f"SELECT {columns} FROM storage_cost_daily t {SKU} WHERE {{mine}}"))


def our_charges(shop: Shop) -> Counter[Row]:
    ref = "CASE WHEN t.kind = 'acceptance' THEN t.ref ELSE '' END"
    columns = f"t.d, t.kind, k.nm_id, {ref}, t.pieces, t.amount"
    return Counter(_asked(shop, f"SELECT {columns} FROM charge t {SKU} WHERE {{mine}}"))


def our_ad_money(shop: Shop) -> Counter[Row]:
    columns = "t.d, t.campaign_id, t.amount, t.paid_from, t.document"
    return Counter(_asked(shop, f"SELECT {columns} FROM ad_charge t WHERE {{mine}}"))


def our_ad_stats(shop: Shop) -> set[Row]:
    columns = "t.d, campaign_id, card_id, views, clicks, carts, orders, spend, revenue"
    return set(_asked(shop, f"SELECT {columns} FROM ad_stat_daily t WHERE {{mine}}"))


BOOKS = (
    Book(name="money", told=whole(booked_money), ours=our_money),
    Book(name="sale events", told=whole(booked_sales), ours=our_sales),
    Book(name="sales of days", told=whole(booked_days), ours=our_days),
    Book(name="report headers", told=whole(booked_reports), ours=our_reports),
    Book(name="payouts", told=whole(booked_payouts), ours=our_payouts),
    Book(name="balance", told=booked_balance, ours=our_balance, days=1),
    Book(name="storage", told=whole(booked_storage), ours=our_storage),
    Book(name="charges", told=whole(booked_charges), ours=our_charges),
    Book(name="advertising charges", told=whole(booked_ad_money), ours=our_ad_money),
    Book(name="advertising statistics", told=whole(booked_ad_stats), ours=our_ad_stats),
)
