"""The morning digest: always the same lines in the same order, then what needs action."""

from decimal import Decimal

from app.bot import formats
from app.bot.screen import Block, Bold, Line, Screen, line, text
from app.bot.views.common import (
    PNL_KEY,
    STATUS_KEY,
    STOCK_KEY,
    SUPPLY_KEY,
    freshness_line,
    sku_name,
)
from app.bot.views.supplies import gap
from app.services.analytics.reports import DayFigures, SkuLine, SupplyLine, TodayReport
from app.services.names import source_name
from app.services.warehouse.transit import AdvicePart, DaySide

NOTICEABLE = Decimal(10)
"""Percent of change from which an arrow is shown; below it the day is as usual."""
SHOWN = 5


def today(report: TodayReport, side: DaySide | None = None) -> Screen:
    """``side``: what the own shelf and its deliveries have to say."""
    side = side or DaySide()
    before = {each.currency: each for each in report.week_before}
    body: list[Block] = []
    for figures in report.yesterday:
        named = len(report.yesterday) > 1
        body.append(text(*_day(figures, before.get(figures.currency), named=named)))
    if not report.yesterday:
        body.append(text("За вчера данных ещё нет."))
    body += [
        text(*_ranked("Лучшие", report.best)),
        text(*_ranked("В минус", report.losing)),
        text(*_ending(report.ending, side)),
        text(*_to_do(report), *(gap(each) + ". Подробнее: /orders" for each in side.gaps)),
    ]
    d = report.yesterday[0].d if report.yesterday else None
    return Screen(
        head=f"{report.organisation} · {formats.day(d)}" if d else report.organisation,
        body=tuple(body),
        foot=(freshness_line(report.freshness),),
        keys=((PNL_KEY, STOCK_KEY), (SUPPLY_KEY, STATUS_KEY)),
    )


def _day(now: DayFigures, then: DayFigures | None, *, named: bool) -> list[Line]:
    """Six fixed lines. Each is compared with the same weekday a week before."""

    def rub(amount: Decimal | None) -> str:
        return formats.money(amount, now.currency)

    lines = [
        _figure(
            "Продажи", f"{formats.pieces(now.units_sold)} на {rub(now.revenue_gross)}",
            now.revenue_gross, then.revenue_gross if then else None,
        ),
        _figure(
            "Возвраты", formats.pieces(now.units_returned),
            Decimal(now.units_returned), Decimal(then.units_returned) if then else None,
        ),
        _figure("К выплате", rub(now.payout), now.payout, then.payout if then else None),
        _figure("Прибыль", rub(now.profit), now.profit, then.profit if then else None),
        line("▫️ Маржа: ", formats.percent(now.margin), _was(then)),
    ]  # fmt: skip
    mark = "предварительно, реализация ещё не пришла" if now.is_preliminary else "по реализации"
    title = f"Вчера, {now.currency}" if named else "Вчера"
    return [line(Bold(title), f" ({mark})"), *lines]


def _was(then: DayFigures | None) -> str:
    return f" (было {formats.percent(then.margin)})" if then and then.margin is not None else ""


def _figure(label: str, shown: str, now: Decimal | None, then: Decimal | None) -> Line:
    change = _change(now, then)
    mark = "▫️"
    if change is not None and abs(change) >= NOTICEABLE:
        mark = "🔺" if change > 0 else "🔻"
    tail = f" ({formats.percent(change, 0, signed=True)})" if change is not None else ""
    return line(f"{mark} {label}: ", Bold(shown), tail)


def _change(now: Decimal | None, then: Decimal | None) -> Decimal | None:
    """Percent against a week before; unknown where either day is, or where there is nothing to divide by."""
    if now is None or then is None or then <= 0:
        return None
    return (now - then) / then * 100


def _ranked(title: str, skus: tuple[SkuLine, ...]) -> list[Line]:
    if not skus:
        return []
    return [
        line(Bold(title)),
        *(
            line(Bold(sku_name(each.article, each.size)), f" {formats.marketplace(each.marketplace)} ",
                 formats.clip(each.title, 28), f" · {formats.rub(each.value)}")
            for each in skus[:SHOWN]
        ),
    ]  # fmt: skip


def _ending(lines: tuple[SupplyLine, ...], side: DaySide) -> list[Line]:
    if not lines:
        return []
    parts = {each.sku_id: each for each in side.parts.parts} if side.parts else {}
    return [
        line(Bold("Заканчиваются")),
        *(
            line(Bold(sku_name(each.article, each.size)), f" {formats.marketplace(each.marketplace)} · ",
                 f"{formats.pieces(each.on_hand)}, {cover(each.cover_days)}",
                 f" → {_to_send(each, parts.get(each.sku_id))}")
            for each in lines[:SHOWN]
        ),
    ]  # fmt: skip


def _to_send(each: SupplyLine, part: AdvicePart | None) -> str:
    """What is on its way already is not sent twice."""
    if part is None:
        return f"везти {formats.pieces(each.qty)}"
    return f"везти {formats.pieces(part.need)}" if part.need else f"уже едет {formats.pieces(part.moving)}"


def cover(cover_days: Decimal | None) -> str:
    """«хватит на 4 дня»; nothing left, nothing to last; no sales, no cover."""
    if cover_days is None:
        return "нет продаж"
    return f"хватит на {formats.days(int(cover_days))}" if cover_days > 0 else "кончился"


def _to_do(report: TodayReport) -> list[Line]:
    lines: list[Line] = []
    if report.without_cost:
        skus = formats.plural(report.without_cost, "товара", "товаров", "товаров")
        lines.append(line(f"Нет себестоимости у {skus}: /cost артикул цена"))
    if report.missing_sources:
        lines.append(
            line("Не пришло: " + ", ".join(map(source_name, report.missing_sources)) + ". Подробнее: /status")
        )
    return lines
