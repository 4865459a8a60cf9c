"""Reports of compensations: the month's accruals of type 10 by goods, once the month is over.

A month without any has no document: 404, as seen live. Nothing is ever taken back here.
"""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from app.sandbox.http import Refused
from app.sandbox.ozon.areas.reports import Kind, Make
from app.sandbox.ozon.door import NOT_FOUND, error, invalid
from app.sandbox.ozon.lumps import COMPENSATION
from app.sandbox.world import World
from app.sandbox.xlsx import Row

HEADER: Row = (
    "№",
    "Название товара",
    "Артикул",
    "SKU",
    "Штрих-код",
    "Кол-во",
    "Тип компенсации",
    "Действительная стоимость товара",
    "Действительная стоимость — всего",
    "Уменьшено на сумму",
    "Итого к начислению, RUB",
)
REASONS = ("Потеря по вине Ozon на складе", "Повреждение по вине Ozon при доставке")


class Given(NamedTuple):
    """A compensation of day ``t`` for pieces of a SKU, in kopecks."""

    t: int
    sku: int
    kopecks: int


def given(world: World, first: date, last: date) -> list[Given]:
    """All of the days that are shown, oldest first. The accrual names no goods; here each has its own."""
    days = (world.t(first + timedelta(days=n)) for n in range((last - first).days + 1))
    return [
        Given(t, lump.amount % len(world.ozon.shelf), lump.amount)
        for t in days
        if world.shown(t)
        for lump in world.ozon.ledger.sundries(t)
        if lump.kind == COMPENSATION
    ]


def _order(world: World, body: dict[str, Any]) -> Make:
    first, last = _month(body)
    found = given(world, first, last) if last < world.today else []
    if not found:
        raise Refused(error(404, NOT_FOUND, "document not found"))
    return lambda: _rows(world, last, found)


def _order_back(_world: World, body: dict[str, Any]) -> Make:
    _month(body)
    raise Refused(error(404, NOT_FOUND, "document not found"))


def _month(body: dict[str, Any]) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{body.get('date')}-01")
    except ValueError:
        raise Refused(invalid("invalid date: must be in format YYYY-MM")) from None
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _rows(world: World, last: date, found: list[Given]) -> list[Row]:
    shelf = world.ozon.shelf
    made = last + timedelta(days=5)
    rows: list[Row] = [(f"Отчет о компенсациях № 77 от {made:%d.%m.%Y}",), (), HEADER]
    for number, each in enumerate(found, start=1):
        due = Decimal(each.kopecks) / 100
        rows.append(
            (
                number,
                shelf.title[each.sku],
                shelf.article[each.sku],
                int(shelf.item_id[each.sku]),
                shelf.barcode[each.sku],
                1,
                REASONS[each.t % 2],
                2 * due,
                2 * due,
                due,
                due,
            )
        )
    total = Decimal(sum(each.kopecks for each in found)) / 100
    return [*rows, ("Итого", *(None,) * 9, total)]


COMPENSATIONS = Kind("/v1/finance/compensation", "COMPENSATION_REPORT", _order, is_within=True)
DECOMPENSATIONS = Kind("/v1/finance/decompensation", "DECOMPENSATION_REPORT", _order_back, is_within=True)
