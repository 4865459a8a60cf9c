"""The JSON API: every address through one door.

The event loop only reads and writes bytes. Who it is, what is asked and what is done are one thread hop, in
threads as many as the pool has connections: none ever waits for one while the loop believes it works.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import structlog
from aiohttp import web
from anyio import CapacityLimiter
from pydantic import ValidationError

from app.core.clock import Clock
from app.db.session import Database
from app.web.auth import admit, bearer
from app.web.endpoint import Endpoint, Texts, Visit
from app.web.errors import AGAIN, Refusal, refusal
from app.web.wire.common import Told, read_number

BODY_LIMIT = 2 * 2**20
"""5,000 lines with all their fields are about a megabyte."""

BODY_PATIENCE = 30.0
MOST_IN_HAND = 256
"""Requests of everybody at once, waiting ones too, each with a body; beyond that the process says so."""

NO_STORE = {"Cache-Control": "no-store"}

log = structlog.get_logger(__name__)


class Api:
    """``parallel``: requests of one token at once. One more is refused: nobody crowds the others out."""

    def __init__(self, db: Database, clock: Clock, *, parallel: int) -> None:
        self._db = db
        self._clock = clock
        self._parallel = parallel
        self._threads = CapacityLimiter(db.pool_size)
        self._in_hand: Counter[str] = Counter()

    def add_to(self, app: web.Application, endpoints: Iterable[Endpoint]) -> None:
        for each in endpoints:
            path = each.path.replace("{id}", "{id:[^/]+}")
            app.router.add_route(each.method, path, self._handler(each))

    async def aside(self, work: Callable[[], web.Response]) -> web.Response:
        """Blocking work in one of our threads."""
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

    def _handler(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            secret = bearer(request)
            async with self._taken(secret):
                raw = await _read(request) if endpoint.body is not None else b""
                number, texts = request.match_info.get("id"), _texts(request)
                kind = request.content_type

                def hop() -> web.Response:
                    caller = admit(self._db, self._clock, secret, endpoint.deed)
                    order = _order(endpoint, raw, kind, texts)
                    visit = Visit(caller=caller, order=order, number=_number(number))
                    started = time.perf_counter()
                    answer = endpoint.do(visit)
                    log.info(
                        "api_answered",
                        path=endpoint.path,
                        tenant_id=caller.tenant_id,
                        token_id=caller.token_id,
                        ms=round((time.perf_counter() - started) * 1000, 1),
                    )
                    return answered(answer)

                return await self.aside(hop)

        return handle

    @asynccontextmanager
    async def _taken(self, secret: str) -> AsyncIterator[None]:
        if self._in_hand.total() >= MOST_IN_HAND:
            raise refusal(503, Retry_After=AGAIN["Retry-After"])
        if self._in_hand[secret] >= self._parallel:
            raise refusal(429, Retry_After=AGAIN["Retry-After"])
        self._in_hand[secret] += 1
        try:
            yield
        finally:
            self._in_hand[secret] -= 1
            if not self._in_hand[secret]:
                del self._in_hand[secret]


def answered(answer: Told) -> web.Response:
    """As JSON; nobody on the way keeps a copy."""
    body = answer.model_dump_json().encode()
    return web.Response(body=body, content_type="application/json", headers=NO_STORE)


async def _read(request: web.Request) -> bytes:
    """The body, within its limit and while it is worth waiting for."""
    try:
        async with asyncio.timeout(BODY_PATIENCE):
            return await request.read()
    except TimeoutError:
        raise refusal(408) from None


def _texts(request: web.Request) -> Texts:
    found: dict[str, str | list[str]] = {}
    for name in request.query:
        said = request.query.getall(name)
        found[name] = said[0] if len(said) == 1 else said
    return found


def _order(endpoint: Endpoint, raw: bytes, kind: str, texts: Texts) -> Any:
    """The request as its model. Raises Refusal 415, ValidationError."""
    if endpoint.body is None:
        return None if endpoint.query is None else endpoint.query.model_validate(texts)
    if kind != "application/json":
        raise refusal(415)
    if texts:
        raise Refusal(422, "invalid", "У этого адреса нет параметров: всё — в теле запроса.")
    return endpoint.body.model_validate_json(raw)


def _number(said: str | None) -> int:
    """Of the address. Raises Refusal 404 for what is no number: there is no such thing."""
    if said is None:
        return 0
    try:
        return read_number(said)
    except ValidationError:
        raise Refusal(404, "not_found", "Такого документа нет.") from None
