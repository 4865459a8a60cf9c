"""``/healthz``: this process answers. ``/readyz``: the house behind it can serve, or which part cannot."""

import json
from functools import partial

from aiohttp import web

from app.db.session import Database
from app.services.vitals import Readiness, look_ready
from app.web.shared import Shared

PATIENCE = 5.0
_dumps = partial(json.dumps, ensure_ascii=False)
NO_ANSWER = Readiness({"database": "база данных не отвечает"})


def add_to(app: web.Application, db: Database, *, head: str) -> None:
    """``head``: the last migration that this program knows."""
    look = Shared(partial(look_ready, db, head), ttl=1.0, patience=PATIENCE)

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_request: web.Request) -> web.Response:
        found = await look() or NO_ANSWER
        body = {"ready": found.is_ready, "parts": {name: told or "ok" for name, told in found.parts.items()}}
        return web.json_response(body, status=200 if found.is_ready else 503, dumps=_dumps)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
