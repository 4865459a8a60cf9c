"""What buttons about goods send: a search, what a listing is, files. ``callbacks.py`` says how."""

from aiogram.filters.callback_data import CallbackData

from app.bot.callbacks import DATA_LIMIT, STAMP_LIMIT


class FindCall(CallbackData, prefix="fi", sep="|"):
    """A page of what answers to the words, from 0."""

    page: int
    words: str


class ItemCall(CallbackData, prefix="it"):
    """Everything about one item."""

    item: int


class ScanCall(CallbackData, prefix="sc", sep="|"):
    """One of several codes on a photo, or an item's article instead: as if it had been typed."""

    code: str


class ListingsCall(CallbackData, prefix="ls"):
    """A page of listings, from 0: what is proposed, or what nobody knows."""

    unknown: bool = False
    page: int = 0


class LinkCall(CallbackData, prefix="lk"):
    """Is that listing this item?"""

    sku: int
    item: int
    yes: bool


class LinkAskCall(CallbackData, prefix="la"):
    """Ask which item a listing is."""

    sku: int


class SureLinksCall(CallbackData, prefix="lz"):
    """Confirm all proposals of which nothing speaks against."""


class CardsCall(CallbackData, prefix="lc"):
    """Make items of a cabinet's cards."""

    account: int


class FilesCall(CallbackData, prefix="fs"):
    """Which files may be sent."""


class TemplateCall(CallbackData, prefix="ft"):
    """A template to be filled in: of which movement, "xlsx" or "csv"."""

    kind: str
    form: str


class FileKindCall(CallbackData, prefix="fk"):
    """What a file that was sent is; with ``places`` those that it names are made."""

    document: int
    kind: str
    places: bool = False


class FileFaultsCall(CallbackData, prefix="fb"):
    """The lines of a file that cannot be posted, with what is wrong with each."""

    document: int
    kind: str


class FilePostCall(CallbackData, prefix="fp"):
    """Post what was read of a file."""

    draft: int


class FileDropCall(CallbackData, prefix="fd"):
    """Do not post it."""

    draft: int


def find_call(words: str, page: int) -> FindCall | None:
    """A button for another page of a search, or None where its words do not fit into a callback."""
    room = DATA_LIMIT - STAMP_LIMIT - len("fi|9999|")
    fits = "|" not in words and len(words.encode()) <= room
    return FindCall(words=words, page=page) if fits and 0 <= page < 10_000 else None


def scan_call(code: str) -> ScanCall | None:
    """A button for a code, or None where it does not fit into a callback (that of marked goods does not)."""
    room = DATA_LIMIT - STAMP_LIMIT - len("sc|")
    fits = "|" not in code and code.isprintable() and 0 < len(code.encode()) <= room
    return ScanCall(code=code) if fits else None
