"""Stock: the list by pages, or the card of one article with its warehouses."""

from app.bot import formats
from app.bot.callbacks import StockCall, card_call
from app.bot.screen import Block, Bold, Line, Screen, Table, fact, facts, key, line, rows_of, text
from app.bot.views.common import SUPPLY_KEY, TODAY_KEY, freshness_line, page_keys, sku_name
from app.bot.views.own import on_shelf, totals
from app.bot.views.today import cover
from app.services.analytics.reports import StockLine, StockReport
from app.services.warehouse.transit import OwnStock

UNTOLD = "склад не указан"
NO_SHELF = OwnStock(items=(), is_listed=True, uses_shelf=False)


def stock(report: StockReport) -> Screen:
    """``asked`` set = the card of that article without the own shelf, else the list."""
    return _list(report) if report.asked is None else stock_card(report.asked, report, NO_SHELF)


def stock_card(asked: str, report: StockReport | None, own: OwnStock) -> Screen:
    """All of one article: the own shelf, what is on its way, the marketplaces (None: not listed there)."""
    body: list[Block] = [*totals(report, own), *on_shelf(own)]
    for each in report.lines if report else ():
        body.append(text(*_summary(each)))
        body.append(_places(each))
    if not body or (report and not report.lines and not own.items):
        body.append(text("Остатков по этому артикулу нет."))
    return Screen(
        head=_title(f"Остатки {asked}", report) if report else f"Остатки {asked}",
        body=tuple(body),
        foot=(freshness_line(report.freshness),) if report else (),
        keys=((key("← Все остатки", StockCall()), SUPPLY_KEY),),
    )


def _list(report: StockReport) -> Screen:
    totals = facts(
        [
            fact("Товаров", formats.number(report.total_skus)),
            fact("Остаток", formats.pieces(report.total_on_hand)),
            fact("В пути", formats.pieces(report.total_in_transit)),
        ]
    )
    lines: list[Line] = []
    for each in report.lines:
        lines += _summary(each)
    body: tuple[Block, ...] = (totals, text(*lines)) if report.lines else (text("Остатков ещё нет."),)
    opened = [key(each.article, call) for each in _first_of_article(report.lines)
              if (call := card_call(each.article))]  # fmt: skip
    pages = page_keys(report.page, report.pages, lambda page: StockCall(page=page))
    return Screen(
        head=_title("Остатки", report) + formats.of_pages(report.page, report.pages),
        body=body,
        foot=(freshness_line(report.freshness),),
        keys=(*rows_of(opened, 3), pages, (TODAY_KEY, SUPPLY_KEY)),
    )


def _first_of_article(lines: tuple[StockLine, ...]) -> list[StockLine]:
    """One line an article: sizes of one article share a card."""
    return list({each.article: each for each in reversed(lines)}.values())[::-1]


def _summary(each: StockLine) -> list[Line]:
    figures = [formats.pieces(each.on_hand)]
    if each.in_transit:
        figures.append(f"в пути {formats.number(each.in_transit)}")
    figures.append(cover(each.cover_days))
    if each.velocity:
        figures.append(f"{formats.short(each.velocity)} в день")
    return [
        line(Bold(sku_name(each.article, each.size)), f" {formats.marketplace(each.marketplace)} ",
             formats.clip(each.title, 30)),
        line("   " + " · ".join(figures)),
    ]  # fmt: skip


def _places(each: StockLine) -> Table:
    """Where it lies. The column of goods on the way is there only when something is."""
    is_moving = any(place.in_transit for place in each.places)
    rows = tuple(
        (formats.clip(place.warehouse or UNTOLD, 22), formats.number(place.on_hand))
        + ((formats.number(place.in_transit),) if is_moving else ())
        for place in each.places
    )
    head = ("Склад", "есть", "в пути") if is_moving else ("Склад", "есть")
    return Table(head if rows else (), rows)


def _title(name: str, report: StockReport) -> str:
    return f"{name} · {formats.day(report.d)}" if report.d else name
