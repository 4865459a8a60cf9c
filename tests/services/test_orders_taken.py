"""Postings become orders to the own shelf: once, whole, with goods; what is cancelled gives its own back."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.clock import FixedClock, SystemClock
from app.core.config import Settings
from app.core.errors import Conflict
from app.db.session import Database
from app.domain.warehouse.movements import Line, Reason
from app.queue.outbox import PostgresOutbox
from app.queue.port import ClaimedJob
from app.queue.postgres import PostgresQueue
from app.services.ledger.allocate import AllocateOrder, ReleaseLapsed
from app.services.ledger.posting import PostStock
from app.services.ledger.verify import verify_ledger
from app.services.night import Night
from app.services.tell import Teller
from app.services.warehouse.orders import OrderRef, ShipOrder
from app.services.warehouse.orders_from_postings import (
    FRESH_DAYS,
    ORDERS,
    KeepOrders,
    OrdersWork,
    Ready,
    TakePostings,
)
from app.services.work import CollectWork
from tests.support.counter import YESTERDAY, Counter


@pytest.fixture
def counter(db: Database) -> Counter:
    return Counter(db)


@pytest.fixture
def keep(db: Database) -> KeepOrders:
    clock = SystemClock()
    post = PostStock(clock=clock, day_zone=ZoneInfo("Europe/Moscow"))
    return KeepOrders(
        db=db,
        take=TakePostings(post=post, clock=clock),
        allocate=AllocateOrder(post=post, clock=clock),
        release=ReleaseLapsed(post=post, clock=clock),
        sleep=lambda _: None,
    )


def run(counter: Counter, keep: KeepOrders) -> Ready:
    """A night's step; whoever waits is due again."""
    counter.run("UPDATE customer_order SET try_at = now() - interval '1 second' WHERE tenant_id = :tenant_id")
    return keep(counter.tenant_id, YESTERDAY)


def orders(counter: Counter) -> dict[object, object]:
    rows = counter.run("SELECT number, state FROM customer_order WHERE tenant_id = :tenant_id")
    return {row[0]: row[1] for row in rows}


def held(counter: Counter, item: int) -> int:
    found = counter.balance(item, counter.here)
    return found.reserved if found else 0


def test_a_posting_of_two_listings_is_one_order_that_gets_its_goods_once(
    counter: Counter, keep: KeepOrders
) -> None:
    chair, lamp = counter.item("KRS-42"), counter.item("LMP-1")
    counter.receive(chair, counter.here, 5)
    counter.receive(lamp, counter.here, 5)
    first, second = counter.sku("OZON", 1, "KRS-42", chair), counter.sku("OZON", 2, "LMP-1", lamp)
    counter.told("OZON", "0123-1:1", first, 2)
    counter.told("OZON", "0123-1:2", second)
    done = run(counter, keep)
    assert (done.taken.taken, done.allocated, done.short) == (1, 1, 0)
    assert orders(counter) == {"0123-1": "allocated"}
    assert (held(counter, chair), held(counter, lamp)) == (2, 1)
    counts = counter.counts()
    again = run(counter, keep)
    assert (again.taken.taken, again.taken.moved, again.allocated) == (0, 0, 0)
    assert counter.counts() == counts


def test_one_piece_twice_in_a_posting_is_one_line_of_two(counter: Counter, keep: KeepOrders) -> None:
    chair = counter.item("KRS-42")
    sku = counter.sku("OZON", 1, "KRS-42", chair)
    counter.told("OZON", "0123-1:1", sku)
    counter.told("OZON", "0123-1:1:2", sku)
    run(counter, keep)
    assert counter.run("SELECT line, qty FROM customer_order_line WHERE tenant_id = :tenant_id") == [(1, 2)]
    assert orders(counter) == {"0123-1": "waiting"}


def test_what_is_not_handed_over_here_is_no_order(counter: Counter, keep: KeepOrders) -> None:
    """FBO is the marketplace's own; a week-old one is on its way already; one that came cancelled is none."""
    sku = counter.sku("WB", 1, "KRS-42", counter.item("KRS-42"))
    counter.told("WB", "fbo", sku, channel="FBO")
    counter.told("WB", "old", sku, d=YESTERDAY - timedelta(days=FRESH_DAYS))
    counter.told("WB", "off", sku, status="cancelled")
    counter.told("WB", "rfbs", sku, channel="rFBS")
    run(counter, keep)
    assert set(orders(counter)) == {"rfbs"}


