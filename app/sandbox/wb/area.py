"""A part of the Wildberries API in a file of its own: its methods, and who answers them."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from aiohttp import web

from app.sandbox.wb.door import Method

Answer = Callable[[web.Request], Awaitable[web.Response]]


class Route(NamedTuple):
    """One published method: verb, host and path with its quotas, and the handler behind the door."""

    verb: str
    method: Method
    handler: Answer


class Area(Protocol):
    """Advertising, reviews, supplies, …"""

    def routes(self) -> list[Route]: ...
