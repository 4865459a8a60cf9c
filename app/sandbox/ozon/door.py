"""The door of the Ozon API: whose key it is, how often it may ask, and how refusals look.

``{code, message, details}``; 50 requests a second over all methods of a Client-Id (facts/ozon.md section 1).
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.sandbox.http import Handler, Refused, body_of, reply
from app.sandbox.limits import Limits, Rate
from app.sandbox.world import World

ACCOUNT_RATE = Rate(1 / 50, 50)
KEY_LIFE_DAYS = 90
INVALID, FORBIDDEN, OBSOLETE, UNAUTHENTICATED, EXHAUSTED, NOT_FOUND = 3, 7, 9, 16, 8, 5

NOT_PAID = "method is not available with existing subscription"

Answer = Callable[[dict[str, Any]], Awaitable[web.Response]]
"""A method: the body asked with → the reply."""


ASKED_AT: ContextVar[str] = ContextVar("ASKED_AT", default="")
"""The address that the request being answered came to: links lead back to it."""


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """``{code, message, details}``."""
    return reply({"code": code, "message": message, "details": []}, status, headers)


def invalid(message: str) -> web.Response:
    """400: what was asked cannot be."""
    return error(400, INVALID, message)


@dataclass(slots=True)
class Door:
    """Who may come in. ``key_expires_in_days`` counts from the sandbox's today; ``closed`` are paths that
    want a subscription which this seller has not."""

    world: World
    limits: Limits
    key_expires_in_days: int = KEY_LIFE_DAYS
    closed: frozenset[str] = frozenset()

    def guard(self, answer: Answer, rate: Rate | None = None, name: str = "account") -> Handler:
        """The handler behind the door. ``rate``: a limit of the method's own, beside the account's."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            ASKED_AT.set(str(request.url.origin()))
            try:
                headers = self._admit(request)
                if request.path.removeprefix("/ozon") in self.closed:
                    return error(403, FORBIDDEN, NOT_PAID)
                if rate is not None:
                    self._spend(request.headers["Client-Id"], name, rate)
                body = await body_of(request)
                if body is None:
                    return invalid("proto: syntax error (line 1:1): unexpected token")
                told = await answer(body)
            except Refused as refused:
                return refused.reply
            told.headers.update(headers)
            return told

        return guarded

    def _admit(self, request: web.Request) -> dict[str, str]:
        client, key = request.headers.get("Client-Id", ""), request.headers.get("Api-Key", "")
        if not client or not key:
            raise Refused(error(401, UNAUTHENTICATED, "Client-Id and Api-Key headers are required"))
        if (client, key) != (self.world.ozon_client_id, self.world.ozon_api_key):
            raise Refused(error(403, FORBIDDEN, "Invalid Api-Key, please contact support"))
        if self.key_expires_in_days <= 0:
            raise Refused(error(403, FORBIDDEN, "Api-key is deactivated"))
        return self._spend(client, "account", ACCOUNT_RATE)

    def _spend(self, client: str, name: str, rate: Rate) -> dict[str, str]:
        verdict = self.limits.take(client, name, rate)
        headers = {"Ratelimit-Remaining": str(verdict.remaining)}
        if verdict.wait > 0:
            headers["Retry-After"] = str(verdict.whole_seconds)
            raise Refused(error(429, EXHAUSTED, "You have reached request rate limit per second", headers))
        return headers
