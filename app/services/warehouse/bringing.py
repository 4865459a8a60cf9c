"""Goods that come, and goods that are carried from place to place."""

from dataclasses import replace

from app.domain.warehouse.movements import Line, Reason
from app.domain.warehouse.nearest import plain
from app.repositories import lots
from app.repositories.balances import BalanceRow
from app.services.warehouse.drawing import NO_EXPIRY, Drawing, Drawn, document
from app.services.warehouse.said import Kind, Missing, Said, Slot, Told
from app.services.warehouse.taking import Wording, take_of_one
from app.services.warehouse.unclear import Choice

SOME = (1, 5, 10, 20, 50)
WORDING = Wording(
    nothing=": переносить нечего",
    doing="переносим",
    source="Откуда берём?",
    kept="резерв с места не переносят",
)


def draw_receipt(at: Drawing, said: Said) -> Drawn:
    """Item, pieces, place, and the last day of what has one."""
    said, card = at.item(said)
    day = at.last_day(said)
    qty = at.qty(said, "Сколько штук пришло?", [Choice(f"{each} шт.", str(each)) for each in SOME])
    rows = at.there(card.id, with_empty=True)
    full = sorted(rows, key=lambda row: -row.on_hand)
    near = list(dict.fromkeys(row.code for row in full))
    place_id, code = at.place(said, Slot.PLACE, "На какое место кладём?", near)
    if day is None and not said.no_expiry and lots.items_with_expiry(at.tx, [card.id]):
        known = sorted({row.expires_on for row in rows if row.expires_on and row.expires_on >= at.today})
        choices = [Choice(f"до {each:%d.%m.%Y}", each.isoformat()) for each in known[:4]]
        raise Missing(
            Slot.EXPIRES,
            "У этого товара бывает срок годности. До какого дня годна эта партия? Например: 31.05.2027",
            [*choices, Choice("Без срока", NO_EXPIRY)],
            said,
        )
    lot_id = at.lot_to_be(card.id, day)
    there = [row for row in rows if row.location_id == place_id and row.lot_id == lot_id]
    line = Line(item_id=card.id, qty=qty, location_id=place_id, lot_id=lot_id)
    told = Told(
        kind=said.kind, article=card.article, name=card.name, qty=qty, place=code, expires=day,
        before=there[0].on_hand if there else 0,
    )  # fmt: skip
    return Drawn(said=said, document=document(Reason.RECEIPT, [line]), told=told)


def draw_transfer(at: Drawing, said: Said) -> Drawn:
    """From where, which lot, how many, where to."""
    said, card = at.item(said)
    rows = at.lying(said, card, WORDING.nothing)
    said = _sides(said, rows)
    said, row, qty = take_of_one(at, said, rows, WORDING)
    near = [each.code for each in rows if each.location_id != row.location_id]
    target_id, target = at.place(said, Slot.TARGET, "На какое место переносим?", near)
    if target_id == row.location_id:
        raise Missing(
            Slot.TARGET, f"Товар уже на {row.code}. На какое другое место переносим?",
            [Choice(code, code) for code in dict.fromkeys(near)], replace(said, target=""),
        )  # fmt: skip
    line = Line(
        item_id=card.id, qty=qty, location_id=row.location_id, lot_id=row.lot_id, to_location_id=target_id
    )
    reason = Reason.PUTAWAY if said.kind is Kind.PUTAWAY else Reason.MOVE
    told = Told(
        kind=said.kind, article=card.article, name=card.name, qty=qty, place=row.code, target=target,
        expires=row.expires_on, before=row.on_hand,
    )  # fmt: skip
    return Drawn(said=said, document=document(reason, [line]), told=told)


def _sides(said: Said, rows: list[BalanceRow]) -> Said:
    """One place named where all of the goods lie is where from, whatever it was taken for."""
    codes = {plain(row.code) for row in rows}
    if said.target and not said.place and codes == {plain(said.target)}:
        return replace(said, place=said.target, target="")
    return said
