"""Of many answers about the same days, what each still has to say when all newer ones have spoken.

Read newest first. A source that replaces its days speaks of those that no newer unit covers; one that only
adds, of rows that no newer unit told. So every row is written once, by who knew it last: written one after
the other, old answers would bring back what was corrected since, and the journal would believe it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from itertools import chain, pairwise
from typing import Any, NamedTuple

from app.marketplaces.source import Kind, Normalised, Unit, Unplaced, window
from app.repositories.fact_kinds import FACT_KINDS

_DAY = timedelta(days=1)

_KEYS: Mapping[str, tuple[str, ...]] = {
    "sales": ("d", "event_id"),
    "settlement": ("d", "period", "report_id", "row_id", "part"),
    "catalogue": ("nm_id", "chrt_id", "ozon_id", "size"),
    "clusters": ("code",),
    **dict.fromkeys(("stock", "own_stock", "past_stock"), ("d", "sku", "warehouse")),
}
_NAMES = {"sku_id": "sku", "warehouse_id": "warehouse"}

_TOGETHER = {"supply_lines": 1}
"""Kinds whose rows are told by groups, and how many leading fields of the key name one: the lines of a
delivery come together, and deliveries that were not asked about keep theirs."""

_IN_ORDER = frozenset({"commissions"})
"""Kinds that compare a row with the one before it: to be written oldest first."""

_OF_NOW = frozenset({"access"})
"""Kinds of which no old answer is written again: the key that it speaks of may be another one by now."""


class Share(NamedTuple):
    """Something left to write: a unit (a part of the asked one), its rows, what it is the truth about."""

    unit: Unit
    rows: Normalised
    brings: frozenset[Kind]
    replaces: bool


class Span(NamedTuple):
    """Days to write; others are left as they are."""

    first: date = date.min
    last: date = date.max

    def has(self, d: date) -> bool:
        return self.first <= d <= self.last


EVER = Span()


@dataclass(slots=True, kw_only=True)
class LastWord:
    """What has been said of one source of one account. Feed it units from the newest to the oldest."""

    brings: frozenset[Kind]
    replaces: bool
    span: Span = EVER
    _days: set[date] = field(default_factory=set)
    _said: set[tuple[object, ...]] = field(default_factory=set)
    _whole: set[Kind] = field(default_factory=set)
    _strays: dict[Kind, list[Any]] = field(default_factory=lambda: defaultdict(list))
    _ordered: list[Any] = field(default_factory=list)

    def has_to_say(self, unit: Unit) -> bool:
        """Need the unit be read at all?"""
        if not self.replaces:
            return True
        parted = {kind for kind in self._undated if kind in _TOGETHER}
        return bool(self._free(unit) or parted or self._undated - self._whole)

    def leave(self, unit: Unit) -> None:
        """The unit cannot be read any more: its days stay as they are."""
        if self.replaces:
            self._days.update(_each(unit))
            self._whole.update(self._undated)

    def shares(self, unit: Unit, rows: Normalised) -> Iterator[Share]:
        """What of the unit is to be written."""
        if "commissions" in self.brings:
            self._ordered += rows.commissions
        yield from self._replacing(unit, rows) if self.replaces else self._adding(unit, rows)

    def rest(self) -> Iterator[Share]:
        """After the oldest unit: rows of days that no unit speaks of, and what must be written in order."""
        strays = Normalised()
        for kind, told in self._strays.items():
            getattr(strays, kind).extend(told)
        days = [row.d for told in self._strays.values() for row in told]
        if days:
            yield Share(window(min(days), max(days)), strays, frozenset(self._strays), False)
        if self._ordered:
            told = sorted(self._ordered, key=lambda row: row.dt_from)
            unit = window(told[0].dt_from, told[-1].dt_from)
            yield Share(unit, Normalised(commissions=told), frozenset({"commissions"}), False)

    def _adding(self, unit: Unit, rows: Normalised) -> Iterator[Share]:
        left, said = Normalised(), set[tuple[object, ...]]()
        for kind, told in _lists(rows):
            keys = [_key(kind, row) for row in told]
            fresh = [row for row, key in zip(told, keys, strict=True) if key not in self._said]
            getattr(left, kind).extend(row for row in fresh if not _dated(kind) or self.span.has(row.d))
            said.update(keys)
            if kind == "sales":
                said.update(("event", row.event_id) for row in told)
        left.unplaced = [row for row in rows.unplaced if ("event", row.row_key) not in self._said]
        self._said |= said
        yield Share(unit, left, self.brings, False)

    def _replacing(self, unit: Unit, rows: Normalised) -> Iterator[Share]:
        free, first = self._free(unit), True
        undated = self._undated_share(rows)
        for d_from, d_to in _stretches(free):
            part, span = Normalised(), Span(d_from, d_to)
            brings = frozenset(kind for kind in self.brings if _dated(kind))
            for kind in brings:
                late = self._take_strays(kind, span)
                named = {_key(kind, row) for row in late}
                own = (row for row in getattr(rows, kind) if span.has(row.d))
                getattr(part, kind).extend(row for row in own if _key(kind, row) not in named)
                getattr(part, kind).extend(late)
            part.unplaced = [row for row in rows.unplaced if _placed_in(row, span, first=first)]
            if first and undated is not None:
                for kind in undated.brings:
                    getattr(part, kind).extend(getattr(undated.rows, kind))
                brings, undated = brings | undated.brings, None
            if first:
                part.catalogue = rows.catalogue
            first = False
            yield Share(unit._replace(d_from=d_from, d_to=d_to), part, brings, True)
        if undated is not None:
            yield Share(unit, undated.rows, undated.brings, True)
        self._keep_strays(unit, rows)
        self._days.update(_each(unit))

    def _undated_share(self, rows: Normalised) -> Share | None:
        """Of kinds without days: all that the newest unit told, then groups nobody told of since."""
        left, brings = Normalised(), set[Kind]()
        for kind in self._undated:
            told = getattr(rows, kind)
            if kind in _TOGETHER:
                groups = [_key(kind, row)[: 1 + _TOGETHER[kind]] for row in told]
                told = [row for row, group in zip(told, groups, strict=True) if group not in self._said]
                self._said.update(groups)
            elif kind in self._whole:
                continue
            self._whole.add(kind)
            brings.add(kind)
            getattr(left, kind).extend(told)
        return Share(window(date.min, date.max), left, frozenset(brings), True) if brings else None

    def _take_strays(self, kind: Kind, span: Span) -> list[Any]:
        told = self._strays.pop(kind, [])
        if left := [row for row in told if not span.has(row.d)]:
            self._strays[kind] = left
        return [row for row in told if span.has(row.d)]

    def _keep_strays(self, unit: Unit, rows: Normalised) -> None:
        """Late rows of other days than the unit's, unless a newer unit has told those days as a whole."""
        own = Span(unit.d_from, unit.d_to)
        for kind, told in _lists(rows):
            if not _dated(kind):
                continue
            late = [row for row in told if not own.has(row.d) and row.d not in self._days]
            known = {_key(kind, row) for row in self._strays.get(kind, ())}
            if news := [row for row in late if self.span.has(row.d) and _key(kind, row) not in known]:
                self._strays[kind] += news

    def _free(self, unit: Unit) -> list[date]:
        return [d for d in _each(unit) if d not in self._days and self.span.has(d)]

    @property
    def _undated(self) -> frozenset[Kind]:
        return frozenset(kind for kind in self.brings if kind in FACT_KINDS and not _dated(kind))


