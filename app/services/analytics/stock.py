"""Stock as the marketplaces last told it: all SKUs by pages, or one article in full."""

from collections import defaultdict
from dataclasses import dataclass

from app.core.errors import NotFound
from app.db.session import TenantTx
from app.repositories import catalogue, stock_figures
from app.repositories import freshness as wholeness
from app.services.analytics.common import Question, freshness, pages
from app.services.analytics.reports import StockLine, StockPlace, StockReport

PAGE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StockQuery:
    """An article (or nm_id, Ozon sku, barcode), or everything; page from 0."""

    article: str | None = None
    page: int = 0


class ShowStock(Question):
    """Stock, least cover first."""

    def __call__(self, tx: TenantTx, query: StockQuery) -> StockReport:
        """Raises NotFound with the nearest articles for an article nobody sells."""
        asked = find_skus(tx, query.article) if query.article else None
        d = wholeness.last_day(tx, "daily_stock")
        if d is None:
            return StockReport(
                d=None,
                asked=query.article,
                lines=(),
                total_skus=0,
                total_on_hand=0,
                total_in_transit=0,
                page=0,
                pages=1,
                freshness=freshness(tx),
            )
        skus, on_hand, in_transit = stock_figures.stock_totals(tx, d, asked)
        count = pages(skus, PAGE)
        page = min(max(query.page, 0), count - 1)
        rows = stock_figures.stock_page(tx, d, asked, PAGE, page * PAGE)
        places = defaultdict(list)
        for place in stock_figures.stock_places(tx, d, [row.sku_id for row in rows]):
            places[place.sku_id].append(
                StockPlace(warehouse=place.warehouse, on_hand=place.first, in_transit=place.second)
            )
        return StockReport(
            d=d,
            asked=query.article,
            lines=tuple(
                StockLine(
                    article=row.article,
                    size=row.size,
                    title=row.title,
                    marketplace=row.marketplace,
                    on_hand=row.on_hand,
                    in_transit=row.in_transit,
                    velocity=row.velocity,
                    cover_days=row.cover_days,
                    places=tuple(places[row.sku_id]),
                )
                for row in rows
            ),
            total_skus=skus,
            total_on_hand=on_hand,
            total_in_transit=in_transit,
            page=page,
            pages=count,
            freshness=freshness(tx),
        )


def find_skus(tx: TenantTx, article: str) -> list[int]:
    """The ids of an article's SKUs. Raises NotFound, with the nearest articles there are."""
    found = catalogue.find_by_article(tx, article)
    if found:
        return [sku.id for sku in found]
    near = catalogue.nearest_articles(tx, article)
    hint = f" Похожие: {', '.join(near)}." if near else ""
    raise NotFound(f"Артикула «{article}» нет в ваших кабинетах.{hint}")
