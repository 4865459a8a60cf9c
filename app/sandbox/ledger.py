"""The event log of one marketplace: every order line with its whole fate, and daily lump sums.

Days are counted from the world's origin; -1 means "never". A fate may lie in the future: readers
ask what is known on a given day. Nothing is ever rewritten here; what a marketplace *shows* for
a past day changes because lines become known late, are withdrawn or are priced anew.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

NEVER = -1

LINE = np.dtype(
    [
        ("day", "i2"),  # ordered on
        ("row", "i4"),  # number within that day
        ("posting", "i4"),  # row of the first line of the same Ozon posting
        ("sku", "i4"),
        ("sec", "i4"),  # second of the day of the order
        ("qty", "u1"),
        ("price", "i4"),  # seller's price of one piece, kopecks
        ("disc", "u1"),  # seller's discount off the list price, percent
        ("spp", "u2"),  # what the marketplace adds to the discount, basis points
        ("acq", "u2"),  # acquiring, basis points
        ("place", "u1"),  # warehouse, number in the marketplace's own list
        ("region", "u1"),
        ("flags", "u1"),
        ("cancel", "i2"),  # cancelled or refused at the pick-up point on
        ("sold", "i2"),  # bought out on
        ("sold_rec", "i2"),  # ... which the marketplace reports on
        ("back", "i2"),  # returned on
        ("back_rec", "i2"),
        ("gone", "i2"),  # the sale's accrual disappears on (Ozon)
        ("anew", "i2"),  # its delivery is priced anew on (Ozon)
    ]
)

BUYOUT, STORNO, FBS, PROMOTED, STARRED, RFBS = 1, 2, 4, 8, 16, 32
"""FBS is sent by the seller and carried by Ozon, RFBS is carried by the seller; FBO has neither flag."""

Lines = npt.NDArray[np.void]
Bucket = str
BUCKETS: tuple[Bucket, ...] = ("cancel", "sold", "sold_rec", "back", "back_rec")


@dataclass(frozen=True, slots=True)
class Lump:
    """Money of a day that no order explains. ``amount`` in kopecks, >= 0 except corrections.

    ``seen`` is the day from which it is shown; ``sku`` -1 for the account as a whole.
    """

    kind: str
    amount: int
    note: str = ""
    sku: int = -1
    seen: int = 0


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What the day's lump sums are worked out from.

    ``held``: pieces × centilitres in storage at the day's end; ``arrived``: pieces that came from
    the seller; ``ordered``: kopecks of the day's orders.
    """

    t: int
    day: date
    held: int
    arrived: int
    ordered: int
    skus: int


@dataclass(slots=True)
class Ledger:
    """Order lines by day of order, found again by the day on which something happened to them."""

    orders: list[Lines] = field(default_factory=list)
    lumps: list[list[Lump]] = field(default_factory=list)
    _found: dict[tuple[Bucket, int], list[tuple[int, npt.NDArray[np.int32]]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def post(self, lines: Lines, lumps: list[Lump]) -> None:
        """Add the next day."""
        day = len(self.orders)
        self.orders.append(lines)
        self.lumps.append(lumps)
        for bucket in BUCKETS:
            when = lines[bucket]
            for target, rows in _split(when):
                self._found[bucket, target].append((day, rows))

    def copy(self) -> "Ledger":
        """The same lines, to which days can be added apart."""
        found = defaultdict(list, {key: list(parts) for key, parts in self._found.items()})
        return Ledger(list(self.orders), list(self.lumps), found)

    def on(self, bucket: Bucket, day: int) -> Lines:
        """Lines to which ``bucket`` (cancel, sold, sold_rec, …) happened on ``day``, oldest order first."""
        parts = [self.orders[d][rows] for d, rows in self._found.get((bucket, day), ())]
        return np.concatenate(parts) if parts else np.empty(0, dtype=LINE)

    def placed(self, day: int) -> Lines:
        """Lines ordered on ``day``."""
        return self.orders[day] if 0 <= day < len(self.orders) else np.empty(0, dtype=LINE)

    def sundries(self, day: int) -> list[Lump]:
        """Lump sums of ``day``."""
        return self.lumps[day] if 0 <= day < len(self.lumps) else []


def _split(when: npt.NDArray[np.int16]) -> Iterator[tuple[int, npt.NDArray[np.int32]]]:
    rows = np.flatnonzero(when != NEVER).astype(np.int32)
    rows = rows[np.argsort(when[rows], kind="stable")]
    days, starts = np.unique(when[rows], return_index=True)
    yield from zip(days.tolist(), np.split(rows, starts[1:]), strict=False)
