"""Derives ``schema.json``, the facts that the strict server checks, from the machine-readable Bot API.

Run ``python -m tests.botapi.derive_schema`` where the specifications lie beside the repository. Only facts
are kept (types, what is required, lengths, counts, choices), for the methods a bot like ours calls and the
types that they take; no descriptions. Lengths and choices exist in the source as prose, hence the patterns.

A field is a list ``[type, required, {limits}]``; limits are ``len`` (UTF-16 units), ``bytes``, ``count``
(items of a list), ``range`` (a number) as ``[low, high]``, ``in`` (choices), ``form`` (a regular expression).
"""

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[2] / "shared" / "specs" / "telegram" / "botapi-10.3.json"
TARGET = HERE / "schema.json"

# One name a word, so that the list stays readable.
_METHODS = """
    getMe getUpdates setWebhook deleteWebhook getWebhookInfo logOut close
    sendMessage sendPhoto sendDocument sendRichMessage sendMessageDraft sendRichMessageDraft sendChatAction
    editMessageText editMessageCaption editMessageReplyMarkup deleteMessage deleteMessages
    forwardMessage copyMessage pinChatMessage unpinChatMessage unpinAllChatMessages setMessageReaction
    answerCallbackQuery getFile getChat
    setMyCommands getMyCommands deleteMyCommands setChatMenuButton getChatMenuButton
    setMyName setMyDescription setMyShortDescription
"""
METHODS = _METHODS.split()

ATOMS = {"Integer", "String", "Boolean", "Float", "True", "InputFile"}
NAME = re.compile(r"[A-Z][A-Za-z0-9]+")


def type_of(prose: str) -> str:
    """``Array of Array of X`` → ``[[X]]``, ``A or B`` → ``A|B``."""
    deep = 0
    while prose.startswith("Array of "):
        prose, deep = prose.removeprefix("Array of "), deep + 1
    names = "|".join(NAME.findall(prose))
    return "[" * deep + names + "]" * deep


def limits_of(name: str, kind: str, prose: str) -> dict[str, Any]:
    """The limits that a description states."""
    found: dict[str, Any] = {}
    span = re.search(r"(\d+)-(\d+)[ -](characters|bytes)", prose)
    if span and kind in ("String", "RichText"):
        found["bytes" if span[3] == "bytes" else "len"] = [int(span[1]), int(span[2])]
    if kind.startswith("["):
        if count := re.search(r"[Ll]ist of (\d+)-(\d+)", prose):
            found["count"] = [int(count[1]), int(count[2])]
        elif most := re.search(r"[Aa]t most (\d+) \w+ can be specified", prose):
            found["count"] = [0, int(most[1])]
    if kind in ("Integer", "Float"):
        between = re.search(r"(?:; |between |connections.*, |size.*, )(\d+)-(\d+)", prose)
        if between:
            found["range"] = [int(between[1]), int(between[2])]
    if kind == "String":
        found |= choices_of(name, prose)
        found |= form_of(prose)
    return found


def choices_of(name: str, prose: str) -> dict[str, Any]:
    if always := re.search(r"always '(\w+)'", prose):
        return {"in": [always[1]]}
    if must := re.search(r"(?:[Mm]ust be one of|[Cc]urrently, can be) (.+?)(?:\. |\.?$)", prose):
        quoted = re.findall(r"'(\w+)'", must[1])
        return {"in": quoted} if quoted else {}
    if name == "type" and (plain := re.search(r", must be (\w+)$", prose)):
        return {"in": [plain[1]]}
    if "Choose one, depending on" in prose:
        listed = prose.split(":", 1)[1]
        return {"in": re.findall(r"\b([a-z]+(?:_[a-z]+)+|typing)\b", listed)}
    return {}


def form_of(prose: str) -> dict[str, Any]:
    if "only lowercase English letters, digits and underscores" in prose:
        return {"form": "[a-z0-9_]+"}
    if re.search(r"[Oo]nly (characters )?A-Z, a-z, 0-9, _ and -", prose):
        return {"form": "[A-Za-z0-9_-]+"}
    return {}


