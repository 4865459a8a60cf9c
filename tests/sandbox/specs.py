"""Published specifications as JSON Schemas, read where they lie beside the repository."""

import functools
import json
import re
from pathlib import Path
from typing import Any

import yaml

SPECS = Path(__file__).resolve().parents[2] / ".." / "shared" / "specs"
WB = SPECS / "wb" / "newest-2026-10-24"
OZON = SPECS / "ozon" / "seller-DERIVED-from-ozon-sdk-0.2.0-2026-10.json"
PERFORMANCE = SPECS / "ozon" / "performance-DERIVED-from-ozon-sdk-0.2.0-2026-10.json"

SIMPLE = {
    "str": {"type": "string"},
    "StrictStr": {"type": "string"},
    "int": {"type": "integer"},
    "StrictInt": {"type": "integer"},
    "bool": {"type": "boolean"},
    "StrictBool": {"type": "boolean"},
    "float": {"type": "number"},
    "UUID": {"type": "string", "format": "uuid"},
    "uuid.UUID": {"type": "string", "format": "uuid"},
    "datetime.date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "datetime.datetime": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"},
    "NoneType": {"type": "null"},
    "Any": {},
    "object": {},
}


@functools.cache
def _wb_file(name: str) -> dict[str, Any]:
    return read_yaml((WB / f"{name}.yaml").read_text(encoding="utf-8"))


def read_yaml(text: str) -> Any:
    """With the parser in C where there is one: it is eight times as fast, and the files are large."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def wb_reply(file: str, verb: str, path: str, status: int = 200) -> dict[str, Any]:
    """The schema of a reply in the rebuilt WB files, whose types are Python annotations in text.

    Every object is closed: a field that the spec does not know is an error.
    """
    told = _wb_file(file)["paths"][path][verb]["responses"][str(status)]
    return _annotation(file, told)


def _annotation(file: str, text: str) -> dict[str, Any]:
    text = text.strip()
    if text.startswith("<enum '"):
        return _model(file, text.removeprefix("<enum '").removesuffix("'>").removesuffix(">").rstrip("'"))
    head, _, rest = text.partition("[")
    if rest:
        parts = _split(rest[:-1])
        if head == "Optional":
            return _or_null(_annotation(file, rest[:-1]))
        if head == "List":
            return {"type": "array", "items": _annotation(file, rest[:-1])}
        if head == "Union":
            return {"anyOf": [_annotation(file, part) for part in parts]}
        if head == "Annotated":
            return _limited(_annotation(file, parts[0]), text)
        if head in ("Dict", "Set"):
            return {"type": "object"}
        raise AssertionError(f"unknown annotation {text}")
    return SIMPLE[text] if text in SIMPLE else _model(file, text)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A list of types where it can be, which is read several times as fast as alternatives and tells
    what is wrong inside."""
    kind = schema.get("type")
    if not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]}
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [kind, "null"]} | enum


LIMITS = (
    (r"MaxLen\(max_length=(\d+)\)", {"string": "maxLength", "array": "maxItems"}),
    (r"MinLen\(min_length=(\d+)\)", {"string": "minLength", "array": "minItems"}),
    (r"\bLe\(le=(-?\d+)\)", {"integer": "maximum", "number": "maximum"}),
    (r"\bGe\(ge=(-?\d+)\)", {"integer": "minimum", "number": "minimum"}),
)


def _limited(schema: dict[str, Any], text: str) -> dict[str, Any]:
    """The limits that an annotation (or a field's ``constraints``) tells of."""
    limits = {}
    for pattern, keywords in LIMITS:
        found, keyword = re.search(pattern, text), keywords.get(str(schema.get("type")))
        if found and keyword:
            limits[keyword] = int(found[1])
    return schema | limits


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, letter in enumerate(text):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [*parts, text[start:]]


def _model(file: str, name: str) -> dict[str, Any]:
    model = _wb_file(file)["components"]["schemas"][name]
    if "properties" not in model and "enum" in model:
        return {"enum": model["enum"]}
    if "actual_instance" in model.get("properties", {}):
        return _annotation(file, model["properties"]["actual_instance"]["type"])
    properties = {}
    for key, described in model.get("properties", {}).items():
        schema = _limited(_annotation(file, described["type"]), described.get("constraints", ""))
        if "enum" in described and "integer" in schema.get("type", ()):
            none = [None] if "null" in schema["type"] else []
            schema = schema | {"enum": [*(int(v) for v in re.findall(r"-?\d+", described["enum"])), *none]}
        elif "enum" in described:
            words = re.findall(r"'([^']*)'", described["enum"])
            schema = {"allOf": [schema, {"enum": [*words, None]}]}
        properties[key] = schema
    required = model.get("required", [])
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required == "ALL" else required,
        "additionalProperties": False,
    }


@functools.cache
def _ozon_file() -> dict[str, Any]:
    return json.loads(OZON.read_text(encoding="utf-8"))


LIVE_ONLY = {"quantity", "description"}
"""Fields that live replies have and the models of October 2026 do not (ozon.md 2.1 and 2.2)."""


def ozon_reply(path: str) -> dict[str, Any]:
    """The schema of a 200 reply; objects are closed but for LIVE_ONLY, and may be null as they are live."""
    described = _ozon_file()["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]
    return _closed(described["schema"])


def performance_reply(verb: str, path: str) -> dict[str, Any]:
    """The same of Ozon's Performance API; of a method with ``/json`` behind it, that of the method."""
    told = _performance_file()["paths"][path][verb]["responses"]["200"]["content"]["application/json"]
    return _closed(told["schema"], _performance_file())


@functools.cache
def _performance_file() -> dict[str, Any]:
    return json.loads(PERFORMANCE.read_text(encoding="utf-8"))


def _referred(name: str, file: dict[str, Any]) -> Any:
    """Of two models of one name each is called by its module, and a reference by the name alone."""
    target: Any = file
    for step in name.split("/")[1:-1]:
        target = target[step]
    last = name.rpartition("/")[2]
    return target.get(last) or next(value for key, value in target.items() if key.endswith(f".{last}"))


def _closed(schema: dict[str, Any], file: dict[str, Any] | None = None) -> dict[str, Any]:
    file = file or _ozon_file()
    while "$ref" in schema:
        schema = _referred(schema["$ref"], file)
    if "properties" in schema:
        properties = {key: _closed(value, file) for key, value in schema["properties"].items()}
        properties |= {key: {} for key in LIVE_ONLY if key not in properties}
        return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
    if schema.get("type") == "array":
        return {"type": ["array", "null"], "items": _closed(schema["items"], file)}
    return {"type": [schema["type"], "null"]} if "type" in schema else {}
