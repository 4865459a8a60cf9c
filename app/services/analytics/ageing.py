"""How long goods have lain on the own shelf: layers of arrivals against what is left of them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.db.session import TenantTx
from app.domain.warehouse.ageing import AGES, OLDEST, Layer, Left, by_age, layers_left
from app.domain.warehouse.movements import Reason
from app.domain.warehouse.valuation import Total, total, worth
from app.repositories import ageing
from app.services.analytics.common import Question
from app.services.analytics.goods_cost import PAGE, page_of, read_costs

BRINGS = (Reason.RECEIPT, Reason.RETURN, Reason.ADJUST, Reason.COUNT)
"""What makes goods younger: they were not there before. Moving them does not."""

BUCKETS: tuple[str | None, ...] = (*(name for _, name in AGES), OLDEST, None)
"""In the order of age; None is of those whose arrival nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingQuery:
    """Page from 0."""

    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingLine:
    """An item: ``oldest`` is the day that the oldest of it came, None where nobody knows; ``pieces`` by
    bucket, only those that there are."""

    article: str
    name: str
    on_hand: int
    oldest: date | None
    pieces: dict[str | None, int]
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingReport:
    """``buckets`` in the order of age, with what their goods cost; the lines begin with the oldest."""

    today: date
    buckets: tuple[tuple[str | None, Total], ...]
    lines: tuple[AgeingLine, ...]
    items: int
    page: int
    pages: int


class ShowAgeing(Question):
    """The age of what is on the shelf now, by FIFO."""

    def __call__(self, tx: TenantTx, query: AgeingQuery) -> AgeingReport:
        today = self.yesterday() + timedelta(days=1)
        costs = read_costs(tx, today)
        arrivals: dict[int, list[Layer]] = defaultdict(list)
        for each in ageing.list_arrivals(tx, BRINGS, self.settings.day_timezone):
            arrivals[each.item_id].append(Layer(each.day, each.qty))
        goods = defaultdict(list)
        lines = []
        for item in ageing.list_on_shelf(tx):
            left = layers_left(arrivals[item.item_id], item.on_hand)
            pieces = by_age(left, today)
            lines.append(_line(item, left, pieces))
            for bucket, qty in pieces.items():
                goods[bucket].append(worth(qty, costs.prices(item.item_id)))
        lines.sort(key=lambda line: (line.is_known, line.oldest or date.min))
        page, pages = page_of(len(lines), query.page)
        return AgeingReport(
            today=today,
            buckets=tuple((bucket, total(goods[bucket])) for bucket in BUCKETS if goods[bucket]),
            lines=tuple(lines[page * PAGE : (page + 1) * PAGE]),
            items=len(lines),
            page=page,
            pages=pages,
        )


def _line(item: ageing.OnShelf, left: list[Left], pieces: dict[str | None, int]) -> AgeingLine:
    """What is of unknown age is older than all that is known: it was there when the books began."""
    return AgeingLine(
        article=item.article,
        name=item.name,
        on_hand=item.on_hand,
        oldest=left[-1].day,
        pieces=pieces,
        is_known=left[-1].day is not None,
    )


def all_of(report: AgeingReport) -> Total:
    """The whole shelf."""
    totals = [each for _, each in report.buckets]
    return Total(
        qty=sum(each.qty for each in totals),
        value=sum((each.value for each in totals), Decimal(0)),
        unknown_qty=sum(each.unknown_qty for each in totals),
        unknown_goods=0,
    )
