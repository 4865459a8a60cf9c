"""Pieces of one lot at one place: which lot of which place, and how many of it are free to be taken."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.repositories.balances import BalanceRow
from app.services.warehouse.drawing import Drawing, full_stop, lot_words, not_there, place_choices, where
from app.services.warehouse.said import Missing, Said, Slot
from app.services.warehouse.unclear import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How what is done is spoken of. ``nothing``: «: переносить нечего», ``doing``: «переносим»; ``kept``:
    why what is promised is left there."""

    nothing: str
    doing: str
    source: str
    kept: str


def take_of_one(
    at: Drawing, said: Said, rows: Sequence[BalanceRow], wording: Wording
) -> tuple[Said, BalanceRow, int]:
    """The balance among ``rows``, which are those of ``Drawing.lying``, and the pieces.

    Raises Missing for what is not said, or is not there.
    """
    source_id, source = _source(at, said, rows, wording)
    here = [row for row in rows if row.location_id == source_id]
    row = at.lot_at(said, here, f"На {source} несколько партий. Какую {wording.doing}?")
    said = replace(said, lot_id=row.lot_id)
    there = f"На {source} {lot_words(row)}: {row.on_hand} шт."
    if row.reserved:
        there += f", из них в резерве {row.reserved}"
    if row.available == 0:
        raise Missing(
            Slot.PLACE,
            f"{there}: свободных нет, {wording.kept}. С другого места?",
            place_choices(rows),
            replace(said, place="", lot_id=None),
        )
    whole = [Choice(f"Всё: {row.available} шт.", str(row.available))]
    qty = at.qty(said, f"{full_stop(there)} Сколько {wording.doing}?", whole)
    if qty > row.available:
        others = [each for each in rows if each is not row]
        elsewhere = full_stop(f" В других местах: {where(others)}") if where(others) else ""
        raise Missing(
            Slot.QTY, f"Столько нет. {there}, свободно {row.available}.{elsewhere}", whole,
            replace(said, qty=None),
        )  # fmt: skip
    return said, row, qty


def _source(at: Drawing, said: Said, rows: Sequence[BalanceRow], wording: Wording) -> tuple[int, str]:
    codes = {row.location_id: row.code for row in rows}
    if not said.place and len(codes) == 1:
        return next(iter(codes.items()))
    if not said.place:
        raise Missing(Slot.PLACE, wording.source, place_choices(rows), said)
    place_id, code = at.place(said, Slot.PLACE, "", [row.code for row in rows], may_make=False)
    if place_id not in codes:
        raise not_there(said, code, rows)
    return place_id, codes[place_id]
