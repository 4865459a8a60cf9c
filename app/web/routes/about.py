"""/openapi.json and /docs: what may be asked of the API. Made when first asked for; they name nobody."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from aiohttp import web

from app.web.docs import POLICY, docs_page


def add_to(app: web.Application, make: Callable[[], Mapping[str, Any]]) -> None:
    """``make`` gives the OpenAPI document."""

    @cache
    def told() -> bytes:
        return json.dumps(make(), ensure_ascii=False).encode()

    @cache
    def page() -> str:
        return docs_page(make())

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=told(), content_type="application/json")

    async def docs(_request: web.Request) -> web.Response:
        return web.Response(
            text=page(), content_type="text/html", headers={"Content-Security-Policy": POLICY}
        )

    app.router.add_get("/openapi.json", openapi)
    app.router.add_get("/docs", docs)
