"""A document as the posting function takes it: its lines numbered, in one order, none there twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from operator import lt

from app.core.errors import BadInput
from app.domain.warehouse.movements import Line, Reason, StockDocument

BY_HOLD = frozenset({Reason.SHIP, Reason.RELEASE})
TRANSFERS = frozenset({Reason.PUTAWAY, Reason.MOVE})
PICKS = frozenset({Reason.OUTBOUND, Reason.RESERVE, Reason.TO_MARKETPLACE})
LONGEST_REF = 200
MOST_PIECES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Prepared:
    """``lines`` to be posted; ``places[i]`` is where the document's line ``i`` is among them."""

    lines: tuple[Line, ...]
    places: tuple[int, ...]


def prepare(document: StockDocument) -> Prepared:
    """Number, sort and sum up the lines.

    Two lines that name the same goods at the same place under one number (of OUTBOUND, whose lines are known
    by what they name, under any number) are one line of both their pieces.

    Raises BadInput for what no document may ask for.
    """
    if not document.ref or len(document.ref) > LONGEST_REF:
        raise BadInput(f"У документа должен быть номер, не длиннее {LONGEST_REF} знаков.")
    if document.reason is Reason.REVERSAL:
        if document.reverses is None or document.lines:
            raise BadInput("Отмена называет документ, который отменяет, и не имеет своих строк.")
        return Prepared((), ())
    if not document.lines:
        raise BadInput("В документе нет ни одной строки.")
    _check(document.reason, document.lines)
    outbound = document.reason is Reason.OUTBOUND
    lines = _unnumbered(document.lines) if outbound else _numbered(document.lines)
    if not outbound and _ascend([line.ref_line or 0 for line in lines]):
        return Prepared(tuple(lines), tuple(range(len(lines))))  # as most come: nothing to sort nor to sum up
    keys = [_key(line) for line in lines]
    summed: dict[tuple[int, ...], Line] = {}
    for key, line in zip(keys, lines, strict=True):
        known = summed.get(key)
        summed[key] = line if known is None else known._replace(qty=known.qty + line.qty)
    order = {key: place for place, key in enumerate(sorted(summed))}
    made = tuple(summed[key] for key in order)
    if outbound:
        made = tuple(line._replace(ref_line=number) for number, line in enumerate(made, 1))
    return Prepared(made, tuple(order[key] for key in keys))


def _numbered(lines: Sequence[Line]) -> list[Line]:
    numbers = count(1)
    return [
        line if line.ref_line is not None else line._replace(ref_line=number)
        for number, line in zip(numbers, lines, strict=False)
    ]


def _unnumbered(lines: Sequence[Line]) -> list[Line]:
    return [line._replace(ref_line=None) for line in lines]


def _ascend(numbers: Sequence[int]) -> bool:
    return all(map(lt, numbers, numbers[1:]))


def _key(line: Line) -> tuple[int, ...]:
    return (
        line.ref_line or 0,
        line.item_id,
        _or_none(line.location_id),
        _or_none(line.lot_id),
        _or_none(line.to_location_id),
        _or_none(line.hold_id),
    )


def _or_none(number: int | None) -> int:
    return -1 if number is None else number


def _check(reason: Reason, lines: Sequence[Line]) -> None:
    least = {Reason.COUNT: 0, Reason.ADJUST: -MOST_PIECES}.get(reason, 1)
    adjusts = reason is Reason.ADJUST
    for line in lines:
        if not least <= line.qty <= MOST_PIECES or (adjusts and line.qty == 0):
            raise BadInput("Количество в строке должно быть целым числом больше нуля.")
    if reason in BY_HOLD:
        if any(line.hold_id is None for line in lines):
            raise BadInput("Строка должна называть резерв.")
        return
    if reason not in PICKS and any(line.location_id is None for line in lines):
        raise BadInput("Строка должна называть место.")
    if reason in TRANSFERS and any(line.to_location_id in (None, line.location_id) for line in lines):
        raise BadInput("Строка должна называть, откуда и куда: это два разных места.")
    if reason is Reason.COUNT and any(line.version is None for line in lines):
        raise BadInput("Пересчёт должен называть остаток, который видел считавший.")
