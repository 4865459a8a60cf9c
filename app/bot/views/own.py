"""The own shelf's part of a stock card and of an advice."""

from app.bot import formats
from app.bot.screen import Block, Bold, Fact, Line, Table, fact, facts, line, text
from app.services.analytics.reports import StockReport
from app.services.warehouse.transit import AdvicePart, AdviceParts, OwnItem, OwnStock

PLACES = 12
NOT_LINKED = "Карточка не связана с товаром на складе. Связать: /items"


def totals(report: StockReport | None, own: OwnStock) -> tuple[Block, ...]:
    """All there is of an article in three lines; none where there is no own shelf."""
    if not own.items:
        return (text(NOT_LINKED),) if own.uses_shelf else ()
    rows: list[Fact] = [fact("Свой склад", formats.pieces(sum(each.on_hand for each in own.items)))]
    if report is not None:
        told = None if report.d is None else report.total_on_hand
        rows.append(fact("На площадках", formats.pieces(told)))
    moving = sum(each.in_transit for each in own.items)
    rows.append(fact("Едет на площадки", formats.pieces(moving)))
    return (facts(rows),)


def on_shelf(own: OwnStock) -> list[Block]:
    """Item by item: what there is, where it lies, what is on its way."""
    return [block for each in own.items for block in (text(*_item(each)), _places(each))]


def _item(each: OwnItem) -> list[Line]:
    name = f" {formats.clip(each.card.name, 28)}".rstrip()
    lines = [line(Bold(each.card.article), " Свой склад", name)]
    if not each.on_hand:
        lines.append(line("   на складе нет"))
    else:
        lines.append(
            line(f"   {formats.pieces(each.on_hand)} · в резерве {formats.number(each.reserved)}"
                 f" · доступно {formats.number(each.available)}")
        )  # fmt: skip
    for trip in each.moving:
        seen = "" if trip.is_seen else ", площадка её ещё не показала"
        lines.append(
            line(f"   едет на {formats.marketplace(trip.marketplace)}: {formats.pieces(trip.qty)}"
                 f" (поставка {trip.number}{seen})")
        )  # fmt: skip
    return lines


def _places(each: OwnItem) -> Table:
    rows = tuple(
        (row.code + (f" до {formats.full_day(row.expires_on)}" if row.expires_on else ""),
         formats.number(row.on_hand), formats.number(row.reserved))
        for row in each.balances[:PLACES]
    )  # fmt: skip
    return Table(("Место", "есть", "резерв") if rows else (), rows)


def advice_line(part: AdvicePart | None) -> Line | None:
    """«едет 12 · со своего склада 10 · купить 22»; None where the own shelf has nothing to say."""
    if part is None or (part.here is None and not part.moving):
        return None
    if not part.need:
        return line(f"   уже едет {formats.pieces(part.moving)}: больше везти не нужно")
    told = [f"уже едет {formats.number(part.moving)}"] if part.moving else []
    if part.here is None:
        told.append(f"ещё нужно {formats.number(part.need)}")
    else:
        told.append(f"со своего склада {formats.number(part.here)}" if part.here else "на своём складе нет")
        if part.need > part.here:
            told.append(f"купить {formats.number(part.need - part.here)}")
    return line("   " + " · ".join(told))


def advice_totals(parts: AdviceParts | None) -> Block:
    """What of all of the advice can go now; nothing where no listing is anything on the shelf."""
    if parts is None or not (parts.linked or parts.moving):
        return text()
    lines = [
        line(f"Со своего склада можно отправить {formats.pieces(parts.here)} из {formats.number(parts.need)}"
             + (f", уже едет {formats.number(parts.moving)}." if parts.moving else "."))
    ]  # fmt: skip
    if parts.unlinked:
        cards = formats.plural(parts.unlinked, "карточка", "карточки", "карточек")
        lines.append(line(f"Не связаны с товарами на складе: {cards}. Связать: /items"))
    return text(*lines)
