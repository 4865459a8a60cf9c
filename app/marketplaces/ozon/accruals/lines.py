"""Which P&L line an Ozon accrual type is booked on.

83 (a brand's deposit) lies with financing: it moves money, but is no cost. 104 (insurance payout)
is a compensation although its neighbours are B2C services. A type that is not in the table is
UNMAPPED with its money, never "other".
"""

from collections.abc import Iterable
from typing import NamedTuple

from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.accruals.types import NOT_PLACED, PLACED


class AccrualType(NamedTuple):
    """An entry of Ozon's dictionary."""

    id: int
    name: str
    title: str


_LINES = {number: line for line, types in PLACED.items() for number, _, _ in types}
_TYPES = {
    number: AccrualType(number, name, title)
    for types in (*PLACED.values(), NOT_PLACED)
    for number, name, title in types
}


def line_of(type_id: int) -> PnlLine:
    """The line of a type; UNMAPPED for one that nobody has placed."""
    return _LINES.get(type_id, PnlLine.UNMAPPED)


def title_of(type_id: int) -> str:
    """The type in Ozon's Russian words, or its number."""
    known = _TYPES.get(type_id)
    return known.title if known else f"Начисление типа {type_id}"


def not_as_we_know(dictionary: Iterable[AccrualType]) -> list[AccrualType]:
    """Entries of Ozon's current dictionary that are new, renamed or not placed: for a person to map."""
    return [
        entry
        for entry in dictionary
        if entry.id not in _LINES or _TYPES[entry.id].name.casefold() != entry.name.casefold()
    ]
