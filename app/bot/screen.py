"""What a view returns: a screen, free of markup. How it looks in Telegram is the renderer's business.

A screen is a head, blocks of body, a foot and rows of keys. Text is made of pieces: plain strings,
``Bold``, ``Mono`` (tapped to copy) and ``Moment`` (an instant, shown in the reader's time zone).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiogram.filters.callback_data import CallbackData


@dataclass(frozen=True, slots=True)
class Bold:
    text: str


@dataclass(frozen=True, slots=True)
class Mono:
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, timezone-aware; shown as «21.11 08:10» in APP_TIMEZONE."""

    at: datetime


Piece = str | Bold | Mono | Moment
Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph: lines one under another."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; facts of one block are aligned under each other."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Facts:
    rows: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Aligned columns, for few and short ones: a phone shows about 34 characters in a row.

    The first column is text, the others are figures set to the right.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Text | Facts | Table


@dataclass(frozen=True, slots=True)
class Key:
    """A button: what it says and what it sends (1–64 bytes)."""

    text: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One answer. Empty blocks are allowed and not shown."""

    head: str
    body: tuple[Block, ...] = ()
    foot: tuple[Line, ...] = ()
    keys: tuple[tuple[Key, ...], ...] = ()


def fact(label: str, value: str) -> Fact:
    return Fact(label, value)


def key(text: str, callback: CallbackData | str) -> Key:
    return Key(text, callback if isinstance(callback, str) else callback.pack())


def line(*pieces: Piece) -> Line:
    return pieces


def text(*lines: Line | str) -> Text:
    """A paragraph; a bare string is a line of its own."""
    return Text(tuple((each,) if isinstance(each, str) else each for each in lines))


def facts(rows: Iterable[Fact]) -> Facts:
    return Facts(tuple(rows))


def rows_of(keys: Sequence[Key], width: int) -> tuple[tuple[Key, ...], ...]:
    """Keys laid out ``width`` in a row."""
    return tuple(tuple(keys[start : start + width]) for start in range(0, len(keys), width))
