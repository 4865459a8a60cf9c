"""Every request has a trace, its own or one that the program brought; every refusal has the one form."""

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog
from aiohttp import web

from app.core.trace import new_trace
from app.web.errors import reply, understood

TRACE_HEADER = "X-Trace-Id"
SERVER = "Ambar"
"""Which Python it runs on is nobody's business."""

_TRACE = re.compile(r"[0-9A-Za-z:._-]{1,64}")

log = structlog.get_logger(__name__)


@contextmanager
def follow(trace: str) -> Iterator[None]:
    """From here on it is this trace and nothing else: a connection is one task, whatever it asks."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace_id=trace)
    yield


@web.middleware
async def traced(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Around every address, the operator's pages too."""
    brought = request.headers.get(TRACE_HEADER, "")
    trace = brought if _TRACE.fullmatch(brought) else new_trace()
    with follow(trace):
        try:
            response = await handler(request)
        except Exception as problem:
            told = understood(problem)
            if told.status < 500:
                log.info("api_refused", path=request.path[:100], status=told.status, code=told.code)
            response = reply(told)
    response.headers[TRACE_HEADER] = trace
    response.headers["Server"] = SERVER
    return response
