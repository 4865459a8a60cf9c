"""Faults on order: what a marketplace answers on a bad day, for paths that match, so many times."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from app.sandbox.http import Handler

ECHOES = {"echo_400": 400, "echo_401": 401, "echo_403": 403, "echo_500": 500}
"""Refusals by somebody careless, who repeats the request's headers, the secret ones too."""
SPOIL = ("half_page", "new_field", "wrong_type", "buyers")
BEFORE = frozenset({"500", "garbage", "timeout", "429", "reset", "empty", *ECHOES})
"""These answer instead of the method; the others spoil its answer."""
KINDS = (*sorted(BEFORE), *SPOIL)

BUYER = {
    "customer": {
        "name": "Канарейкина Ольга Петровна",
        "phone": "+79990001122",
        "address": {"city": "Канарск"},
    },
    "userName": "Ольга К.",
    "b2bCustomerTin": "770012345678",
}
"""Whoever bought, as no reply that we ask for tells today: the names are those of other methods."""

LONG = 3_600.0
DECIMAL = re.compile(r"^-?\d+\.\d+$")


@dataclass(slots=True)
class Fault:
    """``left`` more requests whose path matches are answered with ``kind``."""

    path: re.Pattern[str]
    kind: str
    left: int


@dataclass(slots=True)
class Faults:
    """The faults in force, oldest first."""

    standing: list[Fault] = field(default_factory=list)

    def add(self, path: str, kind: str, times: int) -> None:
        """Raises ValueError for an unknown kind or a bad pattern."""
        if kind not in KINDS or times < 1:
            raise ValueError(f"kind is one of {', '.join(KINDS)}; times is at least 1")
        try:
            self.standing.append(Fault(re.compile(path), kind, times))
        except re.error as wrong:
            raise ValueError(f"path is not a pattern: {wrong}") from None

    def clear(self) -> None:
        """No faults."""
        self.standing.clear()

    def due(self, path: str) -> str | None:
        """The kind that strikes this request, counted off."""
        for fault in self.standing:
            if fault.path.search(path):
                fault.left -= 1
                if fault.left == 0:
                    self.standing.remove(fault)
                return fault.kind
        return None

    async def strike(self, kind: str, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer ``request`` as the fault has it."""
        if kind in BEFORE:
            return await _instead(kind, request)
        answer = await handler(request)
        if not isinstance(answer, web.Response) or answer.status != 200 or not isinstance(answer.body, bytes):
            return answer
        spoiled = _spoil(kind, answer.body)
        own = ("content-length", "content-type")
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in own}
        return web.Response(body=spoiled, headers=kept, content_type="application/json", charset="utf-8")


async def _instead(kind: str, request: web.Request) -> web.StreamResponse:
    if kind == "timeout":
        await asyncio.sleep(LONG)
    if kind == "reset" and request.transport is not None:
        request.transport.abort()
    if kind == "429":
        headers = {"X-Ratelimit-Limit": "1", "X-Ratelimit-Remaining": "0"}
        headers |= {"X-Ratelimit-Reset": "1", "X-Ratelimit-Retry": "1", "Retry-After": "1"}
        told = {"title": "too many requests", "status": 429, "code": 8}
        return web.json_response(told, status=429, headers=headers)
    if kind == "garbage":
        return web.Response(text="<html><body>502 Bad Gateway</body></html>", content_type="text/html")
    if kind == "empty":
        return web.Response(status=200, content_type="application/json")
    if kind in ECHOES:
        # The secret ones first: who quotes a refusal quotes its beginning.
        heard = sorted(request.headers.items(), key=lambda item: item[0] not in ("Authorization", "Api-Key"))
        words = ", ".join(f"{name}: {value}" for name, value in heard)
        return web.json_response({"code": 3, "detail": f"bad request with {words}"}, status=ECHOES[kind])
    return web.json_response({"code": 13, "message": "internal error"}, status=500)


def _spoil(kind: str, body: bytes) -> bytes:
    if kind == "half_page":
        return body[: len(body) // 2]
    value = json.loads(body or b"null")
    if kind == "wrong_type":
        changed = _with_other_types(value)
    else:
        changed = _with_news(value, BUYER if kind == "buyers" else NEWS)
    return json.dumps(changed, ensure_ascii=False).encode()


NEWS = {"isEcoFriendly": True, "ecoLabels": [{"code": 7}]}


def _with_news(value: Any, news: dict[str, Any]) -> Any:
    """Every object gains fields that nobody announced."""
    if isinstance(value, list):
        return [_with_news(item, news) for item in value]
    if isinstance(value, dict):
        return {key: _with_news(item, news) for key, item in value.items()} | news
    return value


def _with_other_types(value: Any) -> Any:
    """Decimals in strings become numbers, numbers become strings: the drift that was seen live."""
    if isinstance(value, list):
        return [_with_other_types(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_other_types(item) for key, item in value.items()}
    if isinstance(value, str) and DECIMAL.match(value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value
