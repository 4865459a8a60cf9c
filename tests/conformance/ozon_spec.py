"""An exchange with Ozon held against the published specifications: what is wrong with it, in words.

The models of October 2026 say what exists: their objects are closed. They have lost what a request must
have, enumerations and limits: for these the official files of April are laid over them, as far as they know
the method. A refusal is ``{code, message, details}``, whatever the method.
"""

import functools
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.conformance.spec import (
    BROKEN,
    ENDS_BADLY,
    RICHER,
    Schema,
    _content,
    _errors,
    _json,
    _pattern,
    _resolved,
    _typed,
)
from tests.sandbox.specs import LIVE_ONLY, OZON, SPECS
from tests.support.tap import OZON_HOSTS, Exchange

NEWEST = {
    OZON_HOSTS["ozon"]: OZON,
    OZON_HOSTS["performance"]: OZON.with_name("performance-DERIVED-from-ozon-sdk-0.2.0-2026-10.json"),
}
OFFICIAL = {
    OZON_HOSTS["ozon"]: SPECS / "ozon" / "seller-OFFICIAL-PCDCK-content-2026-04-15.json",
    OZON_HOSTS["performance"]: SPECS / "ozon" / "performance-OFFICIAL-PCDCK-content-2026-04-06.json",
}
REFUSALS = frozenset({400, 401, 403, 404, 409, 429})
REFUSAL: Schema = {
    "type": "object",
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "details": {"type": "array"},
    },
    "required": ["code", "message", "details"],
    "additionalProperties": False,
}
"""rpcStatus (facts/ozon.md section 11, trap 9)."""
ADS_REFUSAL: Schema = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
    "additionalProperties": False,
}

UNDESCRIBED = {("POST", "/api/client/token"): "described in words only: facts/ozon.md section 8"}
"""Methods that are there and in no file; only that they answer JSON is asked of them."""
TWIN = "/json"
"""Reports of Performance that are described as CSV are there as JSON too, seen live: the request is the same,
the reply is described nowhere."""

SEEN_LIVE: dict[tuple[str, str, str], str] = {
    (
        "/api/client/statistics/products/sku",
        "body value",
        "('date_from', 'date_to' were unexpected)",
    ): "dateFrom and dateTo in the models, the others were seen to work (facts/ozon.md section 8)",
}
"""Where life is known to differ from the files: the path, "body" or "reply" and the place in it, the error;
and where that is told."""

LISTS: dict[str, tuple[str, ...]] = {
    "/v1/finance/cash-flow-statement/list": (
        "result/details",
        "result/details/payments",
        "result/details/delivery/delivery_services/items",
        "result/details/return/return_services/items",
    ),
    "/v2/returns/rfbs/list": ("returns",),
}
"""Objects in the files, lists of them live or in the published examples (facts/ozon.md sections 2.2 and 11,
trap 12); from the outside inwards."""


class Method(NamedTuple):
    """A described method: how, and in which file."""

    told: dict[str, Any]
    whole: dict[str, Any]