def kind_rule(item: dict[str, Any]) -> dict[str, Any]:
    """Which of a type's fields exclude one another: ``exactly`` or ``at_most`` one of these."""
    prose = item["description"]
    names = [field["name"] for field in item["annotations"]]
    if except_ := re.search(r"(Exactly|At most) one of the fields other than ([\w, ]+?) must be used", prose):
        spared = re.findall(r"\w+", except_[2].replace(" and ", " "))
        return {"exactly" if except_[1] == "Exactly" else "at_most": [n for n in names if n not in spared]}
    if of := re.search(r"Exactly one of the fields ([\w, ]+?) must be used", prose):
        return {"exactly": [n for n in names if n in re.findall(r"\w+", of[1])]}
    return {}


def fields_of(item: dict[str, Any]) -> dict[str, Any]:
    fields = {}
    for field in item["annotations"]:
        kind = type_of(field["type"])
        limits = limits_of(field["name"], kind, field["description"])
        fields[field["name"]] = [kind, field["required"], *([limits] if limits else [])]
    return fields


def derive(source: Path = SOURCE) -> dict[str, Any]:
    """The whole table: ``version``, ``methods``, ``types``, ``unions``, ``updates``."""
    spec = json.loads(source.read_text("utf-8"))
    items = {item["name"]: item for chapter in spec["items"] for item in chapter["children"]}
    methods = {name: fields_of(items[name]) for name in METHODS}
    types: dict[str, Any] = {}
    unions: dict[str, Any] = {}
    wanted = [kind for fields in methods.values() for kind, *_ in fields.values()]
    while wanted:
        for name in NAME.findall(wanted.pop()):
            if name in ATOMS or name in types or name in unions:
                continue
            item = items[name]
            variants = re.findall(r"^ - (\w+)$", item["description"], re.M)
            if variants and not item["annotations"]:
                plain = ["String", f"[{name}]"] if "either a String" in item["description"] else []
                unions[name] = plain + variants
                wanted += variants
            else:
                types[name] = kind_rule(item) | {"fields": fields_of(item)}
                if "String can be used instead of this object" in item["description"]:
                    types[name]["or_string"] = True
                wanted += [kind for kind, *_ in types[name]["fields"].values()]
    return {
        "version": spec["api"]["version"],
        "updates": [f["name"] for f in items["Update"]["annotations"] if not f["required"]],
        "methods": methods,
        "types": dict(sorted(types.items())),
        "unions": dict(sorted(unions.items())),
    }


def as_text(table: dict[str, Any]) -> str:
    """JSON with one field a line, so that a new Bot API reads well as a difference."""
    lines = [
        "{",
        f' "version": {json.dumps(table["version"])},',
        f' "updates": {json.dumps(table["updates"])},',
    ]
    for part in ("methods", "types"):
        lines.append(f' "{part}": {{')
        for name, body in table[part].items():
            fields = body["fields"] if part == "types" else body
            rules = {key: value for key, value in body.items() if key != "fields"} if part == "types" else {}
            lines.append(f'  "{name}": {{')
            if part == "types":
                lines += [f'   "{key}": {json.dumps(value)},' for key, value in rules.items()]
                lines.append('   "fields": {')
            lines.append(",\n".join(f'    "{key}": {json.dumps(value)}' for key, value in fields.items()))
            lines.append("   }}," if part == "types" else "  },")
        lines[-1] = lines[-1].rstrip(",")
        lines.append(" },")
    lines.append(' "unions": {')
    lines.append(",\n".join(f'  "{name}": {json.dumps(kinds)}' for name, kinds in table["unions"].items()))
    lines += [" }", "}"]
    return "\n".join(line for line in lines if line) + "\n"


if __name__ == "__main__":
    TARGET.write_text(as_text(derive()), "utf-8")
