"""Goods that go: shipped, sent to a marketplace, promised, or a promise given up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.domain.warehouse.movements import ANY, Line, Reason
from app.domain.warehouse.picking import Pile, first_expired_first_out, has_expired
from app.repositories import holds, orders
from app.repositories.balances import BalanceRow
from app.repositories.items import ItemCard
from app.services.names import PLACES
from app.services.warehouse.drawing import (
    ANY_LOT,
    NO_EXPIRY,
    Drawing,
    Drawn,
    document,
    full_stop,
    lot_words,
    not_there,
    where,
)
from app.services.warehouse.said import Kind, Missing, Said, Slot, Taken, Told
from app.services.warehouse.unclear import Choice

HOLD, ORDER = "hold:", "order:"
HOLDS_OFFERED = 6
SHOWN = 40
USUAL_TERMS = (("Завтра", 1), ("3 дня", 3), ("Неделя", 7))
LONGEST_SUPPLY = 40


def draw_shipment(at: Drawing, said: Said) -> Drawn:
    """Of a promise, of an order, or of an item that is promised to nobody."""
    if said.hold_id is not None or said.order_id is not None:
        return _by_promise(at, said, Reason.SHIP)
    if said.item_id is None and not said.item:
        question = "Что отгружаем? Пришлите номер заказа, штрихкод или артикул."
        if offered := _offered(at):
            question += " Или выберите резерв:"
        raise Missing(Slot.WHAT, question, offered, said)
    try:
        said, card = at.item(said)
    except Missing as missing:
        if missing.choices or not said.item:
            raise
        nobody = f"Ни заказа, ни товара «{said.item[:SHOWN]}» нет. Заказы: /orders, поиск: /find"
        raise Missing(Slot.WHAT, nobody, _offered(at), missing.said) from missing
    if said.market and not said.supply:
        raise Missing(
            Slot.SUPPLY, f"Номер поставки на {PLACES[said.market]}? Он есть в кабинете площадки.", (),
            said,
        )  # fmt: skip
    if said.market and not _is_supply(said.supply):
        raise Missing(
            Slot.SUPPLY, f"Номер поставки — до {LONGEST_SUPPLY} букв, цифр и дефисов. Какой он?", (),
            replace(said, supply=""),
        )  # fmt: skip
    said, line, takes = _pick(at, said, card, "отгружаем")
    reason = Reason.TO_MARKETPLACE if said.market else Reason.OUTBOUND
    told = _told(said, card, takes)
    note = f"{said.market}:{said.supply}" if said.market else ""
    return Drawn(said=said, document=document(reason, [line], note), told=told)


def draw_promise(at: Drawing, said: Said) -> Drawn:
    """Item, pieces, and perhaps the day until which they are kept."""
    said, card = at.item(said)
    if said.until is not None and said.until < at.today:
        raise Missing(
            Slot.UNTIL, f"{said.until:%d.%m.%Y} уже прошло. До какого дня держать резерв?", terms(at),
            replace(said, until=None),
        )  # fmt: skip
    said, line, takes = _pick(at, said, card, "резервируем")
    expires_at = None if said.until is None else at.end_of(said.until)
    made = document(Reason.RESERVE, [line], expires_at=expires_at)
    return Drawn(said=said, document=made, told=_told(said, card, takes))


def draw_release(at: Drawing, said: Said) -> Drawn:
    """A promise, or all of an order's."""
    if said.hold_id is None and said.order_id is None:
        if said.item:
            said, _ = at.item(said)
        offered = _offered(at, said.item_id)
        if not offered:
            raise Missing(Slot.WHAT, "Открытых резервов нет: снимать нечего.", (), said)
        asked = "Какой резерв снимаем? Пришлите его номер, номер заказа или выберите:"
        raise Missing(Slot.WHAT, asked, offered, said)
    return _by_promise(at, said, Reason.RELEASE)


def terms(at: Drawing) -> list[Choice]:
    """Days a promise is usually good for."""
    days = [(name, at.today + timedelta(days=each)) for name, each in USUAL_TERMS]
    choices = [Choice(f"{name}: до {day:%d.%m}", day.isoformat()) for name, day in days]
    return [*choices, Choice("Без срока", NO_EXPIRY)]


