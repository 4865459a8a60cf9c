"""Which accruals a day has, as of now: the rows of by-day before they are written out.

A past day is rewritten for weeks: sales reported late appear in it, some vanish, some deliveries
are priced anew, a correction turns up. The number of an accrual never changes.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from app.sandbox.catalogue.shelf import Ints
from app.sandbox.ledger import NEVER, PROMOTED, STARRED, Lines, Lump
from app.sandbox.world import World

POSTING_SALE, POSTING_REFUSED, POSTING_RETURN, ITEM_ACQUIRING, ITEM_PROMOTION, ITEM_STARS, LUMP = range(7)
ACCRUALS_A_DAY = 10_000_000
FIRST_ID = 50_000_000_000
DAYS_KEPT = 60


@dataclass(frozen=True, slots=True)
class Group:
    """Accruals of one kind. Accrual *i* has lines ``starts[i]:starts[i + 1]``, id ``ids[i]``."""

    kind: int
    lines: Lines
    starts: Ints
    ids: Ints


@dataclass(frozen=True, slots=True)
class Journal:
    """All accruals of a day that are shown now."""

    groups: list[Group]
    lumps: list[tuple[int, Lump]]


@dataclass(slots=True)
class Journals:
    """Journals of one world, the latest kept."""

    world: World
    _kept: OrderedDict[tuple[int, int], Journal] = field(default_factory=OrderedDict)

    def day(self, t: int) -> Journal:
        """What by-day tells today of day ``t``."""
        key = (t, self.world.now_t)
        if key not in self._kept:
            self._kept[key] = self._build(t)
            if len(self._kept) > DAYS_KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]

    def _build(self, t: int) -> Journal:
        ledger, now = self.world.ozon.ledger, self.world.now_t
        sold, back, cancelled = ledger.on("sold", t), ledger.on("back", t), ledger.on("cancel", t)
        refused = cancelled[cancelled["cancel"] > cancelled["day"]]
        kinds = [
            (POSTING_SALE, sold, "sold_rec"),
            (POSTING_REFUSED, refused, "cancel"),
            (POSTING_RETURN, back, "back_rec"),
            (ITEM_ACQUIRING, sold, "sold_rec"),
            (ITEM_PROMOTION, sold[(sold["flags"] & PROMOTED) != 0], "sold_rec"),
            (ITEM_STARS, sold[(sold["flags"] & STARRED) != 0], "sold_rec"),
        ]
        next_id = FIRST_ID + t * ACCRUALS_A_DAY
        groups = []
        for kind, lines, recorded in kinds:
            group = _group(kind, lines, next_id)
            next_id += len(group.ids)
            groups.append(_shown(group, recorded, now))
        lumps = [(next_id + i, lump) for i, lump in enumerate(ledger.sundries(t)) if lump.seen <= now]
        return Journal(groups, lumps)


def _group(kind: int, lines: Lines, first_id: int) -> Group:
    """Join the lines of one posting; a return is always of one line."""
    if kind == POSTING_RETURN or not len(lines):
        starts = np.arange(len(lines) + 1, dtype=np.int64)
    else:
        lines = lines[np.lexsort((lines["row"], lines["posting"], lines["day"]))]
        posting = lines["day"].astype(np.int64) * (1 << 32) + lines["posting"]
        starts = np.append(np.flatnonzero(np.diff(posting, prepend=-1)), len(lines)).astype(np.int64)
    return Group(kind, lines, starts, first_id + np.arange(len(starts) - 1, dtype=np.int64))


def _shown(group: Group, recorded: str, now: int) -> Group:
    """Only what is known by now and not withdrawn."""
    leading = group.lines[group.starts[:-1]]
    known = leading[recorded] < now
    if group.kind not in (POSTING_REFUSED, POSTING_RETURN):
        known &= (leading["gone"] == NEVER) | (leading["gone"] > now)
    sizes = np.diff(group.starts)
    lines = group.lines[np.repeat(known, sizes)]
    starts = np.concatenate([[0], np.cumsum(sizes[known])]).astype(np.int64)
    return Group(group.kind, lines, starts, group.ids[known])
