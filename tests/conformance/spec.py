"""An exchange with Wildberries held against the published specifications: what is wrong with it, in words.

The newest files (October 2026) are the judge: their objects are closed. The official ones of August are
laid over them for what the newer have lost: enumerations, limits, and what a request must have.
"""

import functools
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import jsonschema

from tests.sandbox.specs import SPECS, WB, _annotation, read_yaml
from tests.support.tap import Exchange

OFFICIAL = SPECS / "wb" / "official-2026-08-18"
VERBS = frozenset({"get", "post", "put", "patch", "delete"})
ENDS_BADLY = frozenset({500, 502, 503, 504})
"""Nobody describes them, and every method may answer so."""
RICHER = frozenset(
    {"enum", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern"}
)
"""Of the official files only this is asked: types and names have moved on since."""

SEEN_LIVE = {
    ("/adv/v1/upd", "*/updSum", "type"): "an integer by the specifications, fractions were seen (facts, 5.5)",
}
"""Where life is known to differ from both files: the path, the place in the reply, the rule."""

Schema = dict[str, Any]


class Operation(NamedTuple):
    """A described method: where it is written and how."""

    file: str
    path: str
    told: dict[str, Any]
    whole: dict[str, Any]


@functools.cache
def _text(folder: str, name: str) -> str:
    return (SPECS / "wb" / folder / name).read_text(encoding="utf-8")


@functools.cache
def _file(folder: str, name: str) -> dict[str, Any]:
    return read_yaml(_text(folder, name))


@functools.cache
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))


def _files(folder: str, path: str) -> Iterator[str]:
    """Files that may describe it: to read all of them takes many seconds."""
    start = "/".join(path.split("/")[:4])
    for found in sorted((SPECS / "wb" / folder).glob("*.yaml")):
        if start in _text(folder, found.name):
            yield found.name


@functools.cache
def operation(folder: str, verb: str, host: str, path: str) -> Operation | None:
    """The description of a request; a path without variables is preferred."""
    found: list[Operation] = []
    for name in _files(folder, path):
        whole = _file(folder, name)
        for template, item in whole["paths"].items():
            told = item.get(verb.lower())
            if told is None or not _pattern(template).fullmatch(path):
                continue
            servers = told.get("servers") or item.get("servers") or whole.get("servers") or []
            at = {(each if isinstance(each, str) else each["url"]).rstrip("/") for each in servers}
            if path == "/ping" or f"https://{host}.wildberries.ru" in at:
                found.append(Operation(name.removesuffix(".yaml"), template, told, whole))
    return min(found, key=lambda each: each.path.count("{"), default=None)


def complaints(seen: Exchange) -> list[str]:
    """Everything that the specifications do not allow about it."""
    newest = operation(WB.name, seen.verb, seen.host, seen.path)
    if newest is None:
        return [f"{seen.method}: unknown path"]
    found = [*_query(newest, seen), *_sent(newest, seen), *_reply(newest, seen)]
    official = operation(OFFICIAL.name, seen.verb, seen.host, seen.path)
    if official is not None:
        found += _overlaid(official, seen)
    return [f"{seen.method}: {each}" for each in dict.fromkeys(found)]


# The newest files: types are Python annotations in text


def _query(op: Operation, seen: Exchange) -> Iterator[str]:
    known = {each["name"]: each for each in op.told.get("parameters", ()) if each["in"] == "query"}
    given: dict[str, list[str]] = {}
    for name, value in seen.query:
        given.setdefault(name, []).append(value)
    for name in given.keys() - known.keys():
        yield f"query {name} is not known"
    for name, each in known.items():
        if name not in given:
            if each.get("required"):
                yield f"query {name} is required"
            continue
        for value in given[name]:
            yield from (f"query {name}: {wrong}" for wrong in _worded(_query_type(op.file, each), value))


def _query_type(file: str, parameter: dict[str, Any]) -> Schema:
    """``int, Field(le=1000, strict=True)]`` and its like; a list is given as values with commas between."""
    told = str(parameter.get("x-type", "Any"))
    head = re.match(r"(?:Optional\[)?(?:List\[)?(\w+(?:\[[\w, ]+\])?)", told)
    word = head[1] if head else "Any"
    schema = dict(_annotation(file, word)) if word not in DATES else dict(DATES[word])
    for name, keyword in (("le", "maximum"), ("ge", "minimum")):
        if limit := re.search(rf"\b{name}=(-?\d+)", told):
            schema[keyword] = int(limit[1])
    if words := parameter.get("enum"):
        schema["enum"] = words
    return schema | ({"x-list": True} if "List[" in told else {})


DATES: dict[str, Schema] = {
    "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "datetime": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}.*)?$"},
}
"""A moment may be told as a day: the description of ``dateFrom`` says so."""


def _worded(schema: Schema, text: str) -> Iterator[str]:
    """What is wrong with a value of the query, which is text."""
    values = text.split(",") if schema.get("x-list") else [text]
    for value in values:
        yield from _errors(schema, _typed(schema, value))


def _typed(schema: Schema, text: str) -> Any:
    kinds = _kinds(schema)
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if kinds & {"integer", "number"} and re.fullmatch(r"-?\d+", text):
        return int(text)
    if "number" in kinds and re.fullmatch(r"-?\d+\.\d+", text):
        return float(text)
    return text


