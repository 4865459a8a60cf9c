"""Advice what to send, each line with its sum spelt out so that a person can check it."""

from decimal import Decimal

from app.bot import formats
from app.bot.callbacks import SupplyCall
from app.bot.screen import Block, Bold, Line, Screen, key, line, text
from app.bot.views.common import STOCK_KEY, TODAY_KEY, chosen, freshness_line, page_keys, sku_name
from app.bot.views.own import advice_line, advice_totals
from app.bot.views.today import cover
from app.services.analytics.reports import SupplyLine, SupplyReport
from app.services.warehouse.transit import AdvicePart, AdviceParts

WINDOWS = (14, 28)


def supply(report: SupplyReport, parts: AdviceParts | None = None) -> Screen:
    """``parts``: what the own shelf has for it, and what is on its way already."""
    shelf = {each.sku_id: each for each in parts.parts} if parts else {}
    body: list[Block] = []
    if report.lines:
        skus = formats.plural(report.total_skus, "товар", "товара", "товаров")
        body.append(text(f"Всего {formats.pieces(report.total_qty)}, {skus}. Сначала самое срочное."))
        body.append(advice_totals(parts))
        body += [text(*_advice(each, shelf.get(each.sku_id))) for each in report.lines]
        body.append(text("спрос + запас − остаток − в пути; запас — на случай всплеска продаж"))
    else:
        body.append(text("Везти ничего не нужно: запаса хватает, либо продаж ещё не было."))
    page = formats.of_pages(report.page, report.pages)
    return Screen(
        head=f"Поставка на {formats.days(report.window_days)}{page}",
        body=tuple(body),
        foot=(freshness_line(report.freshness),),
        keys=(
            page_keys(report.page, report.pages, lambda n: SupplyCall(window=report.window_days, page=n)),
            tuple(
                key(chosen(formats.days(each), each == report.window_days), SupplyCall(window=each))
                for each in WINDOWS
            ),
            (TODAY_KEY, STOCK_KEY),
        ),
    )


def _advice(each: SupplyLine, part: AdvicePart | None) -> list[Line]:
    lines = [
        line(Bold(f"{sku_name(each.article, each.size)}: {formats.pieces(each.qty)}"),
             f" {formats.marketplace(each.marketplace)} ", formats.clip(each.title, 28)),
        line("   " + equation(each)),
        line(f"   {formats.short(each.velocity)} в день, {cover(each.cover_days)}"
             if each.cover_days is not None else "   нет продаж"),
    ]  # fmt: skip
    here = advice_line(part)
    if here is not None:
        lines.append(here)
    places = [f"{name} {formats.number(qty)}" for name, qty in each.split if name]
    if places:
        lines.append(line("   " + ", ".join(places)))
    return lines


def equation(each: SupplyLine) -> str:
    """«спрос 47,4 + запас 9 − остаток 12 − в пути 0 = 44,4 → 44». The arrow is the rounding."""
    exact = each.demand + each.safety - each.on_hand - each.in_transit
    parts = (
        f"спрос {formats.short(each.demand)} + запас {formats.number(each.safety)}"
        f" − остаток {formats.number(each.on_hand)} − в пути {formats.number(each.in_transit)}"
        f" = {formats.short(exact)}"
    )
    return parts if exact == Decimal(each.qty) else f"{parts} → {formats.number(each.qty)}"
