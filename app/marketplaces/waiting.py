"""Reports that a marketplace makes in its own time: looked after a few times, then left for later."""

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, TypeVar

from app.marketplaces.errors import NotReady
from app.marketplaces.transport import Transport

T = TypeVar("T")


class Patience(Protocol):
    """How often we look (``polls``), seconds between two looks, and when to come back after the last."""

    @property
    def polls(self) -> int: ...

    @property
    def poll_pause(self) -> float: ...

    @property
    def come_back(self) -> timedelta: ...


def wait_for(transport: Transport, patience: Patience, method: str, look: Callable[[], T | None]) -> T:
    """What ``look`` brings as soon as it brings anything; None = it is still being made.

    Raises:
        NotReady: not within our patience.
    """
    for poll in range(patience.polls):
        if poll:
            transport.sleep(patience.poll_pause)
        if (seen := look()) is not None:
            return seen
    raise NotReady(transport.clock.now() + patience.come_back, method)