def test_an_order_in_both_feeds_of_wildberries_is_one(counter: Counter, keep: KeepOrders) -> None:
    chair = counter.item("KRS-42")
    counter.receive(chair, counter.here, 5)
    sku = counter.sku("WB", 1, "KRS-42", chair)
    counter.told("WB", "s1", sku, feed="orders")
    counter.told("WB", "s1", sku, feed="feed")
    run(counter, keep)
    assert (orders(counter), held(counter, chair)) == ({"s1": "allocated"}, 1)
    counter.told("WB", "s1", sku, feed="feed", status="cancelled")
    run(counter, keep)
    assert (orders(counter), held(counter, chair)) == ({"s1": "cancelled"}, 0), "the feed knows more"


def test_unknown_listings_keep_a_posting_outside_until_a_person_says_what_they_are(
    counter: Counter, keep: KeepOrders
) -> None:
    chair = counter.item("KRS-42")
    known, unknown = counter.sku("OZON", 1, "KRS-42", chair), counter.sku("OZON", 2, "LMP-1")
    counter.told("OZON", "0123-1:1", known)
    counter.told("OZON", "0123-1:2", unknown)
    counter.told("OZON", "0123-2:0", None)
    lamp = counter.item("LMP-1")
    for said in ("proposed", "refused"):
        counter.link(unknown, lamp, said)
        assert run(counter, keep).taken.unmapped == 2
    assert orders(counter) == {}, "half a posting would be shipped as a whole one"
    counter.link(unknown, lamp)
    done = run(counter, keep)
    assert (done.taken.taken, done.taken.unmapped) == (1, 1)


def test_a_cancelled_order_gives_its_goods_to_the_next_in_the_same_run(
    counter: Counter, keep: KeepOrders
) -> None:
    chair = counter.item("KRS-42")
    counter.receive(chair, counter.here, 2)
    sku = counter.sku("OZON", 1, "KRS-42", chair)
    counter.told("OZON", "a:1", sku, 2)
    run(counter, keep)
    counter.told("OZON", "b:1", sku, 2)
    assert run(counter, keep).short == 1
    counter.told("OZON", "a:1", sku, 2, "cancelled")
    done = run(counter, keep)
    assert (done.taken.moved, done.taken.released, done.allocated) == (1, 1, 1)
    assert orders(counter) == {"a": "cancelled", "b": "allocated"}
    assert held(counter, chair) == 2
    assert verify_ledger(counter.db, counter.tenant_id).faults == ()


def test_an_order_that_wants_less_gives_back_what_is_too_much(counter: Counter, keep: KeepOrders) -> None:
    chair = counter.item("KRS-42")
    counter.receive(chair, counter.here, 2)
    sku = counter.sku("OZON", 1, "KRS-42", chair)
    counter.told("OZON", "a:1", sku, 5)
    run(counter, keep)
    counter.receive(chair, counter.here, 9)
    run(counter, keep)
    assert (orders(counter), held(counter, chair)) == ({"a": "allocated"}, 5), "in two promises: 2 and 3"
    for wanted in (4, 1):
        counter.told("OZON", "a:1", sku, wanted)
        run(counter, keep)
        assert (orders(counter), held(counter, chair)) == ({"a": "allocated"}, wanted)


def test_a_cancelled_order_that_has_left_stays_shipped(counter: Counter, keep: KeepOrders) -> None:
    chair = counter.item("KRS-42")
    counter.receive(chair, counter.here, 2)
    sku = counter.sku("OZON", 1, "KRS-42", chair)
    counter.told("OZON", "a:1", sku)
    run(counter, keep)
    ((hold,),) = counter.run("SELECT id FROM hold WHERE tenant_id = :tenant_id")
    assert isinstance(hold, int)
    counter.do(Reason.SHIP, Line(hold_id=hold, qty=1))
    run(counter, keep)
    assert orders(counter) == {"a": "shipped"}, "whoever shipped it, by hold or by order"
    counter.told("OZON", "a:1", sku, status="cancelled")
    run(counter, keep)
    assert counter.run("SELECT state, told FROM customer_order WHERE tenant_id = :tenant_id") == [
        ("shipped", "cancelled")
    ]


