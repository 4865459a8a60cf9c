"""Goods that lie: on the own shelf, at the marketplaces and on the way there, against what is sold.

Sold is what the marketplaces sold of a thing's listings, in whatever way; of a thing without a listing, what
left the shelf for buyers. Returns are not taken off: what was bought was wanted.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.db.session import TenantTx
from app.domain.supply.slow import Pace, lasts_for, pace_of
from app.domain.warehouse.movements import Reason
from app.domain.warehouse.valuation import Total, Worth, total, worth
from app.repositories import dw
from app.repositories import freshness as wholeness
from app.repositories import valuation as there
from app.services.analytics.common import Question
from app.services.analytics.goods_cost import PAGE, Costs, called, key_of, page_of, read_costs

SLOW_DAYS = (30, 60, 90, 180)
LEAVES = [Reason.SHIP.value, Reason.OUTBOUND.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowQuery:
    """How many days are looked at; page from 0."""

    days: int = 90
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowGoods:
    """``sold`` in the days looked at; ``cover_days`` None where nothing was."""

    article: str
    title: str
    sold: int
    cover_days: Decimal | None
    worth: Total
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowReport:
    """``stands`` and ``slow``: how many goods there are of each; ``worth`` of both. ``too_early``: goods that
    are too new to be judged. ``goods``: all that lie anywhere."""

    days: int
    d_from: date
    d_to: date
    shelf_at: datetime | None
    stock_day: date | None
    goods: int
    stands: int
    slow: int
    too_early: int
    worth: Total
    lines: tuple[SlowGoods, ...]
    page: int
    pages: int


@dataclass(slots=True)
class _Heap:
    """What there is of some goods, while it is added up."""

    article: str
    title: str
    parts: list[Worth]
    sold: int = 0
    is_old: bool = False


class ShowSlow(Question):
    """Goods that stand or are slow, the dearest first."""

    def __call__(self, tx: TenantTx, query: SlowQuery) -> SlowReport:
        d_to = self.yesterday()
        d_from = d_to - timedelta(days=query.days - 1)
        stock_day = wholeness.last_day(tx, "daily_stock")
        heaps = self._heaps(tx, read_costs(tx, d_to + timedelta(days=1)), d_from, d_to, stock_day)
        judged = [_judge(each, query.days) for each in heaps]
        lying = [each for each in judged if each.pace in (Pace.STANDS, Pace.SLOW)]
        lying.sort(key=lambda each: (-each.worth.value, -each.worth.qty, each.article))
        paces = [each.pace for each in judged]
        page, pages = page_of(len(lying), query.page)
        return SlowReport(
            days=query.days,
            d_from=d_from,
            d_to=d_to,
            shelf_at=dw.refreshed_at(tx),
            stock_day=stock_day,
            goods=len(judged),
            stands=paces.count(Pace.STANDS),
            slow=paces.count(Pace.SLOW),
            too_early=paces.count(Pace.TOO_EARLY),
            worth=_sum([each.worth for each in lying]),
            lines=tuple(lying[page * PAGE : (page + 1) * PAGE]),
            page=page,
            pages=pages,
        )

    def _heaps(
        self, tx: TenantTx, costs: Costs, d_from: date, d_to: date, stock_day: date | None
    ) -> list[_Heap]:
        began = datetime.combine(d_from, time(), ZoneInfo(self.settings.day_timezone))
        heaps: dict[int, _Heap] = {}
        for item in dw.list_shelf(tx):
            part = worth(item.on_hand, costs.prices(item.item_id))
            heaps[item.item_id] = _Heap(item.article, item.name, [part])
        for each in there.list_at_marketplaces(tx, stock_day) if stock_day else []:
            found = costs.listings[each.sku_id]
            heap = heaps.setdefault(key_of(found), _Heap(called(found), found.title, []))
            heap.parts.append(worth(each.qty, [costs.known.get(each.sku_id)]))
        for pace in there.list_sku_paces(tx, d_from, d_to):
            listed = heaps.get(key_of(costs.listings[pace.sku_id]))
            if listed is not None:
                listed.sold += pace.sold
                listed.is_old |= pace.is_old
        for gone in there.list_item_paces(tx, began, LEAVES):
            lying = heaps.get(gone.item_id)
            if lying is not None:
                lying.sold += 0 if gone.item_id in costs.of_item else gone.gone
                lying.is_old |= gone.is_old
        return list(heaps.values())


def _judge(heap: _Heap, days: int) -> SlowGoods:
    value = total(heap.parts)
    return SlowGoods(
        article=heap.article,
        title=heap.title,
        sold=heap.sold,
        cover_days=lasts_for(value.qty, heap.sold, days),
        worth=value,
        pace=pace_of(value.qty, heap.sold, is_new=not heap.is_old),
    )


def _sum(parts: list[Total]) -> Total:
    return Total(
        qty=sum(each.qty for each in parts),
        value=sum((each.value for each in parts), Decimal(0)),
        unknown_qty=sum(each.unknown_qty for each in parts),
        unknown_goods=sum(1 for each in parts if each.unknown_qty),
    )
