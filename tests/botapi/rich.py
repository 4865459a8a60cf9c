"""Rich messages: what a person reads in blocks or in rich HTML, and the limits that Telegram sets them.

The types inside blocks are checked by ``validate``; here are the sizes (grammy.dev: 32768 characters, 500
blocks, 16 levels, 50 media, 20 table columns) and the plain reading: a heading, a paragraph, a list item and
a table row are a line each, the cells of a row are parted by `` | ``. The tag list of rich HTML follows
published senders, not an official list.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.botapi.markup import PLAIN
from tests.botapi.scanner import Close, Open, Scanner, Text, broken, units
from tests.botapi.violations import bad

MAX_CHARACTERS, MAX_BLOCKS, MAX_DEPTH, MAX_MEDIA, MAX_COLUMNS = 32768, 500, 16, 50, 20
NO: frozenset[str] = frozenset()
VOID = {"hr", "br", "img", "input", "tg-document", "tg-map"}
CELL = frozenset({"align", "valign", "colspan", "rowspan"})
INLINE = dict.fromkeys((*PLAIN, "sub", "sup", "mark", "cite", "tg-math", "br"), NO) | {
    "span": frozenset({"class"}), "a": frozenset({"href", "name"}), "code": frozenset({"class"}),
    "tg-emoji": frozenset({"emoji-id"}), "tg-time": frozenset({"unix", "format"}),
    "tg-button": frozenset({"type", "data", "url", "text", "style"}), "input": frozenset({"type", "checked"}),
}  # fmt: skip
BLOCKS = dict.fromkeys(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "footer", "hr", "ul", "aside", "figure", "figcaption",
     "tr", "summary", "caption", "tg-collage", "tg-slideshow", "tg-thinking", "tg-math-block"), NO,
) | {
    "ol": frozenset({"start", "type", "reversed"}), "li": frozenset({"value", "type"}),
    "blockquote": frozenset({"expandable", "collapsed"}), "details": frozenset({"open"}),
    "table": frozenset({"bordered", "striped", "compact"}), "td": CELL, "th": CELL,
    "tg-button-row": frozenset({"align"}), "img": frozenset({"src", "alt"}), "video": frozenset({"src"}),
    "audio": frozenset({"src"}), "tg-document": frozenset({"src"}),
    "tg-map": frozenset({"lat", "long", "zoom", "width", "height"}),
}  # fmt: skip
PARENTS = {
    "tr": {"table"},
    "td": {"tr"},
    "th": {"tr"},
    "li": {"ul", "ol"},
    "summary": {"details"},
    "caption": {"table"},
}


@dataclass(slots=True)
class Reading:
    """A rich message as lines, with the buttons in its body: (text, callback data or None)."""

    lines: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str | None]] = field(default_factory=list)
    blocks: int = 0
    media: int = 0

    @property
    def text(self) -> str:
        return "\n".join(line.strip() for line in self.lines if line.strip())


def read_rich(message: dict[str, Any]) -> Reading:
    """Read an ``InputRichMessage`` that has passed the schema; raises ``Refused``."""
    if "markdown" in message:
        raise bad("rich markdown is not used here", ours=True)
    reading = _html(message["html"]) if "html" in message else Reading()
    if "blocks" in message:
        _blocks(reading, message["blocks"], 1)
    if not reading.text and not reading.media:
        raise bad("message text is empty")
    if units(reading.text) > MAX_CHARACTERS:
        raise bad("RICH_MESSAGE_TOO_LONG")
    if reading.blocks > MAX_BLOCKS:
        raise bad(f"rich message has {reading.blocks} blocks, at most {MAX_BLOCKS} are allowed")
    if max(reading.media, len(message.get("media", ()))) > MAX_MEDIA:
        raise bad(f"rich message has more than {MAX_MEDIA} media")
    return reading


def plain(rich: Any) -> str:
    """A RichText as plain text."""
    if isinstance(rich, list):
        return "".join(plain(part) for part in rich)
    if isinstance(rich, dict):
        for name in ("text", "alternative_text", "expression", "button"):
            if name in rich:
                return plain(rich[name])
        return ""
    return rich or ""


def _blocks(reading: Reading, blocks: list[dict[str, Any]], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise bad(f"rich message is nested deeper than {MAX_DEPTH} levels")
    for block in blocks:
        reading.blocks += 1
        match block["type"]:
            case "table":
                _table(reading, block)
            case "list":
                for item in block["items"]:
                    inner = Reading()
                    _blocks(inner, item["blocks"], depth + 1)
                    reading.blocks += inner.blocks
                    reading.media += inner.media
                    reading.buttons += inner.buttons
                    reading.lines += [f"• {line}" if n == 0 else line for n, line in enumerate(inner.lines)]
            case "buttons":
                for button in block["buttons"]:
                    _button(reading, button)
            case "photo" | "video" | "document" | "audio" | "animation" | "voice_note":
                reading.media += 1
                reading.lines.append(f"[{block['type']}]")
                reading.lines.append(plain(block.get("caption")))
            case _:
                reading.lines += [plain(block[name]) for name in ("summary", "text") if name in block]
                if "blocks" in block:
                    _blocks(reading, block["blocks"], depth + 1)
                reading.lines += [plain(block[name]) for name in ("caption", "credit") if name in block]


def _button(reading: Reading, button: dict[str, Any]) -> None:
    if button.get("style") == "link" and "callback_data" not in button:
        raise bad("the style 'link' is allowed only for callback buttons")
    reading.buttons.append((plain(button["text"]), button.get("callback_data")))


def _table(reading: Reading, block: dict[str, Any]) -> None:
    reading.lines.append(plain(block.get("caption")))
    for row in block["cells"]:
        _check_columns(sum(cell.get("colspan", 1) for cell in row))
        reading.lines.append(" | ".join(plain(cell.get("text")) for cell in row))


def _check_columns(width: int) -> None:
    if width > MAX_COLUMNS:
        raise bad(f"table has {width} columns, at most {MAX_COLUMNS} are allowed")


def _html(source: str) -> Reading:
    reading = Reading()
    stack: list[Open] = []
    line: list[str] = []
    button: list[str] = []

    def end_line() -> None:
        reading.lines.append("".join(line))
        line.clear()

    for token in Scanner(source, INLINE | BLOCKS).tokens():
        if isinstance(token, Text):
            (button if any(tag.name == "tg-button" for tag in stack) else line).append(token.value)
            continue
        if isinstance(token, Open):
            _place(token, stack)
            if token.name in BLOCKS and token.name not in ("td", "th"):
                end_line()
                reading.blocks += 1
            if token.name in ("td", "th") and line:
                line.append(" | ")
            if token.name == "br":
                end_line()
            reading.media += token.name in ("img", "video", "audio", "tg-document")
            if token.name == "tg-button":
                button.clear()
            if token.name in VOID or token.closes_itself:
                continue
            stack.append(token)
            if len(stack) > 2 * MAX_DEPTH:
                raise bad(f"rich message is nested deeper than {MAX_DEPTH} levels")
            continue
        tag = _close(token, stack)
        if tag.name == "tg-button":
            data = tag.attributes.get("data")
            if data is not None and not 1 <= len(data.encode()) <= 64:
                raise bad("BUTTON_DATA_INVALID")
            reading.buttons.append(("".join(button).strip(), data))
        elif tag.name in BLOCKS and tag.name not in ("td", "th"):
            if tag.name == "tr":
                _check_columns("".join(line).count(" | ") + 1)
            end_line()
    if stack:
        raise broken(f'Can\'t find end tag corresponding to start tag "{stack[-1].name}"')
    end_line()
    return reading


def _place(token: Open, stack: list[Open]) -> None:
    wanted = PARENTS.get(token.name)
    if wanted and (not stack or stack[-1].name not in wanted):
        raise broken(f'Tag "{token.name}" is out of place at byte offset {token.at}', ours=True)


def _close(token: Close, stack: list[Open]) -> Open:
    if not stack:
        raise broken(f"Unexpected end tag at byte offset {token.at}")
    tag = stack.pop()
    if tag.name != token.name:
        raise broken(
            f'Unmatched end tag at byte offset {token.at}, expected "</{tag.name}>", found "</{token.name}>"'
        )
    return tag