def _lists(rows: Normalised) -> Iterator[tuple[Kind, list[Any]]]:
    """The kinds of rows that are written as they come."""
    for each in fields(rows):
        told = getattr(rows, each.name)
        if told and each.name != "unplaced" and each.name not in _IN_ORDER | _OF_NOW:
            yield each.name, told  # type: ignore[misc]


def _dated(kind: str) -> bool:
    if kind in FACT_KINDS:
        return FACT_KINDS[kind].target.dated  # type: ignore[index]
    return kind not in ("catalogue", "commissions", "clusters")


def _key(kind: str, row: Any) -> tuple[object, ...]:
    """The row's natural key, the kind before it."""
    if kind in FACT_KINDS:
        names: Iterable[str] = (_NAMES.get(n, n) for n in FACT_KINDS[kind].target.key[1:])  # type: ignore[index]
    else:
        names = _KEYS[kind]
    return (kind, *(getattr(row, name) for name in names))


def _placed_in(row: Unplaced, span: Span, *, first: bool) -> bool:
    """A row without a day goes with the first part of its unit."""
    return first if row.d is None else span.has(row.d)


def _each(unit: Unit) -> Iterator[date]:
    return (unit.d_from + _DAY * n for n in range((unit.d_to - unit.d_from).days + 1))


def _stretches(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Runs of consecutive days."""
    ends = [a for a, b in pairwise(days) if b - a != _DAY]
    starts = [b for a, b in pairwise(days) if b - a != _DAY]
    return zip(chain(days[:1], starts), chain(ends, days[-1:]), strict=True)