def test_collections_that_end_at_once_and_a_hand_that_ships_take_each_piece_once(
    counter: Counter, keep: KeepOrders
) -> None:
    """Three runs beside a storekeeper, while the marketplace cancels every third order."""
    items = [counter.item() for _ in range(3)]
    skus = [counter.sku("OZON", number, f"A-{number}", item) for number, item in enumerate(items, 1)]
    for item in items:
        counter.receive(item, counter.here, 9)
    for n in range(12):
        for sku in skus if n % 2 else skus[::-1]:
            counter.told("OZON", f"p{n}:{sku}", sku)
    run(counter, keep)
    for n in range(0, 12, 3):
        for sku in skus:
            counter.told("OZON", f"p{n}:{sku}", sku, status="cancelled")
    ship = ShipOrder(post=keep.take.post, clock=keep.take.clock)
    numbers = [row[0] for row in counter.run("SELECT id FROM customer_order WHERE tenant_id = :tenant_id")]
    counter.run("UPDATE customer_order SET try_at = now() - interval '1 minute' WHERE tenant_id = :tenant_id")

    def hand(_: int) -> None:
        for number in reversed(numbers):
            with suppress(Conflict), counter.db.tenant(counter.tenant_id) as tx:
                assert isinstance(number, int)
                ship(tx, OrderRef(order_id=number))

    def night(_: int) -> None:
        keep(counter.tenant_id, YESTERDAY)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(each, 0) for each in (night, hand, night, night)]:
            done.result()
    run(counter, keep)
    states = list(orders(counter).values())
    shipped = states.count("shipped")
    assert states.count("cancelled") + shipped + states.count("allocated") == 12
    for item in items:
        balance = counter.balance(item, counter.here)
        assert balance is not None
        assert (balance.on_hand, balance.reserved) == (9 - shipped, states.count("allocated"))
    assert verify_ledger(counter.db, counter.tenant_id).faults == ()


def test_lapsed_promises_are_freed_for_orders_that_wait(counter: Counter, keep: KeepOrders) -> None:
    chair = counter.item("KRS-42")
    counter.receive(chair, counter.here, 1)
    past = SystemClock().now() - timedelta(hours=1)
    counter.do(Reason.RESERVE, Line(item_id=chair, qty=1), expires_at=past)
    counter.told("WB", "s1", counter.sku("WB", 1, "KRS-42", chair))
    assert run(counter, keep).allocated == 1


def test_another_organisations_orders_are_behind_the_wall(counter: Counter, keep: KeepOrders) -> None:
    """The functions take a tenant by name; the wall goes by the transaction's own."""
    other = Counter(counter.db)
    chair = other.item("KRS-42")
    other.receive(chair, other.here, 9)
    other.told("WB", "s1", other.sku("WB", 1, "KRS-42", chair))
    other.sends("WB", "900", chair, 2)
    run(other, keep)
    ((order,),) = other.run("SELECT id FROM customer_order WHERE tenant_id = :tenant_id")
    asked = {
        "SELECT FROM ambar_postings(:whose, DATE '2026-11-01')": {},
        "SELECT FROM ambar_sent_supplies(:whose)": {},
        "SELECT FROM ambar_order_goods(:whose, ARRAY[CAST(:order AS bigint)])": {"order": order},
    }
    for sql, more in asked.items():
        assert len(other.run(sql, whose=other.tenant_id, **more)) == 1, sql
        assert counter.run(sql, whose=other.tenant_id, **more) == [], sql
    run(counter, keep)
    assert (orders(counter), orders(other)) == ({}, {"s1": "allocated"})


def test_the_job_says_what_lacks(counter: Counter, keep: KeepOrders) -> None:
    counter.told("WB", "s1", counter.sku("WB", 1, "KRS-42", counter.item("KRS-42")))
    counter.told("WB", "s2", counter.sku("WB", 2, "LMP-1"))
    job = ClaimedJob(
        id=1, job_type=ORDERS, payload={"d": YESTERDAY.isoformat()}, tenant_id=counter.tenant_id,
        trace_id="t", attempt=1, max_attempt=5, lease_token="x",
    )  # fmt: skip
    done = OrdersWork(keep=keep)(job, lambda *_: None)
    assert done["summary"] == (
        "Новых заказов: 1, готово к отгрузке: 0. Не хватает товара: 1. Не связаны с товарами: 1."
    )


def test_a_collection_has_the_orders_for_a_child_where_there_is_a_shelf(
    counter: Counter, db: Database, settings: Settings
) -> None:
    clock = FixedClock(SystemClock().now())
    queue = PostgresQueue(clock=clock)
    counter.run("UPDATE marketplace_account SET state = 'off' WHERE tenant_id = :tenant_id")
    night = Night(db=db, settings=settings, clock=clock, gateway=None)  # type: ignore[arg-type]
    work = CollectWork(night=night, teller=Teller(db=db, outbox=PostgresOutbox(clock=clock)), queue=queue)
    job = ClaimedJob(
        id=1, job_type="collect", payload={"d": YESTERDAY.isoformat()}, tenant_id=counter.tenant_id,
        trace_id="t", attempt=1, max_attempt=5, lease_token="x",
    )  # fmt: skip

    def asked() -> list[object]:
        rows = counter.run("SELECT job_type FROM job WHERE tenant_id = :tenant_id")
        return [row[0] for row in rows]

    work(job, lambda *_: None)
    assert asked() == [], "nothing is on any shelf"
    counter.item("KRS-42")
    work(job, lambda *_: None)
    work(job, lambda *_: None)
    assert asked() == [ORDERS]
