"""Orders to the own shelf as people handle them: look, ship, put aside, take up again, close.

A shipment is posted under the order's own reference: tapped twice, it leaves the shelf once.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from app.core.clock import Clock, business_day
from app.core.errors import Conflict, NotFound
from app.db.session import TenantTx
from app.domain.warehouse.movements import Line, Reason, Status, StockDocument
from app.repositories import order_book, postings
from app.repositories.audit import append_audit
from app.repositories.order_book import BookedOrder, OrderHead, OrderHold, OrderLine
from app.repositories.orders import WaitingOrder
from app.services.ledger.allocate import AllocateOrder
from app.services.ledger.posting import PostStock
from app.services.warehouse.orders_from_postings import FRESH_DAYS

__all__ = [
    "GONE",
    "PAGE",
    "BookedOrder",
    "CloseOrder",
    "ListOrders",
    "OrderDone",
    "OrderHead",
    "OrderHold",
    "OrderLine",
    "OrderQuery",
    "OrderRef",
    "OrderView",
    "OrdersQuery",
    "OrdersReport",
    "PauseOrder",
    "ShipOrder",
    "ShowOrder",
    "TakeUpOrder",
    "order_deeds",
    "view_order",
]

PAGE = 8
OPEN = ("allocated", "partial", "waiting", "paused")
GONE = ("bought", "returned", "defective")
"""What a marketplace says of an order that its buyer has, or had."""
NO_SUCH = "Такого заказа нет. Все заказы: /orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersQuery:
    """A page of open orders, from 0."""

    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersReport:
    """``ready`` may be shipped, ``short`` have a part, ``waiting`` nothing, ``paused`` were put aside.

    ``gone`` of them are with the buyer already, by the marketplace's word. ``unmapped`` postings are not in
    the book: what their articles are on the shelf nobody has said.
    """

    orders: tuple[BookedOrder, ...]
    page: int
    pages: int
    ready: int
    short: int
    waiting: int
    paused: int
    gone: int
    unmapped: int
    unmapped_articles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """An order by its id, or by its number as a person types it."""

    order_id: int = 0
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order, what it wants, and where what it has lies."""

    head: OrderHead
    lines: tuple[OrderLine, ...]
    holds: tuple[OrderHold, ...]

    @property
    def missing(self) -> int:
        """Pieces that it wants and has not."""
        return sum(max(each.qty - each.reserved - each.shipped, 0) for each in self.lines)

    @property
    def reserved(self) -> int:
        return sum(each.reserved for each in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRef:
    """The order that a button names."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDone:
    """What became of an order: its view afterwards; ``pieces`` shipped, or given back, or promised now.

    ``is_repeat``: it was so already, and nothing was posted.
    """

    order: OrderView
    pieces: int
    is_repeat: bool
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrders:
    """What is ready, what lacks, what waits, and what could not come into the book."""

    clock: Clock
    day_timezone: str

    def __call__(self, tx: TenantTx, query: OrdersQuery) -> OrdersReport:
        order_book.settle(tx)
        counts = {each.state: each for each in order_book.count_orders(tx)}
        by = {state: counts[state].orders if state in counts else 0 for state in OPEN}
        pages = max(1, -(-sum(by.values()) // PAGE))
        page = min(max(query.page, 0), pages - 1)
        d = business_day(self.clock.now(), self.day_timezone) - timedelta(days=FRESH_DAYS)
        outside = postings.count_unmapped(tx, d)
        return OrdersReport(
            orders=tuple(order_book.list_orders(tx, PAGE, page * PAGE)),
            page=page,
            pages=pages,
            ready=by["allocated"],
            short=by["partial"],
            waiting=by["waiting"],
            paused=by["paused"],
            gone=sum(each.gone for each in counts.values()),
            unmapped=outside.postings,
            unmapped_articles=tuple(filter(None, outside.articles)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowOrder:
    """One order."""

    def __call__(self, tx: TenantTx, query: OrderQuery) -> OrderView:
        """Raises NotFound."""
        order_book.settle(tx)
        return view_order(tx, order_book.find_order(tx, query.order_id, query.number.strip()))


def view_order(tx: TenantTx, head: OrderHead | None) -> OrderView:
    """Raises NotFound where there is none."""
    if head is None:
        raise NotFound(NO_SUCH)
    lines = tuple(order_book.list_lines(tx, head.id))
    return OrderView(head=head, lines=lines, holds=tuple(order_book.list_holds(tx, head.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipOrder:
    """Everything that an order wants leaves the shelf, by its promises: whole, or not at all."""

    post: PostStock
    clock: Clock

    def __call__(self, tx: TenantTx, order: OrderRef) -> OrderDone:
        """Raises NotFound; Conflict for an order that has not all it wants, or is over."""
        found = _locked(tx, order.order_id)
        if found.head.state == "shipped":
            return OrderDone(order=found, pieces=0, is_repeat=True, trace_id=tx.trace_id)
        if found.head.state == "cancelled":
            raise Conflict(f"Заказ {found.head.number} отменён, отгружать его не нужно.")
        if found.missing or not found.holds:
            raise Conflict(
                f"Заказ {found.head.number} собран не весь: не хватает {found.missing} шт. "
                "Площадке заказ отдают целиком."
            )
        document = StockDocument(
            reason=Reason.SHIP,
            # An order that was undone and got goods again leaves under another name.
            ref=f"order-{found.head.id}-{found.head.rounds}",
            lines=[Line(hold_id=each.id, qty=each.left_qty) for each in found.holds],
            atomic=True,
            note=f"Заказ {found.head.number}",
        )
        posted = self.post(tx, document)
        if posted.status not in (Status.OK, Status.IDEMPOTENT):
            raise Conflict(
                f"Заказ {found.head.number} не отгружен: его резерв истёк или снят. "
                "Нажмите «Подобрать товар» и попробуйте снова."
            )
        order_book.set_state(tx, found.head.id, "shipped", self.clock.now())
        return _done(tx, found, sum(line.pieces for line in posted.lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseOrder:
    """Give back what an order has, and let it wait aside until somebody takes it up again."""

    post: PostStock
    clock: Clock

    def __call__(self, tx: TenantTx, order: OrderRef) -> OrderDone:
        """Raises NotFound; Conflict for an order that is over."""
        return _put_aside(self.post, self.clock, tx, order.order_id, "paused", "order.paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOrder:
    """An order that is not to be shipped from here: it has left before it was in the books, or elsewhere."""

    post: PostStock
    clock: Clock

    def __call__(self, tx: TenantTx, order: OrderRef) -> OrderDone:
        """Raises NotFound; Conflict for an order that was shipped."""
        return _put_aside(self.post, self.clock, tx, order.order_id, "cancelled", "order.closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUpOrder:
    """Look for goods for this order now, whether it waits or was put aside."""

    allocate: AllocateOrder
    clock: Clock

    def __call__(self, tx: TenantTx, order: OrderRef) -> OrderDone:
        """Raises NotFound; Conflict for an order that is over."""
        found = _locked(tx, order.order_id)
        _demand_open(found.head)
        head = found.head
        done = self.allocate.round(tx, WaitingOrder(id=head.id, number=head.number, rounds=head.rounds))
        if head.state == "paused":
            append_audit(tx, "order.resumed", head.number)
        return _done(tx, found, sum(each.promised for each in done.lines))


def order_deeds(clock: Clock, day_timezone: str) -> list[ShipOrder | PauseOrder | CloseOrder | TakeUpOrder]:
    """Everything that changes an order; ``day_timezone`` is whose day ends a lot."""
    post = PostStock(clock=clock, day_zone=ZoneInfo(day_timezone))
    return [
        ShipOrder(post=post, clock=clock),
        PauseOrder(post=post, clock=clock),
        CloseOrder(post=post, clock=clock),
        TakeUpOrder(allocate=AllocateOrder(post=post, clock=clock), clock=clock),
    ]


def _locked(tx: TenantTx, order_id: int) -> OrderView:
    """The order as nobody else changes it any more in this transaction."""
    postings.lock_orders(tx, [order_id])
    order_book.settle(tx)
    return view_order(tx, order_book.find_order(tx, order_id))


def _demand_open(head: OrderHead) -> None:
    if head.state not in OPEN:
        over = "уже отгружен" if head.state == "shipped" else "отменён"
        raise Conflict(f"Заказ {head.number} {over}.")


def _put_aside(
    post: PostStock, clock: Clock, tx: TenantTx, order_id: int, state: str, action: str
) -> OrderDone:
    found = _locked(tx, order_id)
    if found.head.state == state:
        return OrderDone(order=found, pieces=0, is_repeat=True, trace_id=tx.trace_id)
    _demand_open(found.head)
    if found.holds:
        first = found.holds[0]
        document = StockDocument(
            reason=Reason.RELEASE,
            # What is left of a promise only falls, so the same again has another name.
            ref=f"aside-{first.id}-{first.left_qty}-{tx.trace_id}",
            lines=[Line(hold_id=each.id, qty=each.left_qty) for each in found.holds],
            atomic=True,
            note=f"Заказ {found.head.number}",
        )
        post(tx, document)
    order_book.set_state(tx, order_id, state, clock.now())
    append_audit(tx, action, found.head.number, before={"state": found.head.state}, after={"state": state})
    return _done(tx, found, found.reserved)


def _done(tx: TenantTx, before: OrderView, pieces: int) -> OrderDone:
    after = view_order(tx, order_book.find_order(tx, before.head.id))
    return OrderDone(order=after, pieces=pieces, is_repeat=False, trace_id=tx.trace_id)
