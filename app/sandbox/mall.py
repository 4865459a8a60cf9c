"""Several sellers behind one address, told apart as the marketplaces do it: by what a caller shows.

Each seller keeps an application of its own: world, tokens, rate buckets and faults. A call on the
sandbox itself names its seller by ``?seller=`` (the Wildberries id, as ``/sandbox/state`` tells it).
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.web_urldispatcher import AbstractRuleMatching, MatchedSubAppResource

from app.sandbox.http import Handler, body_of
from app.sandbox.ozon.areas.reports import FILES
from app.sandbox.world import World

SELLER = web.RequestKey("seller", str)


def make_mall(stalls: Sequence[tuple[World, web.Application]], largest_body: int) -> web.Application:
    """One application over those of the sellers; ``largest_body`` in bytes.

    Raises:
        ValueError: two sellers that the marketplaces could not tell apart.
    """
    for names in zip(*(_papers(world) for world, _ in stalls), strict=True):
        if len(set(names)) != len(names):
            raise ValueError("two sellers have one name: their seeds must differ, also modulo 10,000")
    mall = web.Application(middlewares=[_pass], client_max_size=largest_body)
    for world, stall in stalls:
        stall.pre_freeze()
        mall.router.register_resource(MatchedSubAppResource(_Shows(world.sid, _papers(world)), stall))
    mall.router.add_route("*", "/{rest:.*}", _unknown)
    return mall


def _papers(world: World) -> tuple[str, ...]:
    """By what a caller may be known: names at Wildberries, at Ozon and at Ozon's advertising."""
    return (world.sid, world.ozon_client_id, world.ozon_ads_client_id)


@web.middleware
async def _pass(request: web.Request, handler: Handler) -> web.StreamResponse:
    """aiohttp runs the middlewares of what is behind a rule only where the application has one too."""
    return await handler(request)


async def _unknown(_request: web.Request) -> web.StreamResponse:
    return web.json_response({"title": "unauthorized", "detail": "no such seller", "status": 401}, status=401)


@dataclass(frozen=True, slots=True)
class _Shows(AbstractRuleMatching):
    """Matches the requests that show these papers; whether they are genuine is the stall's business."""

    sid: str
    papers: tuple[str, ...]

    async def match(self, request: web.Request) -> bool:
        # read once a request, not once a seller
        if SELLER not in request:
            request[SELLER] = await _seller_of(request)
        return request[SELLER] in self.papers

    def get_info(self) -> Any:
        return {"sid": self.sid}

    @property
    def canonical(self) -> str:
        return self.sid


async def _seller_of(request: web.Request) -> str:
    """The name in the request: the token's ``sid``, the Client-Id, that of whoever asks for a token, a file's
    folder, or the parameter; "" where none is."""
    if request.path.startswith("/sandbox/"):
        return request.query.get("seller", "")
    if request.path.startswith(f"{FILES}/"):
        return request.path.split("/")[2]
    if client := request.headers.get("Client-Id"):
        return client
    if request.path == "/performance/api/client/token":
        return str((await body_of(request) or {}).get("client_id", ""))
    parts = request.headers.get("Authorization", "").removeprefix("Bearer ").strip().split(".")
    if len(parts) != 3:
        return ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return ""
    return str(claims.get("sid", "")) if isinstance(claims, dict) else ""