def _kinds(schema: Schema) -> set[str]:
    inner: Any = schema.get("anyOf", ())
    told = schema.get("type", [])
    return {told} if isinstance(told, str) else set(told).union(*(_kinds(each) for each in inner))


def _sent(op: Operation, seen: Exchange) -> Iterator[str]:
    told = op.told.get("requestBody")
    if told is None:
        if seen.sent:
            yield "a body is sent that nobody asked for"
        return
    value = _json(seen.sent)
    if value is BROKEN:
        yield "the body is not JSON"
        return
    yield from (f"body {wrong}" for wrong in _errors(_newest(op.file, told), value))


def _reply(op: Operation, seen: Exchange) -> Iterator[str]:
    told = op.told["responses"].get(str(seen.status))
    if told is None:
        if seen.status not in ENDS_BADLY:
            yield f"status {seen.status} is not described"
        return
    if not told:
        if seen.reply:
            yield f"a {seen.status} has a body"
        return
    if told in FILES:
        if not seen.reply:
            yield "an empty file"
        return
    value = _json(seen.reply)
    if value is BROKEN:
        yield "the reply is not JSON"
        return
    schema = _newest(op.file, told)
    if (fields := _chosen(seen)) and "items" in schema:
        schema = schema | {"items": schema["items"] | {"required": fields}}
    wrongs = _errors(schema, value, lived=seen.path)
    yield from (f"reply {seen.status} {wrong}" for wrong in wrongs)


def _chosen(seen: Exchange) -> list[str]:
    """``fields`` of a finance request: its rows have these and no others."""
    told = _json(seen.sent) if seen.sent else None
    fields = told.get("fields") if isinstance(told, dict) else None
    return fields if isinstance(fields, list) else []


FILES = frozenset({"bytearray", "bytes", "str"})


@functools.cache
def _newest(file: str, told: str) -> Schema:
    return _annotation(file, told)


# The official files: OpenAPI 3.0


def _overlaid(op: Operation, seen: Exchange) -> Iterator[str]:
    asked = [_resolved(op.whole, each) for each in op.told.get("parameters", ())]
    given = dict(seen.query)
    for each in asked:
        if each["in"] != "query":
            continue
        if each["name"] not in given:
            if each.get("required"):
                yield f"query {each['name']} is required"
            continue
        schema = _plain(op.whole, each.get("schema", {}))
        values = given[each["name"]].split(",") if schema.get("type") == "array" else [given[each["name"]]]
        inner = schema.get("items", {}) if schema.get("type") == "array" else schema
        for value in values:
            wrongs = _errors(inner, _typed(inner, value), RICHER)
            yield from (f"query {each['name']}: {wrong}" for wrong in wrongs)
    body = _resolved(op.whole, op.told.get("requestBody", {}))
    if (schema := _content(op.whole, body)) is not None and (value := _json(seen.sent)) is not BROKEN:
        yield from (f"body {wrong}" for wrong in _errors(schema, value, RICHER | {"required"}))
    reply = _resolved(op.whole, op.told["responses"].get(str(seen.status), {}))
    if (schema := _content(op.whole, reply)) is not None and (value := _json(seen.reply)) is not BROKEN:
        yield from (f"reply {seen.status} {wrong}" for wrong in _errors(schema, value, RICHER))


def _content(whole: dict[str, Any], told: dict[str, Any]) -> Schema | None:
    content = told.get("content", {}).get("application/json", {})
    return _plain(whole, content["schema"]) if "schema" in content else None


def _resolved(whole: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in told:
        target: Any = whole
        for step in told["$ref"].split("/")[1:]:
            target = target[step]
        told = target
    return told


def _plain(whole: dict[str, Any], schema: Schema, depth: int = 0) -> Schema:
    """JSON Schema of an OpenAPI one: references in place, null where it is allowed, words left out."""
    schema = _resolved(whole, schema)
    if depth > 12:
        return {}
    plain = {key: schema[key] for key in (*RICHER, "required", "type") if key in schema}
    if isinstance(plain.get("required"), bool):
        del plain["required"]
    if schema.get("nullable") and "enum" in plain:
        plain["enum"] = [*plain["enum"], None]
    if "properties" in schema:
        told = schema["properties"]
        plain["properties"] = {key: _plain(whole, each, depth + 1) for key, each in told.items()}
    if "items" in schema:
        plain["items"] = _plain(whole, schema["items"], depth + 1)
    if "allOf" in schema:
        plain["allOf"] = [_plain(whole, each, depth + 1) for each in schema["allOf"]]
    return plain


# Both

BROKEN = object()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return BROKEN


@functools.cache
def _validator(schema: str) -> jsonschema.protocols.Validator:
    return jsonschema.Draft202012Validator(json.loads(schema))


def _errors(schema: Schema, value: Any, only: frozenset[str] | None = None, lived: str = "") -> Iterator[str]:
    """Each kind of error once: a thousand rows of one page tell the same."""
    told = set()
    for error in _validator(json.dumps(schema)).iter_errors(value):
        if only is not None and error.validator not in only:
            continue
        place = "/".join("*" if isinstance(step, int) else str(step) for step in error.absolute_path)
        key = (place, str(error.validator))
        if key in told or (lived, *key) in SEEN_LIVE:
            continue
        told.add(key)
        yield f"{place or 'value'}: {error.message[:160]}"