@functools.cache
def _file(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        told: dict[str, Any] = json.load(file, object_hook=_without_nulls)
    return told


def _without_nulls(told: dict[str, Any]) -> dict[str, Any]:
    """``"enum": null`` is in the official files, and says nothing."""
    return {key: value for key, value in told.items() if key != "enum" or value is not None}


def described(files: dict[str, Any], seen: Exchange) -> Method | None:
    """The method that was asked, as a set of files has it; a path without variables is preferred."""
    whole = _file(str(files[seen.host]))
    found = [
        (template.count("{"), template)
        for template, item in whole["paths"].items()
        if seen.verb.lower() in item and _pattern(template).fullmatch(seen.path)
    ]
    if not found:
        return None
    return Method(whole["paths"][min(found)[1]][seen.verb.lower()], whole)


def complaints(seen: Exchange) -> list[str]:
    """Everything that the specifications do not allow about it."""
    return [f"{seen.method}: {each}" for each in dict.fromkeys(_complaints(seen))]


def _complaints(seen: Exchange) -> Iterator[str]:
    newest, official = described(NEWEST, seen), described(OFFICIAL, seen)
    if newest is None:
        twin = seen._replace(path=seen.path.removesuffix(TWIN))
        if twin.path != seen.path and (method := described(NEWEST, twin)) is not None:
            yield from _asked(method, twin)
        elif (seen.verb, seen.path) not in UNDESCRIBED:
            yield "unknown path"
            return
        if _json(seen.reply) is BROKEN and seen.status not in ENDS_BADLY:
            yield "the reply is not JSON"
        return
    yield from _asked(newest, seen)
    yield from _answered(newest, seen)
    if official is not None:
        yield from _overlaid(official, seen)


# The newest files


def _asked(method: Method, seen: Exchange) -> Iterator[str]:
    schema = _described_body(method)
    if seen.verb == "GET":
        yield from _query(method, schema, seen)
        return
    if seen.query:
        yield "a query is sent that nobody asked for"
    value = _json(seen.sent or b"{}")
    if value is BROKEN or not isinstance(value, dict):
        yield "the body is not a JSON object"
        return
    if schema is not None:
        yield from _wrongs(seen, "body", schema, value)


def _query(method: Method, schema: Schema | None, seen: Exchange) -> Iterator[str]:
    """The models tell a GET's query as a body, the official files as parameters."""
    if seen.sent:
        yield "a body is sent that nobody asked for"
    known = set((schema or {}).get("properties", ()))
    known |= {each["name"] for each in map(functools.partial(_resolved, method.whole), _parameters(method))}
    official = described(OFFICIAL, seen)
    known |= {each["name"] for each in _parameters(official)} if official else set()
    for name, _ in seen.query:
        if name not in known:
            yield f"query {name} is not known"


def _parameters(method: Method) -> list[dict[str, Any]]:
    return [each for each in method.told.get("parameters", ()) if each.get("in") == "query"]


def _described_body(method: Method) -> Schema | None:
    body = _resolved(method.whole, method.told.get("requestBody", {}))
    content = body.get("content", {}).get("application/json", {})
    if "schema" not in content:
        return None
    return closed(method.whole, content["schema"])


def _answered(method: Method, seen: Exchange) -> Iterator[str]:
    if seen.status in ENDS_BADLY:
        return
    if seen.kind != "application/json":
        if not seen.reply:
            yield "an empty file"
        return
    value = _json(seen.reply)
    if value is BROKEN:
        yield "the reply is not JSON"
        return
    if seen.status in REFUSALS:
        refusal = REFUSAL if seen.host == OZON_HOSTS["ozon"] else ADS_REFUSAL
        yield from (f"refusal {wrong}" for wrong in _errors(refusal, value))
        return
    if seen.status != 200:
        yield f"status {seen.status} is not described"
        return
    content = method.told["responses"]["200"].get("content", {}).get("application/json", {})
    if "schema" in content:
        schema = closed(method.whole, content["schema"], LIVE_ONLY, nothing=True)
        for place in LISTS.get(seen.path, ()):
            _make_list(schema, place)
        yield from _wrongs(seen, "reply", schema, value)


def _make_list(schema: Schema, place: str) -> None:
    *way, last = place.split("/")
    for step in way:
        schema = schema["properties"][step]
        schema = schema.get("items", schema)
    told = schema["properties"]
    told[last] = {"type": ["array", "null"], "items": told[last]}


def closed(
    whole: dict[str, Any],
    schema: Schema,
    more: frozenset[str] | set[str] = frozenset(),
    *,
    nothing: bool = False,
    depth: int = 0,
) -> Schema:
    """JSON Schema of a model: nothing but its fields and ``more``; ``nothing``: all may be null, as live.
    A reference that leads nowhere, and what holds itself, is anything."""
    if depth > 12 or not _leads(whole, schema):
        return {}
    schema = _resolved(whole, schema)
    none = ["null"] if nothing else []
    if "properties" in schema:
        told = {
            name: closed(whole, each, more, nothing=nothing, depth=depth + 1)
            for name, each in schema["properties"].items()
        }
        told |= {name: {} for name in more if name not in told}
        return {"type": ["object", *none], "properties": told, "additionalProperties": False}
    if schema.get("type") == "array":
        items = closed(whole, schema.get("items", {}), more, nothing=nothing, depth=depth + 1)
        return {"type": ["array", *none], "items": items}
    return {"type": [schema["type"], *none]} if "type" in schema else {}


def _leads(whole: dict[str, Any], schema: Schema) -> bool:
    try:
        _resolved(whole, schema)
    except KeyError:
        return False
    return True


# The official files


def _overlaid(method: Method, seen: Exchange) -> Iterator[str]:
    if seen.verb == "GET":
        given = dict(seen.query)
        for each in _parameters(method):
            schema = each.get("schema", {})
            if each.get("required") and each["name"] not in given:
                yield f"query {each['name']} is required"
            elif each["name"] in given and schema.get("type") != "array":
                wrongs = _errors(
                    {key: schema[key] for key in (*RICHER, "type") if key in schema},
                    _typed(schema, given[each["name"]]),
                    RICHER,
                )
                yield from (f"query {each['name']}: {wrong}" for wrong in wrongs)
    else:
        body = _resolved(method.whole, method.told.get("requestBody", {}))
        if (schema := _content(method.whole, body)) is not None:
            value = _json(seen.sent or b"{}")
            yield from _wrongs(seen, "body", schema, value, RICHER | {"required"})
    reply = _resolved(method.whole, method.told["responses"].get(str(seen.status), {}))
    schema, value = _content(method.whole, reply), _json(seen.reply)
    if seen.status == 200 and schema is not None and value is not BROKEN:
        yield from _wrongs(seen, "reply", schema, value, frozenset({"enum"}))


def _wrongs(
    seen: Exchange, where: str, schema: Schema, value: Any, only: frozenset[str] | None = None
) -> Iterator[str]:
    for wrong in _errors(schema, value, only):
        place, _, told = wrong.partition(": ")
        if not any(
            (path, known) == (seen.path, f"{where} {place}") and rule in told
            for path, known, rule in SEEN_LIVE
        ):
            yield f"{where} {wrong}"
