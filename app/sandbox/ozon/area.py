"""A part of the Ozon API in a file of its own: its methods, and who answers them."""

from typing import NamedTuple, Protocol, runtime_checkable

from aiohttp import web

from app.sandbox.limits import Rate
from app.sandbox.ozon.door import Answer


class Route(NamedTuple):
    """One published method, POST as all of them. ``rate``: a limit of its own, beside the account's."""

    path: str
    answer: Answer
    rate: Rate | None = None


class Area(Protocol):
    """Orders, returns, supplies, …"""

    def routes(self) -> list[Route]: ...


@runtime_checkable
class HandsOutFiles(Protocol):
    """An area whose replies name files outside the API, open to whoever has the link."""

    def add_files(self, router: web.UrlDispatcher) -> None: ...
