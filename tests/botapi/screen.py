"""Messages as a person reads them, and money found on a line."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tests.botapi.chat import Message

_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f]")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_NUMBER = r"[−–-]?\s?\d{1,3}(?:\s\d{3})+(?:[.,]\d{1,2})?|[−–-]?\s?\d+(?:[.,]\d{1,2})?"
_RUBLES = re.compile(rf"({_NUMBER})\s*₽")
_BARE = re.compile(rf"({_NUMBER})")


def normal(text: str) -> str:
    """With ordinary spaces for the thin and unbreakable ones, so that expected texts are easy to type."""
    return _INVISIBLE.sub("", _SPACES.sub(" ", text))


def label_of(button: dict[str, Any] | str) -> str:
    return button if isinstance(button, str) else button["text"]


def render(message: Message) -> str:
    """Text, then a line a row of buttons."""
    parts = [f"[{message.media}: {message.file_name}]" if message.file_name else f"[{message.media}]"]
    lines = parts if message.media else []
    lines = [*lines, normal(message.content.text)] if message.content.text else lines
    if message.buttons:
        lines.append(row(text for text, _ in message.buttons))
    lines += [row(label_of(button) for button in buttons) for buttons in message.keyboard]
    return "\n".join(lines)


def row(labels: Iterable[str]) -> str:
    return " ".join(f"[{normal(label)}]" for label in labels)


def rubles(text: str) -> Decimal:
    """``−1 180,50 ₽`` → ``Decimal("-1180.50")``; any kind of minus, space and comma."""
    plain = re.sub(r"[\s₽]", "", normal(text)).replace(",", ".")
    return Decimal(re.sub("^[−–]", "-", plain))


def money_on_line(text: str, label: str) -> tuple[str, Decimal]:
    """The line with this label, and its money.

    The line: the one whose words before the figure are exactly the label, else the only one with the label in
    it. The money: the first figure after the label that ₽ follows, or, on a line without ₽, the last figure.
    """
    label = normal(label)
    found = [line for line in normal(text).splitlines() if label in line]
    exact = [line for line in found if _words_before_money(line) == label]
    lines = exact or found
    if len(lines) != 1:
        raise AssertionError(f"{len(lines)} lines have {label!r}: {lines}")
    after = lines[0].split(label, 1)[1]
    if first := _RUBLES.search(after):
        return lines[0], rubles(first[1])
    if "₽" not in after and (bare := _BARE.findall(after)):
        return lines[0], rubles(bare[-1])
    raise AssertionError(f"there is no money after {label!r} on the line {lines[0]!r}")


def _words_before_money(line: str) -> str:
    found = _RUBLES.search(line) or _BARE.search(line)
    before = line[: found.start()] if found else line
    return re.sub(r"^[^\w(]+|[^\w)]+$", "", before)
