"""The classic HTML mode of messages and captions: text and entities out of a source."""

from dataclasses import dataclass
from typing import Any

from tests.botapi.scanner import Close, Open, Scanner, Text, broken, units
from tests.botapi.violations import bad

NONE: frozenset[str] = frozenset()
PLAIN = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
}  # fmt: skip
TAGS: dict[str, frozenset[str]] = dict.fromkeys(PLAIN, NONE) | {
    "span": frozenset({"class"}),
    "a": frozenset({"href"}),
    "code": frozenset({"class"}),
    "pre": NONE,
    "blockquote": frozenset({"expandable"}),
    "tg-emoji": frozenset({"emoji-id"}),
    "tg-time": frozenset({"unix", "format"}),
}
LINKS = ("http://", "https://", "tg://", "mailto:", "tel:", "ton://")
MAX_SOURCE_BYTES = 32768


@dataclass(frozen=True, slots=True)
class Formatted:
    """What a person sees, and how it looks. Offsets are UTF-16 units."""

    text: str
    entities: tuple[dict[str, Any], ...] = ()


def parse_html(source: str) -> Formatted:
    """Parse and trim as Telegram does, or refuse in its words."""
    scanner = Scanner(source, TAGS)
    text: list[str] = []
    length = 0
    stack: list[tuple[Open, int]] = []
    entities: list[dict[str, Any]] = []
    for token in scanner.tokens():
        if isinstance(token, Text):
            text.append(token.value)
            length += units(token.value)
        elif isinstance(token, Open):
            _check_place(token, [tag for tag, _ in stack])
            stack.append((token, length))
        else:
            tag, start = _matching(token, stack)
            entity = _entity(tag, stack)
            if entity is not None and length > start:
                entities.append({"offset": start, "length": length - start, **entity})
    if stack:
        raise broken(f'Can\'t find end tag corresponding to start tag "{stack[-1][0].name}"')
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return trim(Formatted("".join(text), tuple(entities)))


def _matching(token: Close, stack: list[tuple[Open, int]]) -> tuple[Open, int]:
    if not stack:
        raise broken(f"Unexpected end tag at byte offset {token.at}")
    tag, start = stack.pop()
    if token.name != tag.name:
        raise broken(
            f'Unmatched end tag at byte offset {token.at}, expected "</{tag.name}>", found "</{token.name}>"'
        )
    return tag, start


def _check_place(token: Open, outer: list[Open]) -> None:
    """Nesting that Telegram would silently undo: the message would not look as the bot meant."""
    names = [tag.name for tag in outer]
    if token.closes_itself:
        raise broken(f'Tag "{token.name}" cannot close itself at byte offset {token.at}', ours=True)
    if "code" in names or ("pre" in names and token.name != "code"):
        raise broken(f'Tag "{token.name}" inside code at byte offset {token.at}', ours=True)
    if token.name in names and token.name in ("a", "blockquote", "pre", "tg-emoji"):
        raise broken(f'Tag "{token.name}" inside itself at byte offset {token.at}', ours=True)
    if token.name == "span" and token.attributes.get("class") != "tg-spoiler":
        raise broken(f'Tag "span" must have class "tg-spoiler" at byte offset {token.at}')
    if token.name == "a" and not token.attributes.get("href", "").lower().startswith(LINKS):
        raise broken(f'Tag "a" has no valid link at byte offset {token.at}', ours=True)
    if token.name == "tg-emoji" and not token.attributes.get("emoji-id", "").isdigit():
        raise broken(f"Invalid custom emoji identifier specified at byte offset {token.at}")
    if token.name == "tg-time" and not token.attributes.get("unix", "").isdigit():
        raise broken(f'Tag "tg-time" has no unix time at byte offset {token.at}')


def _entity(tag: Open, stack: list[tuple[Open, int]]) -> dict[str, Any] | None:
    if tag.name in PLAIN:
        return {"type": PLAIN[tag.name]}
    if tag.name == "span":
        return {"type": "spoiler"}
    if tag.name == "a":
        return {"type": "text_link", "url": tag.attributes["href"]}
    if tag.name == "blockquote":
        return {"type": "expandable_blockquote" if "expandable" in tag.attributes else "blockquote"}
    if tag.name == "tg-emoji":
        return {"type": "custom_emoji", "custom_emoji_id": tag.attributes["emoji-id"]}
    if tag.name == "tg-time":
        return {"type": "date_time", "unix_time": int(tag.attributes["unix"])}
    if tag.name == "code" and stack and stack[-1][0].name == "pre":
        return None  # <pre><code class="language-x"> is one block
    return {"type": tag.name}


def trim(formatted: Formatted) -> Formatted:
    """Without the white space around: Telegram strips it, and shortens the entities."""
    text = formatted.text.strip()
    cut = units(formatted.text[: len(formatted.text) - len(formatted.text.lstrip())])
    end = units(text)
    kept = []
    for entity in formatted.entities:
        start = min(max(entity["offset"] - cut, 0), end)
        stop = min(max(entity["offset"] + entity["length"] - cut, 0), end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return Formatted(text, tuple(kept))


def read(source: str, parse_mode: str | None, entities: list[dict[str, Any]] | None) -> Formatted:
    """The text of a call as the reader sees it."""
    if len(source.encode()) > MAX_SOURCE_BYTES:
        raise bad("Text is too long")
    if parse_mode is None:
        for entity in entities or ():
            if (
                entity["offset"] < 0
                or entity["length"] < 1
                or entity["offset"] + entity["length"] > units(source)
            ):
                raise bad("ENTITY_BOUNDS_INVALID")
        return trim(Formatted(source, tuple(entities or ())))
    if parse_mode.lower() != "html":
        known = parse_mode.lower() in ("markdown", "markdownv2")
        raise bad(
            f"parse_mode {parse_mode} is not used here" if known else "unsupported parse_mode", ours=known
        )
    if entities:
        raise bad("parse_mode and entities exclude one another", ours=True)
    return parse_html(source)
