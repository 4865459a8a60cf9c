"""Cost prices given by people: set from a day on, taken back, and what follows from them recomputed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.core.errors import BadInput, Conflict, NotFound
from app.db.session import TenantTx
from app.repositories import costs, freshness
from app.repositories.audit import append_audit
from app.services.analytics.common import Question
from app.services.analytics.reports import CostSet
from app.services.analytics.stock import find_skus
from app.services.night import policy_of
from app.services.recalc_metrics import recalc_metrics

MAX_PRICE = Decimal(10_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCost:
    """Rubles a piece. ``since`` None: from the first sale where there is no cost yet, else from today."""

    article: str
    price: Decimal
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostChange:
    """Which change to take back."""

    change_id: int


class SetCostPrice(Question):
    """Give an article a cost price from a day on; its past days are recomputed at once."""

    def __call__(self, tx: TenantTx, order: NewCost) -> CostSet:
        """Raises NotFound for an unknown article, BadInput for an absurd price or a future day."""
        today = self.yesterday() + timedelta(days=1)
        if not 0 < order.price <= MAX_PRICE:
            raise BadInput("Себестоимость — больше нуля и не больше 10 миллионов рублей за штуку.")
        if order.since and order.since > today:
            raise BadInput(f"{order.since:%d.%m.%Y} ещё не наступило: укажите сегодня или день раньше.")
        skus = find_skus(tx, order.article)
        since = order.since or self._since(tx, skus, today)
        before = costs.valid_on(tx, skus, since)
        previous = costs.points_at(tx, skus, since)
        change = None
        if costs.set_points(tx, since, dict.fromkeys(skus, order.price)):
            change = costs.note_change(tx, order.article, since, order.price, previous, self.clock.now())
            _note(tx, "cost.set", order.article, since, before, order.price)
        return CostSet(
            change_id=change,
            article=order.article,
            skus=len(skus),
            price=order.price,
            previous=before,
            since=since,
            days_touched=restate(self, tx, skus, since) if change is not None else 0,
            trace_id=tx.trace_id,
        )

    def _since(self, tx: TenantTx, skus: Sequence[int], today: date) -> date:
        if costs.has_cost(tx, skus):
            return today
        return min(costs.first_sold(tx, skus) or today, today)


class UndoCost(Question):
    """Take a change back: the points of that day become what they were."""

    def __call__(self, tx: TenantTx, order: CostChange) -> CostSet:
        """Raises NotFound, or Conflict where it was taken back already."""
        change = costs.find_change(tx, order.change_id)
        if change is None:
            raise NotFound("Такого изменения нет.")
        if change.undone_at is not None:
            raise Conflict("Это изменение уже отменено.")
        skus = list(change.previous)
        costs.set_points(tx, change.dt_from, change.previous)
        costs.mark_undone(tx, change.id, self.clock.now())
        now_valid = costs.valid_on(tx, skus, change.dt_from)
        _note(tx, "cost.undone", change.article, change.dt_from, change.cost_price, now_valid)
        return CostSet(
            change_id=change.id,
            article=change.article,
            skus=len(skus),
            price=now_valid,
            previous=change.cost_price,
            since=change.dt_from,
            days_touched=restate(self, tx, skus, change.dt_from),
            trace_id=tx.trace_id,
        )


def _note(
    tx: TenantTx, action: str, article: str, since: date, before: Decimal | None, after: Decimal | None
) -> None:
    """In the audit: what a piece cost from this day on, and what it costs now. None: not known."""
    append_audit(
        tx,
        action,
        article,
        before={"price": None if before is None else str(before), "since": since.isoformat()},
        after={"price": None if after is None else str(after), "since": since.isoformat()},
    )


def restate(asked: Question, tx: TenantTx, skus: Sequence[int], since: date) -> int:
    """Recompute these SKUs from a day to the last computed one; how many days that is."""
    last = freshness.last_day(tx, "metrics_daily")
    costs.clear_stale(tx, skus, since)
    if last is None or last < since:
        return 0
    done = recalc_metrics(
        tx, since, last, trace_id=tx.trace_id, policy=policy_of(asked.settings), sku_ids=list(skus)
    )
    return len(done.sku_count)