def _by_promise(at: Drawing, said: Said, reason: Reason) -> Drawn:
    numbers = [said.hold_id] if said.hold_id is not None else holds.holds_of_order(at.tx, said.order_id or 0)
    found = [each for each in holds.find_holds(at.tx, numbers).values() if each.left_qty > 0]
    if not found:
        raise Missing(
            Slot.WHAT, _nothing_promised(at, said), _offered(at), replace(said, hold_id=None, order_id=None)
        )
    lapsed = [each for each in found if each.expires_at is not None and each.expires_at <= at.now]
    if reason is Reason.SHIP and lapsed:
        raise Missing(
            Slot.WHAT,
            f"Срок резерва №{lapsed[0].id} истёк, по нему не отгружают. Снимите его "
            f"(/release {lapsed[0].id}) и отгрузите товар по артикулу.",
            _offered(at), replace(said, hold_id=None, order_id=None),
        )  # fmt: skip
    left = sum(each.left_qty for each in found)
    if said.qty is not None and (said.qty > left or (len(found) > 1 and said.qty != left)):
        several = f"Резервов несколько, всего {left} шт. Часть — по номеру резерва: /holds"
        raise Missing(
            Slot.QTY,
            f"В резерве №{found[0].id} осталось {left} шт. Сколько?" if len(found) == 1 else several,
            [Choice(f"Всё: {left} шт.", str(left))],
            replace(said, qty=None),
        )
    part = said.qty if len(found) == 1 else None
    lines = [Line(qty=part or each.left_qty, hold_id=each.id) for each in found]
    first = found[0]
    one_item = len({each.item_id for each in found}) == 1
    told = Told(
        kind=said.kind,
        article=first.article if one_item else "",
        name=first.name if one_item else "",
        qty=sum(line.qty for line in lines),
        takes=tuple(
            Taken(
                code=each.code if one_item else f"{each.article}, {each.code}",
                expires=each.expires_on,
                qty=line.qty,
            )
            for each, line in zip(found, lines, strict=True)
        ),
        holds=tuple(each.id for each in found),
        order=first.order_number or "",
        lacking=_lacking(at, said) if reason is Reason.SHIP else 0,
    )
    return Drawn(said=said, document=document(reason, lines), told=told)


def _lacking(at: Drawing, said: Said) -> int:
    """Pieces of an order that nothing is promised for yet."""
    if said.order_id is None:
        return 0
    return sum(max(each.lacking, 0) for each in orders.list_lacking(at.tx, said.order_id))


def _nothing_promised(at: Drawing, said: Said) -> str:
    if said.hold_id is not None:
        known = holds.find_holds(at.tx, [said.hold_id]).get(said.hold_id)
        if known is None:
            return f"Резерва №{said.hold_id} нет."
        done = "отгружен" if known.shipped_qty == known.qty else "снят" if not known.shipped_qty else "закрыт"
        return f"Резерв №{known.id} уже {done}."
    order = holds.find_order(at.tx, said.order_id or 0)
    named = f"Заказ {order.number}" if order else "Заказ"
    if order is not None and order.state in ("shipped", "cancelled"):
        return f"{named} уже {'отгружен' if order.state == 'shipped' else 'отменён'}."
    return f"{named} ещё ничего не держит в резерве: товара на него нет. Заказы: /orders"


