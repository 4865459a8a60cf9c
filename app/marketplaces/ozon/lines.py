"""Which P&L line an Ozon accrual type is booked on.

83 (a brand's deposit) lies with financing: it moves money, but is no cost. 104 (insurance payout)
is a compensation although its neighbours are B2C services. A type that is not in the table is
UNMAPPED with its money, never "other". What a person chose for a shop comes before the table: loaders
in production disagree about a few types (facts/ozon.md 10.2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.types import NOT_PLACED, PLACED


class AccrualType(NamedTuple):
    """An entry of Ozon's dictionary. ``line``: what a person chose for this shop, under this name."""

    id: int
    name: str
    title: str
    line: PnlLine | None = None


_LINES = {number: line for line, types in PLACED.items() for number, _, _ in types}
_TYPES = {
    number: AccrualType(number, name, title)
    for types in (*PLACED.values(), NOT_PLACED)
    for number, name, title in types
}


@dataclass(frozen=True, slots=True)
class TypeBook:
    """A shop's accrual types: what its people chose, its own dictionary, then the product's table."""

    told: Mapping[int, AccrualType] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Iterable[AccrualType]) -> "TypeBook":
        """From the dictionary as it was last told, one entry a type."""
        return cls({entry.id: entry for entry in told})

    def line(self, type_id: int) -> PnlLine:
        """The line of a type; UNMAPPED for one that nobody has placed."""
        told = self.told.get(type_id)
        return told.line if told and told.line else _LINES.get(type_id, PnlLine.UNMAPPED)

    def title(self, type_id: int) -> str:
        """The type in Ozon's Russian words; one without a line also with the number to choose it by."""
        entry = _TYPES.get(type_id) or self.told.get(type_id)
        if entry is None or not entry.title:
            return f"Начисление типа {type_id}"
        return entry.title if type_id in _LINES else f"{entry.title} (тип {type_id})"


_OURS = TypeBook()


def line_of(type_id: int) -> PnlLine:
    """The line of a type by the product's own table."""
    return _OURS.line(type_id)


def title_of(type_id: int) -> str:
    """The type in the words of the product's own table."""
    return _OURS.title(type_id)


def not_as_we_know(dictionary: Iterable[AccrualType]) -> list[AccrualType]:
    """Entries of Ozon's current dictionary that are new, renamed or not placed: for a person to map."""
    return [entry for entry in dictionary if entry.id not in _LINES or _is_renamed(entry)]


def to_be_told(dictionary: Iterable[AccrualType]) -> list[AccrualType]:
    """Those of them to speak of before they bring any money: new or renamed, with no line chosen.

    A type that is known and not placed says so with its first money.
    """
    return [
        entry
        for entry in not_as_we_know(dictionary)
        if entry.line is None and (entry.id not in _TYPES or _is_renamed(entry))
    ]


def _is_renamed(entry: AccrualType) -> bool:
    known = _TYPES.get(entry.id)
    return known is not None and known.name.casefold() != entry.name.casefold()
