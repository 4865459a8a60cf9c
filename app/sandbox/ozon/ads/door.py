"""The door of the Performance API: a token for a pair of keys, good for half an hour.

``{"error": …}``; 100,000 requests a day (facts/ozon.md section 8).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from app.sandbox.http import Handler, Refused, body_of, reply
from app.sandbox.limits import Limits, Rate
from app.sandbox.world import World

RATE = Rate(86_400 / 100_000, 1_000)
LIFE = 1_800.0
SHORTEST_LIFE = 60.0
"""However fast the sandbox runs, a client gets a minute out of a token."""

Answer = Callable[[web.Request, dict[str, Any]], Awaitable[web.Response]]
"""A method: the request, and the body asked with → the reply."""


def refuse(status: int, error: str) -> Refused:
    """``{"error": …}``."""
    return Refused(reply({"error": error}, status))


@dataclass(slots=True)
class AdsDoor:
    """Who may come in. Tokens live ``LIFE / pace`` seconds of the clock."""

    world: World
    limits: Limits
    clock: Callable[[], float]
    pace: float
    _generation: int = 0

    def guard(self, answer: Answer) -> Handler:
        """The handler behind the door."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._admit(request)
                self.spend()
                body = await body_of(request)
                if body is None:
                    raise refuse(400, "invalid request body")
                return await answer(request, body)
            except Refused as refused:
                return refused.reply

        return guarded

    async def token(self, request: web.Request) -> web.StreamResponse:
        """POST /api/client/token."""
        body = await body_of(request) or {}
        given = (body.get("client_id"), body.get("client_secret"))
        if body.get("grant_type") != "client_credentials":
            return reply({"error": "unsupported_grant_type"}, 400)
        if given != (self.world.ozon_ads_client_id, self.world.ozon_ads_client_secret):
            return reply({"error": "invalid_client"}, 401)
        try:
            self.spend()
        except Refused as refused:
            return refused.reply
        told = {"access_token": self._issue(), "expires_in": int(LIFE), "token_type": "Bearer"}
        return reply(told)

    def expire(self) -> None:
        """Kill all tokens before their time."""
        self._generation += 1

    def spend(self) -> None:
        """One request of the account. Raises Refused."""
        verdict = self.limits.take(self.world.ozon_ads_client_id, "performance", RATE)
        if verdict.wait > 0:
            raise Refused(
                reply({"error": "Too many requests"}, 429, {"Retry-After": str(verdict.whole_seconds)})
            )

    def _issue(self) -> str:
        claims = {"sid": self.world.ozon_ads_client_id, "made": self.clock(), "gen": self._generation}
        payload = _text(json.dumps(claims).encode())
        return f"{_text(b'{}')}.{payload}.{self._signed(payload)}"

    def _signed(self, payload: str) -> str:
        key = self.world.ozon_ads_client_secret.encode()
        return hmac.new(key, payload.encode(), hashlib.sha256).hexdigest()

    def _admit(self, request: web.Request) -> None:
        parts = request.headers.get("Authorization", "").removeprefix("Bearer ").split(".")
        if len(parts) != 3 or not hmac.compare_digest(parts[2], self._signed(parts[1])):
            raise refuse(401, "Unauthorized")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        life = max(LIFE / self.pace, SHORTEST_LIFE)
        if claims["gen"] != self._generation or self.clock() - claims["made"] > life:
            raise refuse(401, "token is expired")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