def _pick(at: Drawing, said: Said, card: ItemCard, doing: str) -> tuple[Said, Line, list[Taken]]:
    """How many, and of what: by FEFO, unless a place or a lot was named."""
    rows = at.lying(said, card)
    place_id = None
    if said.place:
        place_id, code = at.place(said, Slot.PLACE, "", [row.code for row in rows], may_make=False)
        here = [row for row in rows if row.location_id == place_id]
        if not here:
            raise not_there(said, code, rows)
        rows = here
    # Of a reservation a day is its term, and «без срока» that it has none.
    names_lot = said.kind is Kind.SHIP and (said.expires is not None or said.no_expiry)
    lot_id = None
    if said.lot_id is not None or names_lot:
        rows = _of_lot(at, said, rows)
        lot_id = rows[0].lot_id
    good = [row for row in rows if not has_expired(row.expires_on, at.today)]
    free = sum(row.available for row in good)
    if free == 0:
        raise Missing(
            Slot.ITEM,
            _none_free(card, rows, good),
            said=replace(said, item_id=None, place="", expires=None, lot_id=None),
        )
    places = where(good)
    whole = [Choice(f"Всё: {free} шт.", str(free))]
    qty = at.qty(said, full_stop(f"Свободно {free} шт.: {places}") + f" Сколько {doing}?", whole)
    if qty > free:
        kept = sum(row.reserved for row in good)
        more = f" Ещё {kept} шт. в резерве: /holds" if kept else ""
        raise Missing(
            Slot.QTY, f"Столько нет: свободно {free} шт. ({places}).{more}", whole, replace(said, qty=None)
        )
    piles = [Pile(row.location_id, row.lot_id, row.expires_on, row.available) for row in good]
    takes = [
        Taken(code=good[take.pile].code, expires=good[take.pile].expires_on, qty=take.qty)
        for take in first_expired_first_out(piles, qty, at.today)
    ]
    line = Line(item_id=card.id, qty=qty, location_id=place_id, lot_id=ANY if lot_id is None else lot_id)
    return said, line, takes


def _of_lot(at: Drawing, said: Said, rows: list[BalanceRow]) -> list[BalanceRow]:
    named = [
        row
        for row in rows
        if (row.lot_id == said.lot_id if said.lot_id is not None else row.expires_on == said.expires)
    ]
    again = replace(said, lot_id=None, expires=None, no_expiry=False)
    asked = f"до {said.expires:%d.%m.%Y}" if said.expires else "без срока"
    others = [
        row
        for row in rows
        if row not in named and not has_expired(row.expires_on, at.today) and row.available
    ]
    choices = [Choice("Что истекает раньше", ANY_LOT)] if others else []
    if named and has_expired(named[0].expires_on, at.today):
        day = named[0].expires_on
        raise Missing(
            Slot.LOT,
            f"Партия до {day:%d.%m.%Y} просрочена: такое никому не отдают. Взять другую?",
            choices,
            again,
        )
    if not named:
        days = ", ".join(dict.fromkeys(f"до {row.expires_on:%d.%m.%Y}" for row in others if row.expires_on))
        told = f" Есть: {days}." if days else ""
        raise Missing(Slot.LOT, f"Партии {asked} нет.{told}", choices, again)
    lots = {row.lot_id: row for row in named}
    if len(lots) > 1:  # an old ledger names its lots by other things than the last day
        several = [Choice(lot_words(row), str(row.lot_id)) for row in lots.values()]
        raise Missing(Slot.LOT, f"Партий {asked} несколько. Какая?", several, again)
    return named


def _none_free(card: ItemCard, rows: Sequence[BalanceRow], good: Sequence[BalanceRow]) -> str:
    if not good:
        pieces = sum(row.on_hand for row in rows)
        day = max(row.expires_on for row in rows if row.expires_on is not None)
        return f"«{card.article}»: годного нет, {pieces} шт. просрочены (до {day:%d.%m.%Y}). Другой товар?"
    kept = sum(row.reserved for row in good)
    return f"«{card.article}»: свободных нет, все {kept} шт. в резерве (/holds). Другой товар?"


def _told(said: Said, card: ItemCard, takes: Sequence[Taken]) -> Told:
    return Told(
        kind=said.kind, article=card.article, name=card.name, qty=said.qty or 0, takes=tuple(takes),
        until=said.until, market=said.market, supply=said.supply,
    )  # fmt: skip


def _offered(at: Drawing, item_id: int | None = None) -> list[Choice]:
    """Promises to choose from, an order's together."""
    found = holds.list_open_holds(at.tx, HOLDS_OFFERED * 2, item_id=item_id)
    choices: dict[str, Choice] = {}
    for each in found:
        if each.order_id is None:
            label = f"№{each.id} · {each.article} · {each.left_qty} шт."
            choices[f"{HOLD}{each.id}"] = Choice(label, f"{HOLD}{each.id}")
        else:
            choices[f"{ORDER}{each.order_id}"] = Choice(
                f"Заказ {each.order_number}", f"{ORDER}{each.order_id}"
            )
    return list(choices.values())[:HOLDS_OFFERED]


def _is_supply(supply: str) -> bool:
    return 0 < len(supply) <= LONGEST_SUPPLY and all(each.isalnum() or each == "-" for each in supply)
