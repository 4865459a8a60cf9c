"""Who may come in at WB, how often, and how a refusal looks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.sandbox.http import Handler, Refused, reply
from app.sandbox.limits import Limits, Rate
from app.sandbox.wb.tokens import BASE, HOST_SCOPES, Bearer, TokenRefused, Tokens
from app.sandbox.world import World

MINUTE, HOUR = 60.0, 3_600.0
STATUS_TEXT = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class Method:
    """A method's host and quotas: ``full`` for personal and service tokens, ``base`` for base ones
    (None: closed to them). ``twin`` tells apart two methods of one path; methods of one ``group`` share
    an allowance; one that ``writes`` is closed to read-only tokens."""

    host: str
    path: str
    full: Rate
    base: Rate | None
    twin: str = ""
    group: str = ""
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """Stands before every WB method."""

    world: World
    tokens: Tokens
    limits: Limits

    def guard(self, method: Method, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
        """``handler`` behind token, category and quota."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                bearer = self._bearer(request)
                self._scope(method, bearer)
                quota = self._quota(method, bearer)
            except Refused as refused:
                return refused.reply
            try:
                answer = await handler(request)
            except Refused as refused:
                answer = refused.reply
            answer.headers.update(quota)
            return answer

        return guarded

    def problem(
        self, status: int, title: str, detail: str, *, code: str = "", headers: dict[str, str] | None = None
    ) -> web.Response:
        """application/problem+json as the gateway writes it."""
        value: dict[str, Any] = {
            "title": title,
            "detail": detail,
            "code": code or "07e4668e-a53a3d31f8b0-[UK-oWaVDUqNrKG]; 03bce=277; 84bd353bf-75",
            "requestId": "7b80742415072fe8b6b7f7761f1d1211",
            "origin": "s2s-api-auth-catalog",
            "status": status,
            "statusText": STATUS_TEXT[status],
            "timestamp": self.world.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return reply(value, status, headers, kind="application/problem+json")

    def _bearer(self, request: web.Request) -> Bearer:
        try:
            return self.tokens.check(request.headers.get("Authorization"), self.world.now)
        except TokenRefused as refused:
            raise Refused(self.problem(401, "unauthorized", str(refused))) from None

    def _scope(self, method: Method, bearer: Bearer) -> None:
        if not bearer.may(HOST_SCOPES[method.host]):
            text = "scope is not allowed for this resource"
            raise Refused(self.problem(403, "forbidden", text, code=text))
        if method.writes and bearer.read_only:
            text = "read-only token scope is not allowed for this resource"
            raise Refused(self.problem(403, "forbidden", text, code=text))
        if bearer.acc == BASE and method.base is None:
            text = "base token is not allowed"
            raise Refused(self.problem(403, "forbidden", text, code=f"{text} for this path"))

    def _quota(self, method: Method, bearer: Bearer) -> dict[str, str]:
        rate = method.base if bearer.acc == BASE and method.base else method.full
        place = method.group or f"{method.host}{method.path}{method.twin}"
        bucket = f"{place}/{'base' if bearer.acc == BASE else 'full'}"
        verdict = self.limits.take(bearer.seller, bucket, rate)
        headers = {"X-Ratelimit-Limit": str(verdict.limit), "X-Ratelimit-Remaining": str(verdict.remaining)}
        if verdict.wait <= 0:
            return headers
        wait = str(verdict.whole_seconds)
        headers |= {"X-Ratelimit-Reset": wait, "X-Ratelimit-Retry": wait}
        detail = "rate limit exceeded, retry after the period specified in the X-RateLimit-Retry header"
        raise Refused(self.problem(429, "too many requests", detail, headers=headers))
