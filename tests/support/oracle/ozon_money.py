"""What a cabinet of Ozon is owed and was paid, what storage cost it, and what its advertising brought."""

from collections import Counter
from datetime import date, timedelta

from app.sandbox.ozon.ads.promotion import SKU as BY_CLICK
from app.sandbox.ozon.ads.promotion import Promotion
from app.sandbox.ozon.areas.compensations import given
from app.sandbox.ozon.areas.payouts import Payouts
from app.sandbox.ozon.areas.placement import placed
from app.sandbox.ozon.books import day_sums
from app.sandbox.ozon.stocks import PLACES
from app.sandbox.world import World
from tests.support.oracle.book import PLACE, SKU, Book, Row, asked, days, rub, whole
from tests.support.oracle.ozon_accrued import last_of
from tests.support.shop import Shop

# The books, from the event log


def booked_balance(world: World, since: date) -> set[Row]:
    """(day, rubles) at the end of each day, as it is known today; nothing before the history."""
    books = Payouts(world)
    return {(world.day(t), rub(books.closing(t))) for t in range(world.t(since), world.now_t)}


def booked_controls(world: World, since: date) -> set[Row]:
    """(day, goods, goods less Ozon's part, services, paid out, accrued), as the balance tells each day."""
    books, found = Payouts(world), set[Row]()
    for t in range(world.t(since), world.now_t):
        if not world.shown(t):
            found.add((world.day(t), 0, 0, 0, 0, 0))
            continue
        sums = day_sums(world, t)
        amount, fee = sums.sold.amount + sums.back.amount, sums.sold.fee + sums.back.fee
        costs = -sum(sums.services.values())
        told = (rub(amount), rub(amount + fee), rub(costs), rub(books.paid(t)), rub(sums.total))
        found.add((world.day(t), *told))
    return found


def booked_payouts(world: World) -> set[Row]:
    """(last day of the week, rubles) of each statement with a payment."""
    books, found = Payouts(world), set[Row]()
    for t in days(world):
        if world.day(t).weekday() == 6:
            paid = sum(books.paid(day) for day in range(t - 6, t + 1))
            if paid:
                found.add((world.day(t), "payout", rub(paid)))
    return found


def booked_storage(world: World) -> set[Row]:
    """(day, sku, warehouse, rubles, pieces)."""
    return {
        (world.day(t), int(world.ozon.shelf.item_id[i]), PLACES[k].name, rub(kopecks), pieces)
        for t in days(world)
        for i, k, pieces, kopecks in placed(world, t)
    }


def booked_compensations(world: World) -> Counter[Row]:
    """(last day of the month, sku, rubles) of months that are over."""
    found, month = Counter[Row](), world.first_day.replace(day=1)
    while last_of(month) < world.today:
        for each in given(world, month, last_of(month)):
            found[last_of(month), int(world.ozon.shelf.item_id[each.sku]), rub(each.kopecks)] += 1
        month = last_of(month) + timedelta(days=1)
    return found


def booked_ad_money(world: World) -> set[Row]:
    """(day, campaign, where from, rubles)."""
    promotion, found = Promotion(world), set[Row]()
    for t in days(world):
        for each in promotion.days(t):
            parts = {"balance": each.money - each.prepaid, "account": each.prepaid, "bonus": each.bonus}
            found |= {(world.day(t), each.campaign.id, where, rub(n)) for where, n in parts.items() if n}
    return found


def booked_ad_stats(world: World, since: date) -> set[Row]:
    """(day, campaign, sku, views, clicks, carts, orders, spend, revenue); what no SKU is told of stands
    under SKU 0 with what it cost, and of what is nothing at all nothing is said."""
    promotion, shelf, found = Promotion(world), world.ozon.shelf, set[Row]()
    for t in range(world.t(since), world.now_t):
        for each in promotion.days(t):
            named = (world.day(t), each.campaign.id)
            for sku in each.skus:
                counts = (sku.views, sku.clicks, sku.carts, sku.orders)
                if any((*counts, sku.spend, sku.revenue)):
                    money = (rub(sku.spend), rub(sku.revenue))
                    found.add((*named, int(shelf.item_id[sku.row]), *counts, *money))
            if not each.skus and each.campaign.kind == BY_CLICK:
                found.add((*named, 0, 0, 0, 0, 0, rub(each.money + each.bonus), rub(0)))
    return found


def booked_campaigns(world: World) -> set[Row]:
    """(campaign, title, kind, state)."""
    return {(each.id, each.title, each.kind, each.state.lower()) for each in Promotion(world).campaigns}


# What we have


def _asked(shop: Shop, sql: str) -> list[Row]:
    return asked(shop, "OZON", sql)


def our_balance(shop: Shop) -> list[Row]:
    return _asked(shop, "SELECT t.d, t.current FROM account_balance t WHERE {mine}")


def our_controls(shop: Shop) -> list[Row]:
    columns = "t.d_from, t.retail_amount, t.for_pay, t.deduction, t.schedule, t.payout"
    daily = "t.d_from = t.d_to"
    return _asked(shop, f"SELECT {columns} FROM finance_report t WHERE {{mine}} AND {daily}")


def our_payouts(shop: Shop) -> list[Row]:
    return _asked(shop, "SELECT t.d, t.type, t.amount FROM cashflows t WHERE {mine}")


def our_storage(shop: Shop) -> list[Row]:
    columns = "t.d, k.ozon_id, w.code, t.cost, t.pieces"
    return _asked(shop, f"SELECT {columns} FROM storage_cost_daily t {SKU} {PLACE} WHERE {{mine}}")


def our_compensations(shop: Shop) -> list[Row]:
    return _asked(shop, f"SELECT t.d, k.ozon_id, t.amount FROM charge t {SKU} WHERE {{mine}}")


def our_ad_money(shop: Shop) -> set[Row]:
    return set(_asked(shop, "SELECT t.d, campaign_id, paid_from, amount FROM ad_charge t WHERE {mine}"))


def our_ad_stats(shop: Shop) -> set[Row]:
    columns = "t.d, campaign_id, card_id, views, clicks, carts, orders, spend, revenue"
    said = "(views, clicks, carts, orders, spend, revenue) <> (0, 0, 0, 0, 0, 0)"
    return set(_asked(shop, f"SELECT {columns} FROM ad_stat_daily t WHERE {{mine}} AND {said}"))


def our_campaigns(shop: Shop) -> set[Row]:
    return set(_asked(shop, "SELECT campaign_id, name, kind, status FROM ad_campaign t WHERE {mine}"))


BOOKS = (
    Book(name="balance", told=booked_balance, ours=our_balance, days=45),
    Book(name="balance of the accruals", told=booked_controls, ours=our_controls, days=45),
    Book(name="payouts", told=whole(booked_payouts), ours=our_payouts),
    Book(name="storage", told=whole(booked_storage), ours=our_storage),
    Book(name="compensations", told=whole(booked_compensations), ours=our_compensations),
    Book(
        name="advertising charges",
        # Pay per order follows its sales, which are rewritten for longer than nights ask about it.
        told=lambda world, since: {row for row in booked_ad_money(world) if row[0] >= since},
        ours=our_ad_money,
        days=31,
    ),
    # A day is told at once, while it is yesterday.
    Book(name="advertising statistics", told=booked_ad_stats, ours=our_ad_stats, days=1),
    Book(name="campaigns", told=whole(booked_campaigns), ours=our_campaigns),
)
