"""Telegram's HTML, cut into tokens by hand.

The standard library's parser repairs (``a < b`` passes); Telegram refuses, with the byte offset. The words of
the errors are Telegram's. What Telegram would show as a stray character (a bare ``&`` or ``>``, an unknown
entity) is refused here as well: it is a missing escape.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.botapi.violations import Refused, bad

NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ENTITY = re.compile(r"&(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_SPACE = " \t\r\n\f\v"
_TOKEN = re.compile(r"[A-Za-z0-9.\-]+")


@dataclass(slots=True)
class Text:
    value: str


@dataclass(slots=True)
class Open:
    name: str
    at: int
    attributes: dict[str, str] = field(default_factory=dict)
    closes_itself: bool = False


@dataclass(slots=True)
class Close:
    name: str
    at: int


Token = Text | Open | Close


def units(text: str) -> int:
    """Length as Telegram counts: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def broken(message: str, *, ours: bool = False) -> Refused:
    return bad(f"can't parse entities: {message}", ours=ours)


class Scanner:
    """Tokens of one text. ``tags`` maps an allowed tag to the attributes that it may have."""

    def __init__(self, source: str, tags: dict[str, frozenset[str]]) -> None:
        self.source = source
        self.tags = tags
        self.at = 0

    def offset(self, position: int) -> int:
        return len(self.source[:position].encode())

    def tokens(self) -> Iterator[Token]:
        while self.at < len(self.source):
            if self.source.startswith("</", self.at):
                yield self._close()
            elif self.source[self.at] == "<":
                yield self._open()
            else:
                end = self.source.find("<", self.at)
                end = len(self.source) if end < 0 else end
                yield Text(self.unescape(self.at, end))
                self.at = end

    def unescape(self, start: int, end: int, *, in_tag: bool = False) -> str:
        """The text between two places with its entities decoded."""
        parts: list[str] = []
        while start < end:
            character = self.source[start]
            if character == ">" and not in_tag:
                raise broken(f'Character ">" must be escaped at byte offset {self.offset(start)}', ours=True)
            if character != "&":
                parts.append(character)
                start += 1
                continue
            found = _ENTITY.match(self.source, start, end)
            decoded = self._decode(found[1]) if found else ""
            if not decoded:
                raise broken(f'Character "&" must be escaped at byte offset {self.offset(start)}', ours=True)
            parts.append(decoded)
            start = found.end() if found else start + 1
        return "".join(parts)

    @staticmethod
    def _decode(name: str) -> str:
        if not name.startswith("#"):
            return NAMED.get(name, "")
        code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""

    def _close(self) -> Close:
        begin = self.at
        end = begin + 2
        while end < len(self.source) and self.source[end] not in _SPACE + ">":
            end += 1
        name = self.source[begin + 2 : end].lower()
        end = self._skip(end)
        if end >= len(self.source) or self.source[end] != ">":
            raise broken(f"Unclosed end tag at byte offset {self.offset(begin)}")
        self.at = end + 1
        return Close(name, self.offset(begin))

    def _open(self) -> Open:
        begin = self.at
        end = begin + 1
        while end < len(self.source) and self.source[end] not in _SPACE + ">/":
            end += 1
        name = self.source[begin + 1 : end].lower()
        # Telegram reads to the end of the name first: "a <b" is unclosed, "a < b" unsupported.
        if end >= len(self.source):
            raise broken(f"Unclosed start tag at byte offset {self.offset(begin)}")
        if name not in self.tags:
            raise broken(f'Unsupported start tag "{name}" at byte offset {self.offset(begin)}')
        tag = Open(name, self.offset(begin))
        end = self._skip(end)
        while end < len(self.source) and self.source[end] != ">":
            if self.source.startswith("/>", end):
                tag.closes_itself = True
                end += 1
                break
            end = self._skip(self._attribute(tag, end))
        if end >= len(self.source):
            raise broken(f'Unclosed start tag "{name}" at byte offset {tag.at}')
        self.at = end + 1
        return tag

    def _attribute(self, tag: Open, start: int) -> int:
        end = start
        while end < len(self.source) and self.source[end] not in _SPACE + "=>/":
            end += 1
        name = self.source[start:end].lower()
        if not name:
            raise broken(f'Empty attribute name in the tag "{tag.name}" at byte offset {tag.at}')
        if name not in self.tags[tag.name]:
            raise broken(f'Attribute "{name}" means nothing in the tag "{tag.name}"', ours=True)
        end = self._skip(end)
        if end >= len(self.source) or self.source[end] != "=":
            tag.attributes[name] = ""
            return end
        end = self._skip(end + 1)
        if end < len(self.source) and self.source[end] in "'\"":
            closing = self.source.find(self.source[end], end + 1)
            if closing < 0:
                raise broken(f'Unclosed start tag "{tag.name}" at byte offset {tag.at}')
            tag.attributes[name] = self.unescape(end + 1, closing, in_tag=True)
            return closing + 1
        word = _TOKEN.match(self.source, end)
        after = word.end() if word else end
        if not word or after >= len(self.source) or self.source[after] not in _SPACE + ">/":
            raise broken(f"Unexpected end of name token at byte offset {self.offset(end)}")
        tag.attributes[name] = word[0].lower()
        return after

    def _skip(self, position: int) -> int:
        while position < len(self.source) and self.source[position] in _SPACE:
            position += 1
        return position
