"""Large pages, a row at a time: a finance page of 100,000 rows was seen to be 217 MB, and as a list of
dicts it would be a gigabyte and more.

The decoder is the one that reads small pages (the standard library's), so a row comes out the same
either way: decimals exact, damage an error of the page. (ijson was measured beside it: 0.43 s of CPU for
20,000 rows against 0.33, and another opinion of what is JSON.)
"""

import codecs
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from app.marketplaces.errors import Garbled
from app.marketplaces.wire import parse_rows, refuse_constant

SMALL = 4 << 20
"""Bytes: a page below it is parsed at once, which is faster."""
_CHUNK = 64 << 10
_SPACE = " \t\n\r"
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=refuse_constant)


def stream_rows(body: bytes, method: str) -> Iterable[Any]:
    """The rows of a page that is one list; null counts as empty.

    Raises:
        Garbled: no list, or broken JSON; of a large page only when the reader gets there.
    """
    return parse_rows(body, method) if len(body) <= SMALL else _stream(body, method)


def _stream(body: bytes, method: str) -> Iterator[Any]:
    text = _Window(body)
    try:
        if text.peek() != "[":
            if text.value() is not None or text.peek():
                raise Garbled(method, "ожидался список")
            return
        text.skip()
        more = text.peek() != "]"
        while more:
            yield text.value()
            more = text.peek() == ","
            if more:
                text.skip()
        if text.peek() != "]":
            raise ValueError
        text.skip()
        if text.peek():
            raise ValueError
    except (ValueError, RecursionError):
        raise Garbled(method, "это не JSON или он оборван") from None


class _Window:
    """A page's text, of which only a window is decoded at a time."""

    def __init__(self, body: bytes) -> None:
        self._body = memoryview(body)
        # Lone surrogates pass as they do in a small page.
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogatepass").decode
        self._text, self._at, self._read = "", 0, 0

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _SPACE:
                    return self._text[self._at]
                self._at += 1
            if not self._more(_CHUNK):
                return ""

    def skip(self) -> None:
        self._at += 1

    def value(self) -> Any:
        """The value that begins at the next character. Raises ValueError where none does."""
        self.peek()
        step = _CHUNK
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except ValueError:
                # Cut by the window, or broken: ever more of it, so that damage costs little to find.
                if not self._more(step):
                    raise
                step *= 2
                continue
            if end == len(self._text) and self._more(step):
                continue  # a number may go on
            self._at = end
            return value

    def _more(self, size: int) -> bool:
        """Move the window on by so many bytes; False at the end."""
        if self._read >= len(self._body):
            return False
        piece = bytes(self._body[self._read : self._read + size])
        self._read += len(piece)
        told = self._decode(piece, self._read >= len(self._body))
        self._text, self._at = self._text[self._at :] + told, 0
        return True
