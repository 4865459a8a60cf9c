"""ABC of articles over a period, by profit or by revenue; app/domain/finance/abc.py says what classes are."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from app.db.session import TenantTx
from app.domain.finance.abc import Grade, grade_abc
from app.repositories import abc as sums
from app.services.analytics.common import Question, freshness
from app.services.analytics.goods_cost import PAGE, page_of
from app.services.analytics.reports import Freshness

By = Literal["profit", "revenue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AbcQuery:
    """By what, over how many days until yesterday; page from 0."""

    by: By = "profit"
    days: int = 30
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AbcLine:
    """An article; ``amount`` and ``grade`` None where its profit is unknown, ``share`` (percent) also where
    it is not above 0."""

    marketplace: str
    article: str
    title: str
    units: int
    amount: Decimal | None
    share: Decimal | None
    grade: Grade | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbcClass:
    """A class in all: articles, what they brought, percent of all that was earned (0 where nothing was)."""

    grade: Grade
    articles: int
    amount: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AbcReport:
    """``lost``: articles of class C that brought a loss. ``unknown``: articles in no class, with the pieces
    that they sold. ``other_currencies``: articles with money that is no rubles."""

    by: By
    days: int
    d_from: date
    d_to: date
    classes: tuple[AbcClass, ...]
    lines: tuple[AbcLine, ...]
    lost: int
    unknown: int
    unknown_units: int
    other_currencies: int
    page: int
    pages: int
    freshness: Freshness


class ShowAbc(Question):
    """The classes, and their articles page by page, the greatest first."""

    def __call__(self, tx: TenantTx, query: AbcQuery) -> AbcReport:
        d_to = self.yesterday()
        d_from = d_to - timedelta(days=query.days - 1)
        found = {(each.marketplace, each.article): each for each in sums.article_sums(tx, d_from, d_to)}
        lines = [
            AbcLine(
                marketplace=each.key[0],
                article=each.key[1],
                title=found[each.key].title,
                units=found[each.key].units,
                amount=each.amount,
                share=each.share,
                grade=each.grade,
            )
            for each in grade_abc(
                {
                    key: each.profit if query.by == "profit" else each.revenue
                    for key, each in found.items()
                    if query.by == "profit" or each.revenue
                }
            )
        ]
        page, pages = page_of(len(lines), query.page)
        unknown = [each for each in lines if each.grade is None]
        return AbcReport(
            by=query.by,
            days=query.days,
            d_from=d_from,
            d_to=d_to,
            classes=tuple(_class(grade, lines) for grade in Grade),
            lines=tuple(lines[page * PAGE : (page + 1) * PAGE]),
            lost=sum(1 for each in lines if each.amount is not None and each.amount < 0),
            unknown=len(unknown),
            unknown_units=sum(each.units for each in unknown),
            other_currencies=sums.other_currencies(tx, d_from, d_to),
            page=page,
            pages=pages,
            freshness=freshness(tx),
        )


def _class(grade: Grade, lines: list[AbcLine]) -> AbcClass:
    ours = [each for each in lines if each.grade is grade]
    return AbcClass(
        grade=grade,
        articles=len(ours),
        amount=sum((each.amount for each in ours if each.amount is not None), Decimal(0)),
        share=sum((each.share for each in ours if each.share is not None), Decimal(0)),
    )
