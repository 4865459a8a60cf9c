"""The OpenAPI 3.1 document, built from the endpoints and their models: no copy of it can fall behind."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.web.endpoint import Endpoint
from app.web.errors import CODES
from app.web.wire.common import MOST_ID, ErrorReply
from app.web.wire.reads import RefreshReply

REF = "#/components/schemas/{model}"
TRACE = {
    "name": "X-Trace-Id",
    "in": "header",
    "required": False,
    "description": "Ваш номер запроса, до 64 букв, цифр и знаков :._- — он вернётся в ответе и есть в логах.",
    "schema": {"type": "string"},
}
WORDS: Mapping[int, str] = {
    404: "Такого товара, места, партии или документа у вас нет.",
    409: "Ничего не проведено: не хватает товара, или номер занят другим документом.",
    422: "Запрос заполнен неверно; поля названы.",
}
"""Where the sentence of a status is another one for somebody who reads than for somebody refused."""

DESCRIPTION = """\
Складская книга для программ. Токен делает владелец организации: /api в чате или ./ambar token make.
У токена есть роль, ему можно то же, что этой роли в чате.
Документ носит номер (ref), который выбирает программа: повтор с тем же номером ничего не делает второй раз и
отвечает IDEMPOTENT. Ошибка всегда одного вида, с trace_id.
"""

Schema = Mapping[str, Any]


def build_openapi(endpoints: Sequence[Endpoint], *, version: str) -> dict[str, Any]:
    """The document as JSON takes it."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ambar", "version": version, "description": DESCRIPTION},
        "security": [{"token": []}],
        "paths": _paths(endpoints),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(endpoints),
            "parameters": {"trace": TRACE},
            "headers": {"trace": {"description": "Номер запроса.", "schema": {"type": "string"}}},
        },
    }


def with_admin(document: dict[str, Any], path: str, header: str) -> dict[str, Any]:
    """The same with the operator's own address, which is there only where it is switched on."""
    operation = {
        "operationId": "admin_refresh_mv",
        "summary": "Обновить свод для аналитики сейчас",
        "description": "Для того, кто держит этот Ambar.",
        "security": [{"operator": []}],
        "parameters": [{"$ref": "#/components/parameters/trace"}],
        "responses": {
            "200": _response("Сделано.", RefreshReply),
            **{str(status): _refused(status) for status in (401, 503)},
        },
    }
    document["paths"][path] = {"post": operation}
    document["components"]["securitySchemes"]["operator"] = {"type": "apiKey", "in": "header", "name": header}
    document["components"]["schemas"]["RefreshReply"] = RefreshReply.model_json_schema(
        ref_template=REF, mode="serialization"
    )
    return document


def _paths(endpoints: Iterable[Endpoint]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        found.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return found


def _operation(each: Endpoint) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": each.path.strip("/").replace("/", "_").replace("{id}_", ""),
        "summary": each.summary,
        "description": f"Право: /{each.deed}.",
        "parameters": [{"$ref": "#/components/parameters/trace"}, *_parameters(each)],
        "responses": {
            "200": _response("Сделано." if each.body else "Ответ.", each.answer),
            **{str(status): _refused(status) for status in each.statuses},
        },
    }
    if each.body is not None:
        made["requestBody"] = {"required": True, "content": _json(each.body)}
    return made


def _parameters(each: Endpoint) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if each.has_number:
        schema = {"type": "integer", "minimum": 1, "maximum": MOST_ID}
        made.append({"name": "id", "in": "path", "required": True, "schema": schema})
    if each.query is not None:
        asked = each.query.model_json_schema()
        made += [
            {
                "name": name,
                "in": "query",
                "required": name in asked.get("required", ()),
                "description": schema.get("description", ""),
                "schema": _said(schema),
            }
            for name, schema in asked["properties"].items()
        ]
    return made


def _said(schema: Schema) -> Schema:
    """A parameter that may be left out is just left out: nobody can say null in an address."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "title", "description")}
    if not kinds:
        return rest
    return {**{name: value for name, value in rest.items() if name != "default"}, **kinds[0]}


def _refused(status: int) -> dict[str, Any]:
    made = _response(WORDS.get(status) or CODES[status][1], ErrorReply)
    if status in (429, 503):
        made["headers"]["Retry-After"] = {"schema": {"type": "string"}}
    return made


def _response(words: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        "description": words,
        "headers": {"X-Trace-Id": {"$ref": "#/components/headers/trace"}},
        "content": _json(model),
    }


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}


def _schemas(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    wanted: dict[tuple[type[BaseModel], Literal["validation", "serialization"]], None] = {}
    for each in endpoints:
        if each.body is not None:
            wanted[each.body, "validation"] = None
        wanted[each.answer, "serialization"] = None
    wanted[ErrorReply, "serialization"] = None
    _, document = models_json_schema([*wanted], ref_template=REF)
    found: dict[str, Any] = document["$defs"]
    return dict(sorted(found.items()))
