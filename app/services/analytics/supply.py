"""Supply advice as computed by the night: what to send, how many, where, and why."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.core.errors import BadInput
from app.db.session import TenantTx
from app.repositories import freshness as wholeness
from app.repositories import stock_figures
from app.services.analytics.common import Question, freshness, pages
from app.services.analytics.reports import SupplyLine, SupplyReport

PAGE = 8
WINDOWS = (14, 28)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyQuery:
    """Advice for a window of days ahead; page from 0."""

    window_days: int = 14
    page: int = 0


class ShowSupply(Question):
    """Advice, most urgent first."""

    def __call__(self, tx: TenantTx, query: SupplyQuery) -> SupplyReport:
        """Raises BadInput for a window that is not computed."""
        window = query.window_days
        if window not in WINDOWS:
            raise BadInput("Советы считаются на 14 или на 28 дней: /supply 14 или /supply 28")
        d = wholeness.last_day(tx, "advice_supply")
        skus, pieces = stock_figures.advice_totals(tx, d, window) if d else (0, 0)
        count = pages(skus, PAGE)
        page = min(max(query.page, 0), count - 1)
        return SupplyReport(
            d=d,
            window_days=window,
            lines=supply_lines(tx, d, window, PAGE, page * PAGE) if d else (),
            total_skus=skus,
            total_qty=pieces,
            page=page,
            pages=count,
            freshness=freshness(tx),
        )


def supply_lines(tx: TenantTx, d: date, window: int, limit: int, offset: int) -> tuple[SupplyLine, ...]:
    """Advice of day ``d`` with its parts and its split over warehouses."""
    rows = stock_figures.advice_page(tx, d, window, limit, offset)
    split: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for place in stock_figures.advice_places(tx, d, window, [row.sku_id for row in rows]):
        split[place.sku_id].append((place.warehouse, place.first))
    return tuple(
        SupplyLine(
            article=row.article,
            size=row.size,
            title=row.title,
            marketplace=row.marketplace,
            window_days=window,
            velocity=row.velocity,
            demand_std=row.demand_std,
            # What the window needs beyond the safety stock, as the formula rounded it.
            demand=Decimal(row.qty + row.on_hand + row.in_transit - row.safety),
            safety=row.safety,
            on_hand=row.on_hand,
            in_transit=row.in_transit,
            cover_days=row.cover_days,
            qty=row.qty,
            split=tuple(split[row.sku_id]),
            sku_id=row.sku_id,
        )
        for row in rows
    )
