"""What all goods are worth at cost: on the own shelf, at the marketplaces and on the way there.

Now: the shelf as of the last refresh of its copy, the marketplaces as they last told. On a past day: the
shelf as the books stood when the day ended. Costs are those valid on the day. A piece on the shelf costs what
its listings agree on.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.db.session import TenantTx
from app.domain.warehouse.valuation import Total, Worth, total, worth
from app.repositories import dw
from app.repositories import freshness as wholeness
from app.repositories import valuation as there
from app.services.analytics.common import Question
from app.services.analytics.goods_cost import PAGE, Costs, called, key_of, page_of, read_costs

OWN = "OWN"
"""The own shelf, beside the marketplaces' codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuationQuery:
    """``d`` None is now. ``unknown``: only goods whose cost is unknown. Page from 0."""

    d: date | None = None
    unknown: bool = False
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuedGoods:
    """A thing with its listings, or a listing of its own. ``differs``: its listings' costs do."""

    article: str
    title: str
    worth: Total
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuationReport:
    """``places`` by "OWN", "WB", "OZON", those that have any. ``shelf_at``: when the shelf was so;
    ``stock_day``: the day whose stock the marketplaces told, None where they told none."""

    d: date
    is_now: bool
    unknown: bool
    shelf_at: datetime | None
    stock_day: date | None
    places: tuple[tuple[str, Total], ...]
    total: Total
    lines: tuple[ValuedGoods, ...]
    page: int
    pages: int


class ShowValuation(Question):
    """Goods at cost, the dearest first."""

    def __call__(self, tx: TenantTx, query: ValuationQuery) -> ValuationReport:
        today = self.yesterday() + timedelta(days=1)
        d = query.d or today
        costs = read_costs(tx, d)
        names, parts, shelf_at = self._shelf(tx, query.d, costs)
        stock_day = wholeness.last_day(tx, "daily_stock") if query.d is None else query.d
        if stock_day is not None and not there.has_stock_of(tx, stock_day):
            stock_day = None
        for sku_id, qty in there.list_at_marketplaces(tx, stock_day) if stock_day else []:
            listing = costs.listings[sku_id]
            names.setdefault(key_of(listing), (called(listing), listing.title))
            parts[key_of(listing)].append((listing.marketplace, worth(qty, [costs.known.get(sku_id)])))
        goods = [_goods(*names[key], [each for _, each in found]) for key, found in parts.items()]
        goods.sort(key=lambda each: (-each.worth.value, -each.worth.unknown_qty, each.article))
        shown = [each for each in goods if each.worth.unknown_qty] if query.unknown else goods
        page, pages = page_of(len(shown), query.page)
        by_place: dict[str, list[Worth]] = defaultdict(list)
        for place, each in (pair for found in parts.values() for pair in found):
            by_place[place].append(each)
        all_parts = total(each for found in by_place.values() for each in found)
        return ValuationReport(
            d=d,
            is_now=query.d is None,
            unknown=query.unknown,
            shelf_at=shelf_at,
            stock_day=stock_day,
            places=tuple((place, total(by_place[place])) for place in (OWN, "WB", "OZON") if by_place[place]),
            total=all_parts._replace(unknown_goods=sum(1 for each in goods if each.worth.unknown_qty)),
            lines=tuple(shown[page * PAGE : (page + 1) * PAGE]),
            page=page,
            pages=pages,
        )

    def _shelf(
        self, tx: TenantTx, d: date | None, costs: Costs
    ) -> tuple[dict[int, tuple[str, str]], dict[int, list[tuple[str, Worth]]], datetime | None]:
        """By goods: what they are called, what they are worth on the shelf; and when the shelf was so."""
        if d is None:
            at = dw.refreshed_at(tx)
            rows = [(each.item_id, each.article, each.name, each.on_hand) for each in dw.list_shelf(tx)]
        else:
            zone = ZoneInfo(self.settings.day_timezone)
            at = datetime.combine(d + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
            rows = [(*each,) for each in there.list_shelf_at(tx, at)]
        parts: dict[int, list[tuple[str, Worth]]] = defaultdict(list)
        for item_id, _, _, qty in rows:
            parts[item_id].append((OWN, worth(qty, costs.prices(item_id))))
        return {item_id: (article, name) for item_id, article, name, _ in rows}, parts, at


def _goods(article: str, title: str, parts: list[Worth]) -> ValuedGoods:
    return ValuedGoods(
        article=article,
        title=title,
        worth=total(parts),
        differs=any(each.why == "costs_differ" for each in parts),
    )
