"""An event loop whose clock jumps to the next timer: minutes of waiting pass in no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Hurried(selectors.SelectSelector):
    """Never sleeps: it moves the loop's clock instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # never quite still: a wait smaller than a float's last digit must end too
        self.loop.now += max(timeout or 0.0, 1e-7)
        timeout = 0 if timeout is not None else None
        return super().select(timeout)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.now = 1000.0
        selector = _Hurried()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def hurry(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def now() -> float:
    return asyncio.get_running_loop().time()
