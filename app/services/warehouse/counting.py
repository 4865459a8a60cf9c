"""A stocktake: what the books hold at a place, and what was counted there.

A count names the balance it saw by its version. What moves while somebody counts is never wiped out: it is
counted again, and both figures are told.
"""

from dataclasses import replace

from app.domain.warehouse.movements import NO_LOT, Line, Reason
from app.repositories.balances import BalanceRow
from app.services.warehouse.drawing import Drawing, Drawn, document, full_stop, lot_words
from app.services.warehouse.said import Missing, Said, Slot, Told
from app.services.warehouse.unclear import Choice


def draw_count(at: Drawing, said: Said) -> Drawn:
    """Item, place, lot; then the figure, against the books as they were shown."""
    said, card = at.item(said, "Какой товар считаем? Пришлите штрихкод или артикул.")
    rows = at.there(card.id, with_empty=True)
    full = [row for row in rows if row.on_hand > 0]
    if not said.place and len({row.location_id for row in full}) == 1:
        said = replace(said, place=full[0].code)
    near = [row.code for row in sorted(rows, key=lambda row: -row.on_hand)]
    place_id, code = at.place(said, Slot.PLACE, "На каком месте считаем?", list(dict.fromkeys(near)))
    row = _lot(at, said, [each for each in rows if each.location_id == place_id])
    if row is None:
        lot_id = at.lot_to_be(card.id, said.expires)
        books, version, reserved = 0, 0, 0
    else:
        lot_id, books, version, reserved = row.lot_id, row.on_hand, row.version, row.reserved
    said = replace(said, lot_id=lot_id)
    named = f"На {code}{f' {lot_words(row)}' if row else ''} по книге {books} шт."
    same = [Choice(f"Столько и есть: {books} шт.", str(books))]
    if said.version is not None and said.version != version:
        raise Missing(
            Slot.QTY,
            f"Пока считали, товар двигали: было {said.books} шт., стало {books}."
            + (f" Вы насчитали {said.qty}." if said.qty is not None else "")
            + " Пересчитайте и пришлите, сколько на месте сейчас.",
            same,
            replace(said, qty=None, books=books, version=version),
        )
    said = replace(said, books=books, version=version)
    kept = f", из них в резерве {reserved}" if reserved else ""
    counted = at.qty(said, f"{full_stop(named + kept)} Сколько насчитали?", same)
    if counted < reserved:
        raise Missing(
            Slot.QTY,
            f"Насчитали {counted} шт., а в резерве {reserved}: столько должно быть на месте. "
            "Пересчитайте или сначала снимите резерв: /holds",
            same,
            replace(said, qty=None),
        )
    line = Line(item_id=card.id, qty=counted, location_id=place_id, lot_id=lot_id, version=version)
    told = Told(
        kind=said.kind, article=card.article, name=card.name, qty=counted, place=code,
        expires=row.expires_on if row else said.expires, before=books,
    )  # fmt: skip
    return Drawn(said=said, document=document(Reason.COUNT, [line]), told=told)


def _lot(at: Drawing, said: Said, rows: list[BalanceRow]) -> BalanceRow | None:
    """The lot that is counted; None: one that has never lain there."""
    if said.lot_id is not None:
        return next((row for row in rows if row.lot_id == said.lot_id), None)
    if said.expires is not None:
        return next((row for row in rows if row.expires_on == said.expires), None)
    full = [row for row in rows if row.on_hand > 0]
    if said.no_expiry or not full:
        return next((row for row in rows if row.lot_id == NO_LOT), None)
    return at.lot_at(said, full, f"На {full[0].code} несколько партий. Какую считаем?")
