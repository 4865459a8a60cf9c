"""What a file's lines name → items, places and lots: every kind of name is looked up once, for all lines."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.db.session import TenantTx
from app.domain.warehouse.barcodes import readings
from app.domain.warehouse.movements import NO_LOT, Line, Reason
from app.repositories import balances, items, lots, places
from app.repositories.balances import BalanceRow
from app.services.warehouse.file_lines import Column, Fault, FileKind, FileLine, ReadTable
from app.services.warehouse.goods import not_found

ARRIVES = frozenset({Reason.RECEIPT, Reason.RETURN, Reason.COUNT})
"""Where goods may come to a place that nobody has named yet; of a move it is the target that they come to."""
LISTED = 3
MANY = -2
"""No lot: there are several."""

Key = tuple[int, int, int]
"""Item, place, lot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``lines`` by row; ``new_places`` are named, and not there. ``there``: what lies where now."""

    lines: Mapping[int, Line]
    faults: tuple[Fault, ...]
    new_places: tuple[str, ...]
    there: Mapping[Key, BalanceRow]


def look_up(tx: TenantTx, table: ReadTable, kind: FileKind, today: date, *, make_places: bool) -> Found:
    """``make_places``: those that goods come to are made where they are not there."""
    known = _items(tx, table.lines)
    where, new = _places(tx, table.lines, kind, make_places=make_places)
    there = {} if kind.reason in (Reason.RECEIPT, Reason.RETURN) else _balances(tx, set(known.values()))
    dated = {(known[line.item], line.until) for line in table.lines if line.until and line.item in known}
    reader = _Reader(table, kind, today, known, where, lots.ensure_lots(tx, sorted(dated)), there)
    lines: dict[int, Line] = {}
    faults: list[Fault] = []
    for line in table.lines:
        read = reader(line)
        if isinstance(read, Fault):
            faults.append(read)
        else:
            lines[line.row] = read
    return Found(lines=lines, faults=tuple(faults), new_places=new, there=there)


@dataclass(slots=True)
class _Reader:
    """Reads lines one after another; remembers what it has counted."""

    table: ReadTable
    kind: FileKind
    today: date
    items: Mapping[str, int]
    places: Mapping[str, int]
    lots: Mapping[tuple[int, date], int]
    there: Mapping[Key, BalanceRow]
    by_place: dict[tuple[int, int], list[BalanceRow]] = field(default_factory=lambda: defaultdict(list))
    counted: dict[Key, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.there.values():
            if row.on_hand:
                self.by_place[row.item_id, row.location_id].append(row)

    def __call__(self, line: FileLine) -> Line | Fault:
        item_id = self.items.get(line.item)
        if item_id is None:
            said = not_found(line.item, is_near=False).partition(". ")[0].rstrip(".")
            return self._fault(line, said[0].lower() + said[1:], Column.BARCODE, Column.ARTICLE)
        place, target = self.places.get(line.place), self.places.get(line.target)
        if (wrong := self._wrong_place(line, place, target)) is not None:
            return wrong
        if self.kind.reason is Reason.RECEIPT and line.until and line.until < self.today:
            return self._fault(line, f"срок {line.until:%d.%m.%Y} уже вышел", Column.UNTIL)
        lot_id = self.lots[item_id, line.until] if line.until else self._only_lot(item_id, place)
        if lot_id == MANY:
            return self._fault(line, _which(self.by_place[item_id, place or 0]), Column.UNTIL, Column.QTY)
        made = Line(
            qty=line.qty,
            item_id=item_id,
            location_id=place,
            lot_id=lot_id,
            to_location_id=target,
            ref_line=line.row,
        )
        return self._count(line, made) if self.kind.reason is Reason.COUNT else made

    def _wrong_place(self, line: FileLine, place: int | None, target: int | None) -> Fault | None:
        if line.place and place is None:
            return self._fault(line, f"места {line.place} нет", Column.PLACE)
        if self.kind.has_target and target is None:
            return self._fault(line, f"места {line.target} нет", Column.TARGET)
        if self.kind.has_target and target == place:
            return self._fault(line, "то же место, что и «Откуда»", Column.TARGET)
        return None

    def _only_lot(self, item_id: int, place: int | None) -> int | None:
        """What lies there, where no term was named: one lot is meant by itself, of several none is."""
        if self.kind.reason is Reason.OUTBOUND or place is None:
            return None
        choice = self.by_place.get((item_id, place), ())
        return MANY if len(choice) > 1 else choice[0].lot_id if choice else None

    def _count(self, line: FileLine, made: Line) -> Line | Fault:
        key = (made.item_id, made.location_id or 0, made.lot_id or NO_LOT)
        before = self.counted.setdefault(key, line.row)
        if before != line.row:
            return self._fault(line, f"это уже посчитано в строке {before}", Column.BARCODE, Column.ARTICLE)
        return made._replace(version=self.there[key].version if key in self.there else 0)

    def _fault(self, line: FileLine, sentence: str, *columns: Column) -> Fault:
        cell = self.table.cell(line.row, *columns, Column.BARCODE, Column.ARTICLE)
        return Fault(line.row, cell, sentence)


def _items(tx: TenantTx, lines: Iterable[FileLine]) -> dict[str, int]:
    spelt = {name: readings(name) for name in {line.item for line in lines}}
    known = items.find_items_named(tx, sorted({each for names in spelt.values() for each in names}))
    found = (
        (name, next((known[each] for each in names if each in known), None)) for name, names in spelt.items()
    )
    return {name: item_id for name, item_id in found if item_id is not None}


def _places(
    tx: TenantTx, lines: Iterable[FileLine], kind: FileKind, *, make_places: bool
) -> tuple[dict[str, int], tuple[str, ...]]:
    come = {line.target if kind.has_target else line.place for line in lines}
    come = come - {""} if kind.has_target or kind.reason in ARRIVES else set()
    asked = sorted({code for line in lines for code in (line.place, line.target) if code})
    known = places.find_places(tx, asked)
    lacking = sorted(come - known.keys())
    if lacking and make_places:
        known |= places.ensure_places(tx, lacking)
        lacking = []
    return known, tuple(lacking)


def _balances(tx: TenantTx, ids: set[int]) -> dict[Key, BalanceRow]:
    rows = balances.list_balances(tx, sorted(ids), with_empty=True)
    return {(row.item_id, row.location_id, row.lot_id): row for row in rows}


def _which(choice: Sequence[BalanceRow]) -> str:
    told = [f"{row.expires_on:%d.%m.%Y}" if row.expires_on else row.lot or "без срока" for row in choice]
    rest = f" и ещё {len(told) - LISTED}" if len(told) > LISTED else ""
    return f"там лежат разные сроки ({', '.join(told[:LISTED])}{rest}): укажите, какой"
