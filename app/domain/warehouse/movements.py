"""What moves goods on a shelf: the reasons, what a document asks for, and what it is answered.

| reason | a line names | does |
|---|---|---|
| RECEIPT, RETURN | item, place, lot | puts ``qty`` there |
| PUTAWAY, MOVE | item, place, lot, target | takes ``qty`` here and puts it there; atomic |
| ADJUST | item, place, lot | adds ``qty``, which may be negative |
| COUNT | item, place, lot, version | makes on hand ``qty``, unless something moved since ``version`` |
| RESERVE | item, place or any, lot or any | promises ``qty``: a hold |
| RELEASE, SHIP | hold | gives ``qty`` of the promise up, or the goods away |
| OUTBOUND, TO_MARKETPLACE | item, place or any, lot or any | takes ``qty`` that is promised to nobody |
| WRITE_OFF | item, place, lot | the same, of exactly that lot |
| REVERSAL | — | undoes another document of goods; atomic |

"Any" lot is FEFO: what expires first goes first, and what has expired goes to nobody. Elsewhere no lot named
is "no lot", which is a lot like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why goods moved."""

    RECEIPT = "RECEIPT"
    PUTAWAY = "PUTAWAY"
    MOVE = "MOVE"
    ADJUST = "ADJUST"
    COUNT = "COUNT"
    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    SHIP = "SHIP"
    OUTBOUND = "OUTBOUND"
    RETURN = "RETURN"
    WRITE_OFF = "WRITE_OFF"
    TO_MARKETPLACE = "TO_MARKETPLACE"
    REVERSAL = "REVERSAL"


class Status(StrEnum):
    """What became of a line."""

    OK = "OK"
    IDEMPOTENT = "IDEMPOTENT"
    CONFLICT = "CONFLICT"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"


NO_LOT = 0
ANY = -1
"""A place or a lot that the person leaves to us."""

REVERSIBLE = frozenset(Reason) - {Reason.RESERVE, Reason.RELEASE, Reason.REVERSAL}
"""A promise is given up by RELEASE, not reversed; and a reversal is not reversed: the deed is done again."""


class Line(NamedTuple):
    """What one line asks for; which fields count depends on the reason, see the table above.

    ``ref_line`` None: numbered by its place in the document. ``lot_id`` None: none named. A tuple, as its
    answer is: a file may bring thousands.
    """

    qty: int
    item_id: int = 0
    location_id: int | None = None
    lot_id: int | None = None
    to_location_id: int | None = None
    hold_id: int | None = None
    version: int | None = None
    ref_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDocument:
    """A deed under a reference that its maker chose before sending it: repeated, it changes nothing.

    ``atomic``: all lines or none (transfers and reversals always are). ``partial``: a line short of stock
    takes what there is. ``expires_at``: when the promises of a RESERVE lapse. ``occurred_at`` None is now.
    ``reverses``: the id of the document that a REVERSAL undoes.
    """

    reason: Reason
    ref: str
    lines: Sequence[Line] = ()
    atomic: bool = False
    partial: bool = False
    occurred_at: datetime | None = None
    expires_at: datetime | None = None
    order_id: int | None = None
    reverses: int | None = None
    note: str = ""


class Entry(NamedTuple):
    """What a line did to one balance, and the balance after it. ``hold_id``: the promise made or used."""

    stock_id: int
    delta: int
    reserved_delta: int
    after_qty: int
    after_reserved: int
    version: int
    hold_id: int | None


class LineAnswer(NamedTuple):
    """What became of a line; ``missing`` pieces where it was short.

    ``entries`` of an IDEMPOTENT line are those of the first time.
    """

    ref_line: int
    status: Status
    missing: int
    entries: tuple[Entry, ...]

    @property
    def pieces(self) -> int:
        """How many pieces it put, took or promised; a transfer's took and put are the same pieces."""
        moved = [each.delta or each.reserved_delta for each in self.entries]
        return max(sum(n for n in moved if n > 0), -sum(n for n in moved if n < 0))


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a document: a line for each line asked, in their order (a reversal's: the original's)."""

    lines: tuple[LineAnswer, ...]

    @property
    def stands(self) -> bool:
        """Is anything of it posted, now or before?"""
        return any(line.status in (Status.OK, Status.IDEMPOTENT) for line in self.lines)

    @property
    def status(self) -> Status:
        """Of the whole: the worst of its lines; OK where some were posted now and others before."""
        found = {line.status for line in self.lines}
        for worst in (Status.CONFLICT, Status.INSUFFICIENT_STOCK, Status.OK):
            if worst in found:
                return worst
        return Status.IDEMPOTENT
