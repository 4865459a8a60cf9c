"""What is no HTTP request at all is answered in the one form too, and not with the server's own page.

It never becomes a request of the application, so no middleware sees it: the connection itself answers.
"""

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from app.core.trace import new_trace
from app.web.errors import Refusal, reply, understood
from app.web.trace import SERVER, TRACE_HEADER, follow

UNREADABLE = (
    "Запрос не читается. В адресе и заголовках — только латиница и цифры, остальное кодируют: "
    "в curl это -G --data-urlencode."
)

log = structlog.get_logger(__name__)


class Runner(web.AppRunner):
    """An application's runner whose connections are ``Connection``."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            made.request_handler, request_factory=made.request_factory, loop=made._loop, **made._kwargs
        )


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)


class Connection(RequestHandler):
    """aiohttp's, but for its words."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """Raises ConnectionError where an answer has begun already."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun, another cannot")
        trace = new_trace()
        with follow(trace):
            if status < 500 or not isinstance(exc, Exception):
                log.info("api_unreadable", error=type(exc).__name__)
                response = reply(Refusal(400, "bad_request", UNREADABLE))
            else:
                response = reply(understood(exc))
        response.headers[TRACE_HEADER] = trace
        response.headers["Server"] = SERVER
        response.force_close()
        return response
