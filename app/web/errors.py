"""Whatever goes wrong, as one reply: ``{"error": {code, message, trace_id, fields?, lines?}}``."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import structlog
from aiohttp import web
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from app.core.errors import AmbarError, BadInput, Conflict, NotAllowed, NotFound, NotNow
from app.core.redact import redact_text
from app.core.trace import current_trace
from app.web.wire.common import ErrorBody, ErrorReply, FieldFault, LineResult

log = structlog.get_logger(__name__)

MOST_FAULTS = 50
AGAIN = MappingProxyType({"Retry-After": "1"})
DATABASE_AWAY = "База данных сейчас не отвечает. Повторите через минуту с тем же ref."


@dataclass(eq=False)
class Refusal(Exception):
    """What the request is answered with instead."""

    status: int
    code: str
    message: str
    fields: Sequence[FieldFault] | None = None
    lines: Sequence[LineResult] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "Запрос не читается."),
    401: ("unauthorized", "Нужен заголовок Authorization: Bearer и действующий токен."),
    403: ("forbidden", "Роли этого токена это не разрешено."),
    404: ("not_found", "Такого адреса нет. Что есть: /docs"),
    405: ("method_not_allowed", "Этот адрес так не спрашивают. Как спрашивают: /docs"),
    408: ("too_slow", "Запрос не пришёл целиком за отведённое время."),
    413: ("too_large", "Запрос слишком велик: разделите документ на части."),
    415: ("unsupported_media_type", "Нужен Content-Type: application/json."),
    429: ("too_many_requests", "Слишком много запросов этого токена разом. Повторите через секунду."),
    503: ("unavailable", "Сейчас не получается. Повторите через минуту."),
}
"""What the protocol itself refuses."""


def refusal(status: int, **headers: str) -> Refusal:
    """One of ``CODES``."""
    code, message = CODES[status]
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal(status, code, message, headers=told)


def understood(problem: Exception) -> Refusal:
    """The refusal for any exception; what nobody foresaw is logged whole and told by its trace only."""
    match problem:
        case Refusal():
            return problem
        case ValidationError():
            return _invalid(problem)
        case web.HTTPException():
            return _protocol(problem)
        case AmbarError():
            return _sentence(problem)
        case OperationalError() | InterfaceError() | PoolExhausted():
            log.error("api_database_away", error=type(problem).__name__)
            return Refusal(503, "unavailable", DATABASE_AWAY, headers=AGAIN)
    # Not exc_info: a renderer may print the locals of every frame, and some hold a token.
    stack = redact_text("".join(traceback.format_exception(problem)))
    log.error("api_failed", error=type(problem).__name__, stack=stack)
    return Refusal(500, "internal", "Что-то сломалось у нас. Передайте администратору trace_id.")


def reply(problem: Refusal) -> web.Response:
    """In the one form."""
    body = ErrorBody(
        code=problem.code,
        message=problem.message,
        trace_id=current_trace(),
        fields=None if problem.fields is None else [*problem.fields],
        lines=None if problem.lines is None else [*problem.lines],
    )
    text = ErrorReply(error=body).model_dump_json(exclude_none=True)
    headers = {name: value for name, value in problem.headers.items() if name.lower() != "content-type"}
    return web.Response(text=text, status=problem.status, content_type="application/json", headers=headers)


def _protocol(problem: web.HTTPException) -> Refusal:
    code, message = CODES.get(problem.status, ("bad_request", CODES[400][1]))
    kept = {name: problem.headers[name] for name in ("Allow",) if name in problem.headers}
    return Refusal(problem.status, code, message, headers=kept)


def _sentence(problem: AmbarError) -> Refusal:
    match problem:
        case BadInput():
            return Refusal(422, "invalid", str(problem))
        case NotFound():
            return Refusal(404, "not_found", str(problem))
        case Conflict():
            return Refusal(409, "conflict", str(problem))
        case NotAllowed():
            return Refusal(403, "forbidden", str(problem))
        case NotNow():
            return Refusal(503, "unavailable", str(problem), headers=AGAIN)
    return Refusal(422, "invalid", str(problem))


def _invalid(problem: ValidationError) -> Refusal:
    found = problem.errors(include_url=False, include_input=False)
    if any(each["type"] == "json_invalid" for each in found):
        return Refusal(400, "bad_json", "Тело запроса — не JSON.")
    faults = [FieldFault(path=_path(each), message=_reason(each)) for each in found[:MOST_FAULTS]]
    return Refusal(422, "invalid", f"Запрос заполнен неверно, ошибок: {len(found)}.", fields=faults)


def _path(fault: ErrorDetails) -> str:
    return ".".join(str(part) for part in fault["loc"])


def _reason(fault: ErrorDetails) -> str:
    bounds = fault.get("ctx", {})
    match fault["type"]:
        case "missing":
            return "обязательное поле"
        case "extra_forbidden":
            return "такого поля нет"
        case "greater_than_equal":
            return f"нужно не меньше {bounds['ge']}"
        case "less_than_equal":
            return f"нужно не больше {bounds['le']}"
        case "too_short" | "string_too_short":
            return f"не меньше {bounds['min_length']}"
        case "too_long" | "string_too_long":
            return f"не больше {bounds['max_length']}"
        case "string_pattern_mismatch":
            return "есть недопустимые знаки"
        case "literal_error":
            return f"нужно одно из: {bounds['expected']}".replace(" or ", ", ")
        case "value_error":
            return str(bounds["error"])
        case "timezone_aware":
            return "у момента должен быть часовой пояс"
        case kind if kind.startswith("int"):
            return "нужно целое число"
        case kind if kind.startswith(("date", "timezone")):
            return "нужны день или момент в виде ISO 8601"
        case kind if kind.startswith("bool"):
            return "нужно true или false"
        case kind if kind.startswith("string"):
            return "нужна строка"
        case kind if kind.startswith(("list", "model", "dict")):
            return "здесь нужно другое: объект или список"
        case _:
            return "такое значение не годится"
