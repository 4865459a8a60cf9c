"""Goods for orders that wait: what expires first goes first, and an order takes what there is.

Several workers may allocate at once. Each claims an order of its own; the balances they share are locked
by the posting function in its one order and waited for, so a lock is never taken for a shortage.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.clock import Clock
from app.db.session import TenantTx
from app.domain.warehouse.movements import Line, Reason, Status, StockDocument
from app.repositories import orders
from app.repositories.orders import LackingLine, WaitingOrder
from app.services.ledger.posting import PostStock

AGAIN_AFTER = timedelta(minutes=10)
"""An order that lacked something waits so long, so that others get their turn."""

LAPSED_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatedLine:
    """``promised`` pieces in this round; ``missing`` are still lacking after it."""

    line: int
    item_id: int
    promised: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocated:
    """One order after a round; ``state`` is waiting, partial or allocated."""

    order_id: int
    number: str
    state: str
    lines: tuple[AllocatedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateOrder:
    """Promise goods to one order that waits. ``holds_for`` None: the promise does not lapse."""

    post: PostStock
    clock: Clock
    holds_for: timedelta | None = None

    def __call__(self, tx: TenantTx) -> Allocated | None:
        """None where no order waits that nobody else works on."""
        order = orders.claim_order(tx, self.clock.now())
        return None if order is None else self.round(tx, order)

    def round(self, tx: TenantTx, order: WaitingOrder) -> Allocated:
        """One try for this very order, which the caller has locked."""
        now = self.clock.now()
        wanted = orders.list_lacking(tx, order.id)
        promised = self._promise(tx, order.id, order.rounds, wanted, now)
        lines = tuple(
            AllocatedLine(
                line=each.line,
                item_id=each.item_id,
                promised=promised.get(each.line, 0),
                missing=each.lacking - promised.get(each.line, 0),
            )
            for each in wanted
        )
        missing = sum(each.missing for each in lines)
        has = sum(each.qty for each in wanted) - missing
        state = "allocated" if missing == 0 else "partial" if has else "waiting"
        orders.mark_order(tx, order.id, state, now + AGAIN_AFTER)
        return Allocated(order_id=order.id, number=order.number, state=state, lines=lines)

    def _promise(
        self, tx: TenantTx, order_id: int, rounds: int, wanted: list[LackingLine], now: datetime
    ) -> dict[int, int]:
        """Pieces promised, by line."""
        lines = [
            Line(item_id=each.item_id, lot_id=each.lot_id, qty=each.lacking, ref_line=each.line)
            for each in wanted
            if each.lacking > 0
        ]
        if not lines:
            return {}
        document = StockDocument(
            reason=Reason.RESERVE,
            ref=f"order-{order_id}-{rounds + 1}",
            lines=lines,
            partial=True,
            order_id=order_id,
            expires_at=None if self.holds_for is None else now + self.holds_for,
        )
        answers = self.post(tx, document).lines
        return {each.ref_line: each.pieces for each in answers if each.status is Status.OK}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLapsed:
    """Give up promises that have lapsed; their orders wait again."""

    post: PostStock
    clock: Clock

    def __call__(self, tx: TenantTx) -> int:
        """How many promises; there may be more where it is LAPSED_AT_ONCE."""
        now = self.clock.now()
        lapsed = orders.list_lapsed(tx, now, LAPSED_AT_ONCE)
        if not lapsed:
            return 0
        document = StockDocument(
            reason=Reason.RELEASE,
            ref=f"lapsed-{lapsed[0].id}-{tx.trace_id}",
            lines=[Line(hold_id=each.id, qty=each.left_qty) for each in lapsed],
        )
        # One that was shipped or given up meanwhile is short, and left alone.
        answers = self.post(tx, document).lines
        done = [hold for hold, answer in zip(lapsed, answers, strict=True) if answer.status is Status.OK]
        orders.reopen_orders(tx, sorted({each.order_id for each in done if each.order_id is not None}), now)
        return len(done)
