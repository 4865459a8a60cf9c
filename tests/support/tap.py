"""A tap on the sandbox's wire: whatever our client really sends and is really answered, seen or spoilt.

It stands in front of every method, faults included. A meddler sees an exchange before the answer goes
out and may change it, or answer instead of the sandbox.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from aiohttp import web

from app.sandbox.http import Handler
from app.sandbox.server import SandboxServer

OZON_HOSTS = {"ozon": "api-seller.ozon.ru", "performance": "api-performance.ozon.ru"}
"""Each has a part of the sandbox to itself; Wildberries' hosts share one."""


class Exchange(NamedTuple):
    """A request and its reply. ``host`` and ``path`` are the marketplace's own."""

    verb: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    sent: bytes
    status: int
    reply: bytes
    kind: str = "application/json"

    @property
    def method(self) -> str:
        """Verb, host and path in one line."""
        return f"{self.verb} {self.host} {self.path}"


class Answer(NamedTuple):
    """What goes out instead."""

    status: int
    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012 - a constant of a tuple's default


Instead = Callable[[Exchange], Answer | None]
"""Sees a request (status 0) before the sandbox does; an answer keeps it from the sandbox."""
Spoil = Callable[[Exchange], bytes | None]
"""Sees an exchange; bytes go out in the place of its reply."""


@dataclass(slots=True)
class Tap:
    """What went over the wire since it was last emptied, oldest first. ``at``: the parts of the sandbox that
    are listened at."""

    at: frozenset[str] = frozenset({"wb"})
    heard: list[Exchange] = field(default_factory=list)
    instead: Instead | None = None
    spoil: Spoil | None = None

    def taken(self) -> list[Exchange]:
        """Everything heard so far, forgotten afterwards."""
        told, self.heard = self.heard, []
        return told

    def leave(self) -> None:
        """Meddle no more."""
        self.instead = self.spoil = None

    async def stand(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The middleware."""
        part, _, path = request.path.removeprefix("/").partition("/")
        if part not in self.at:
            return await handler(request)
        host = OZON_HOSTS.get(part, "")
        if not host:
            host, _, path = path.partition("/")
        query = tuple((name, value) for name, value in request.query.items())
        asked = Exchange(request.method, host, f"/{path}", query, await request.read(), 0, b"")
        told = self.instead(asked) if self.instead else None
        if told is not None:
            answer: web.StreamResponse = web.Response(
                body=told.body, status=told.status, headers=told.headers, content_type="application/json"
            )
        else:
            answer = await handler(request)
        if not isinstance(answer, web.Response):
            return answer
        body = bytes(answer.body) if isinstance(answer.body, bytes | bytearray) else b""
        heard = asked._replace(status=answer.status, reply=body, kind=answer.content_type)
        spoilt = self.spoil(heard) if self.spoil and told is None else None
        if spoilt is not None:
            answer.body, heard = spoilt, heard._replace(reply=spoilt)
        self.heard.append(heard)
        return answer


def tapped(server: SandboxServer, *at: str) -> Tap:
    """Put a tap on a server that does not listen yet; ``at``: "wb" unless told, "ozon", "performance"."""
    tap = Tap(at=frozenset(at or ("wb",)))

    @web.middleware
    async def standing(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await tap.stand(request, handler)

    server._app.middlewares.insert(0, standing)
    return tap
