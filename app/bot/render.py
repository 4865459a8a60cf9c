"""Screen → classic Telegram HTML and an inline keyboard. Escaping and length limits live here, once."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from app.bot.callbacks import stamped
from app.bot.formats import clip, plural
from app.bot.screen import Block, Bold, Facts, Key, Line, Moment, Mono, Piece, Screen, Text

TEXT_LIMIT = 4096
"""Telegram counts UTF-16 units after the markup is taken out (facts: Bot API, limits)."""
PIECE_LIMIT = 500
"""No single name or sentence of ours is longer; a marketplace's own text may be."""
DEMO_MARK = "ДЕМО"
WHERE_MARK = "в организации "


class Rendered(NamedTuple):
    text: str
    keyboard: InlineKeyboardMarkup | None


class _Row(NamedTuple):
    """One line of the message: its markup, its visible length, and whether it stands in a <pre>."""

    markup: str
    length: int
    is_pre: bool


@dataclass(frozen=True, slots=True)
class Renderer:
    """Draws screens for readers in ``zone``. A demo's screens say so in their first line."""

    zone: ZoneInfo

    def __call__(
        self, screen: Screen, *, is_demo: bool = False, where: str = "", tenant_id: int | None = None
    ) -> Rendered:
        """``where`` names the organisation for a reader who has several: below, unless the head says it.

        ``tenant_id`` is whose data this is: every button remembers it.
        """
        head = f"{DEMO_MARK} · {screen.head}" if is_demo else screen.head
        top = [self._row((Bold(head),))]
        last = [(f"{WHERE_MARK}{where}",)] if where and where not in head else []
        foot = [_BLANK, *(self._row(each) for each in (*screen.foot, *last))] if screen.foot or last else []
        body = list(self._body(screen.body))
        kept = _fit(body, TEXT_LIMIT - _length(top) - _length(foot))
        return Rendered(_join([*top, *kept, *foot]), keyboard(screen.keys, tenant_id))

    def _body(self, blocks: tuple[Block, ...]) -> Iterator[_Row]:
        for block in blocks:
            rows = list(self._block(block))
            if rows:
                yield _BLANK
                yield from rows

    def _block(self, block: Block) -> Iterator[_Row]:
        if isinstance(block, Text):
            yield from (self._row(each) for each in block.lines)
        elif isinstance(block, Facts):
            yield from _aligned([(each.label, each.value) for each in block.rows])
        else:
            yield from _aligned([block.head, *block.rows] if block.head else list(block.rows))

    def _row(self, pieces: Line) -> _Row:
        drawn = [self._piece(piece) for piece in pieces]
        return _Row("".join(markup for markup, _ in drawn), sum(size for _, size in drawn), False)

    def _piece(self, piece: Piece) -> tuple[str, int]:
        if isinstance(piece, Moment):
            return (shown := f"{piece.at.astimezone(self.zone):%d.%m %H:%M}"), len(shown)
        plain = clip(piece if isinstance(piece, str) else piece.text, PIECE_LIMIT)
        markup = escape(plain, quote=False)
        if isinstance(piece, Bold) and plain:
            markup = f"<b>{markup}</b>"
        elif isinstance(piece, Mono) and plain:
            markup = f"<code>{markup}</code>"
        return markup, utf16(plain)


_BLANK = _Row("", 0, False)


def keyboard(rows: tuple[tuple[Key, ...], ...], tenant_id: int | None = None) -> InlineKeyboardMarkup | None:
    """The keys as Telegram wants them; None where there are none (an edit then takes the old ones away)."""
    buttons = [
        [InlineKeyboardButton(text=each.text, callback_data=stamped(each.data, tenant_id)) for each in row]
        for row in rows
        if row
    ]
    return InlineKeyboardMarkup(inline_keyboard=buttons) if buttons else None


def utf16(plain: str) -> int:
    """Length as Telegram counts it: an emoji is two."""
    return len(plain.encode("utf-16-le")) // 2


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[_Row]:
    """Columns of equal width: the first set to the left, the others to the right."""
    if not rows:
        return
    clipped = [tuple(clip(cell, PIECE_LIMIT) for cell in row) for row in rows]
    widths = [max(len(row[at]) for row in clipped) for at in range(len(clipped[0]))]
    for first, *others in clipped:
        cells = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))]
        plain = "  ".join(cells).rstrip()
        yield _Row(escape(plain, quote=False), utf16(plain), True)


def _length(rows: list[_Row]) -> int:
    return sum(row.length + 1 for row in rows)


def _fit(rows: list[_Row], room: int) -> list[_Row]:
    """As many rows as there is room for; what is left out is said, never cut silently."""
    if _length(rows) <= room:
        return rows
    room -= 40  # the sentence below and its blank line
    kept = list(rows)
    while kept and _length(kept) > room:
        kept.pop()
    left_out = sum(1 for row in rows[len(kept) :] if row is not _BLANK)
    said = f"…ещё {plural(left_out, 'строка', 'строки', 'строк')}"
    return [*kept, _Row(said, utf16(said), False)]


def _join(rows: list[_Row]) -> str:
    """Lines under each other; neighbours that are aligned share one <pre>."""
    parts: list[str] = []
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end].is_pre:
            end += 1
        if end > at:
            parts.append("<pre>" + "\n".join(row.markup for row in rows[at:end]) + "</pre>")
            at = end
        else:
            parts.append(rows[at].markup)
            at += 1
    return "\n".join(parts)
