"""Postings that the seller hands over himself become orders to the own shelf, and get goods.

A job of its own, the child of a collection: what the night brought is taken over, cancelled orders give their
goods back, lapsed promises are freed, and every order that waits gets what there is. All of it may be
repeated: what is done is not done again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog

from app.core.clock import Clock, SystemClock
from app.core.document import Document
from app.core.errors import BadInput
from app.db.session import Database, TenantTx
from app.domain.warehouse.movements import Line, Reason, StockDocument
from app.queue.port import ClaimedJob, NewJob, Report
from app.repositories import order_book, postings, transit
from app.services.ledger.allocate import AllocateOrder, ReleaseLapsed
from app.services.ledger.posting import PostStock, again_when_crowded

log = structlog.get_logger(__name__)

ORDERS = "orders"
"""The job's type."""

STAGE = "Заказы"

FRESH_DAYS = 7
"""A posting is handed over within days. One that is older and still «ordered» is on its way to the buyer, and
left the shelf before anybody asked the books."""

TOLD_DAYS = 90
"""So long back a marketplace is listened to about orders that the book knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Orders ``taken``, ``moved`` (told anew), promises ``released``; ``unmapped`` postings stay outside."""

    taken: int
    moved: int
    released: int
    unmapped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a run left: orders taken, promises given back, orders that got all and those that still lack."""

    taken: Taken
    allocated: int
    short: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePostings:
    """Bring the book of orders to what the marketplaces say, as of the end of day ``d``."""

    post: PostStock
    clock: Clock

    def __call__(self, tx: TenantTx, d: date) -> Taken:
        now, fresh = self.clock.now(), d - timedelta(days=FRESH_DAYS - 1)
        back = d - timedelta(days=TOLD_DAYS)
        moved = postings.list_moved(tx, back)
        released = 0
        if moved:
            postings.lock_orders(tx, moved)
            postings.retell_orders(tx, moved, back, now)
            released = self._give_up(tx, moved)
        taken = postings.take_postings(tx, fresh, now)
        order_book.settle(tx)
        unmapped = postings.count_unmapped(tx, fresh).postings
        return Taken(taken=taken, moved=len(moved), released=released, unmapped=unmapped)

    def _give_up(self, tx: TenantTx, orders: list[int]) -> int:
        """Promises that nobody wants any more, in one document; how many."""
        surplus = postings.list_surplus(tx, orders)
        if not surplus:
            return 0
        first = surplus[0]
        document = StockDocument(
            reason=Reason.RELEASE,
            # What is left of a promise only falls, so the same again has another name.
            ref=f"unwanted-{first.hold_id}-{first.left_qty}-{tx.trace_id}",
            lines=[Line(hold_id=each.hold_id, qty=each.qty) for each in surplus],
            note="Отменено или уменьшено площадкой",
        )
        self.post(tx, document)
        return len(surplus)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepOrders:
    """All of an organisation's orders, step by step; each step is a transaction of its own."""

    db: Database
    take: TakePostings
    allocate: AllocateOrder
    release: ReleaseLapsed
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, tenant_id: int, d: date) -> Ready:
        taken = again_when_crowded(lambda: self._take(tenant_id, d), self.sleep)
        while again_when_crowded(lambda: self._release(tenant_id), self.sleep):
            pass
        states: list[str] = []
        while (state := again_when_crowded(lambda: self._allocate(tenant_id), self.sleep)) is not None:
            states.append(state)
        done = Ready(
            taken=taken,
            allocated=states.count("allocated"),
            short=len(states) - states.count("allocated"),
        )
        log.info("orders_kept", tenant_id=tenant_id, taken=taken.taken, moved=taken.moved, short=done.short)
        return done

    def _take(self, tenant_id: int, d: date) -> Taken:
        with self.db.tenant(tenant_id) as tx:
            return self.take(tx, d)

    def _release(self, tenant_id: int) -> int:
        with self.db.tenant(tenant_id) as tx:
            return self.release(tx)

    def _allocate(self, tenant_id: int) -> str | None:
        with self.db.tenant(tenant_id) as tx:
            done = self.allocate(tx)
            return None if done is None else done.state


def has_shelf(db: Database, tenant_id: int) -> bool:
    """Has the organisation any item? Where not, there is nothing to hand over from a shelf of its own."""
    with db.tenant(tenant_id) as tx:
        return transit.has_items(tx)


def open_orders(db: Database, day_timezone: str) -> KeepOrders:
    """By the machine's clock: promises go by real time. ``day_timezone`` is whose day ends a lot."""
    clock = SystemClock()
    post = PostStock(clock=clock, day_zone=ZoneInfo(day_timezone))
    return KeepOrders(
        db=db,
        take=TakePostings(post=post, clock=clock),
        allocate=AllocateOrder(post=post, clock=clock),
        release=ReleaseLapsed(post=post, clock=clock),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersWork:
    """An organisation's orders as a job."""

    keep: KeepOrders

    def __call__(self, job: ClaimedJob, report: Report, /) -> Document:
        if job.tenant_id is None:
            raise BadInput("Заказы — у каждой организации свои.")
        report(STAGE, 0, 1)
        done = self.keep(job.tenant_id, date.fromisoformat(str(job.payload["d"])))
        report(STAGE, 1, 1)
        return {"summary": summary(done), "taken": done.taken.taken, "short": done.short}


def summary(done: Ready) -> str:
    """A run in words."""
    words = f"Новых заказов: {done.taken.taken}, готово к отгрузке: {done.allocated}."
    if done.short:
        words += f" Не хватает товара: {done.short}."
    if done.taken.unmapped:
        words += f" Не связаны с товарами: {done.taken.unmapped}."
    return words


def orders_job(tenant_id: int, d: date, trace_id: str) -> NewJob:
    """After a collection of day ``d``: one for each, for what it has brought; they run one after another."""
    return NewJob(
        job_type=ORDERS,
        payload={"d": d.isoformat()},
        tenant_id=tenant_id,
        trace_id=trace_id,
        uniq=f"{ORDERS}:{trace_id}",
        serial=ORDERS,
    )
