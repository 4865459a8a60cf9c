"""What buttons about movements send. ``callbacks.py`` says how."""

from aiogram.filters.callback_data import CallbackData


class MoveCall(CallbackData, prefix="mv"):
    """Begin a movement (a command's name), of a promise or of an item where one is told."""

    kind: str
    hold: int = 0
    item: int = 0


class MovePickCall(CallbackData, prefix="mc"):
    """The choice ``n`` of the question ``turn`` of a movement that is talked about; −1 leaves it."""

    kind: str
    turn: str
    n: int


class MoveDraftCall(CallbackData, prefix="md"):
    """A movement as it was drawn: ``deed`` "post" or "drop"."""

    kind: str
    draft: int
    deed: str


class HoldsCall(CallbackData, prefix="hs"):
    """A page of promises, from 0."""

    page: int = 0


class HoldCall(CallbackData, prefix="ho"):
    """One promise."""

    hold: int


class HistoryCall(CallbackData, prefix="hy"):
    """A page of what happened, from 0; with ``item`` to that item only."""

    item: int = 0
    page: int = 0


class PaperCall(CallbackData, prefix="pa"):
    """One document of the stock ledger."""

    document: int


class UndoListCall(CallbackData, prefix="ul"):
    """What may be taken back: of one's own, or of anybody's."""

    mine: bool = True


class UndoCall(CallbackData, prefix="un"):
    """Take a document of the stock ledger back."""

    document: int
