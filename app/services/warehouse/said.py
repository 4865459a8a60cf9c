"""What a person has said so far about a movement, and what is still to be asked.

Everything here travels: it is kept as JSON between two messages of a conversation, so that a restart forgets
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.services.warehouse.unclear import Choice, Unclear

MOST_PIECES = 100_000
"""In one line of the chat: more is a slip of the finger far more often than a pallet."""


class Kind(StrEnum):
    """The movements that the chat offers; the value is the command."""

    RECEIVE = "receive"
    PUTAWAY = "putaway"
    MOVE = "move"
    SHIP = "ship"
    RESERVE = "reserve"
    RELEASE = "release"
    COUNT = "count"
    WRITEOFF = "writeoff"


class Slot(StrEnum):
    """What can be asked for. WHAT is a promise, an order or an item; PLACE is where goods are (of RECEIVE
    where they come to), TARGET where a transfer brings them."""

    WHAT = "what"
    ITEM = "item"
    QTY = "qty"
    PLACE = "place"
    TARGET = "target"
    LOT = "lot"
    EXPIRES = "expires"
    UNTIL = "until"
    SUPPLY = "supply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a line says before anybody knows what its words name.

    ``free``: barcodes, articles, places, order numbers and plain numbers, in their order. ``source`` and
    ``target`` stood after «из» and «в». ``by``: the day after «до». ``wrong``: what cannot be, by what it was
    said of, with the sentence to show.
    """

    whole: str = ""
    free: tuple[str, ...] = ()
    source: str = ""
    target: str = ""
    by: date | None = None
    no_expiry: bool = False
    hold_id: int | None = None
    market: str = ""
    supply: str = ""
    wrong: tuple[tuple[Slot, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A movement as far as it is known. Places are codes as they were typed.

    ``item`` is what was typed for one that is not found yet. ``lot_id`` was chosen; ``expires`` names the lot
    by its last day. ``until``: the day a promise is good for. ``books`` and ``version``: what a count was
    shown.
    """

    kind: Kind
    item_id: int | None = None
    item: str = ""
    qty: int | None = None
    place: str = ""
    target: str = ""
    lot_id: int | None = None
    expires: date | None = None
    no_expiry: bool = False
    until: date | None = None
    hold_id: int | None = None
    order_id: int | None = None
    market: str = ""
    supply: str = ""
    books: int | None = None
    version: int | None = None


class Missing(Unclear):
    """Something is to be asked, or asked again: ``str(error)`` is the question or what was wrong."""

    def __init__(
        self, slot: Slot, sentence: str, choices: Sequence[Choice] = (), said: Said | None = None
    ) -> None:
        super().__init__(sentence, choices)
        self.slot = slot
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Pieces of a lot at a place, as a screen names them."""

    code: str
    expires: date | None
    qty: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A movement in figures, for the screen that asks to confirm it and the one that says it was done.

    ``takes``: what would go, where the ledger chooses. ``before``: what the books hold at the place now.
    ``lacking``: pieces of the order that nothing is reserved for.
    """

    kind: Kind
    article: str = ""
    name: str = ""
    qty: int = 0
    place: str = ""
    target: str = ""
    expires: date | None = None
    takes: tuple[Taken, ...] = ()
    before: int | None = None
    until: date | None = None
    holds: tuple[int, ...] = ()
    order: str = ""
    lacking: int = 0
    market: str = ""
    supply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a conversation stands: something is asked (``asks``), or all is known and a draft is drawn.

    ``said`` is what to go on with; ``item`` names the item, where it is known; ``lost`` are words that meant
    nothing. ``choices``: with a draft, what may still be added.
    """

    said: Said
    trace_id: str
    item: str = ""
    asks: Slot | None = None
    sentence: str = ""
    lost: str = ""
    choices: tuple[Choice, ...] = ()
    draft_id: int | None = None
    told: Told | None = None
