"""Minutes of Telegram's time in seconds of ours, with a bot, its server and the relay's threads.

The loop's clock jumps to the next timer, but only when everybody waits for time alone: a relay's
hand that works (in the database, in a view) holds it still. So what is measured is what would have
been measured with an infinitely fast machine.
"""

import asyncio
import selectors
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tests.botapi import VirtualClock

T = TypeVar("T")

START = datetime(2026, 11, 20, 5, tzinfo=UTC)
LOOK_EVERY = 0.002
"""Real seconds between two looks while a hand works."""


class _Selector(selectors.SelectSelector):
    loop: "HeldLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(LOOK_EVERY)
        # loopback traffic of this process is there at once: what is not, waits for a timer
        ready = super().select(0)
        if ready or timeout <= 0:
            # never quite still: a wait smaller than a float's last digit must end too
            self.loop.seconds += 1e-9
            return ready
        if self.loop.is_held():
            return super().select(LOOK_EVERY)
        self.loop.seconds += timeout
        return ready


class HeldLoop(asyncio.SelectorEventLoop):
    """A loop whose time stands while ``is_held``."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.is_held: Callable[[], bool] = lambda: False
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.seconds


class LoopClock(VirtualClock):
    """The loop's time as instants: for the server, the relay and the product alike."""

    def __init__(self, loop: HeldLoop) -> None:
        super().__init__(START)
        self._loop = loop

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.seconds)


class Hands:
    """Threads that work, and wait on the loop: counted, so that the loop knows when all of them wait."""

    def __init__(self, loop: HeldLoop) -> None:
        self._loop = loop
        self._at_work = 0

    def is_working(self) -> bool:
        return self._at_work > 0

    async def work(self, step: Callable[[], None], count: int) -> None:
        """Run ``step`` in so many threads until each has returned."""
        ends = [self._loop.create_future() for _ in range(count)]
        self._at_work += count
        for end in ends:
            threading.Thread(target=self._run, args=(step, end), daemon=True).start()
        await asyncio.gather(*ends)

    def _run(self, step: Callable[[], None], end: "asyncio.Future[None]") -> None:
        failure: BaseException | None = None
        try:
            step()
        except BaseException as error:
            failure = error
        self._loop.call_soon_threadsafe(self._gone, end, failure)

    def _gone(self, end: "asyncio.Future[None]", failure: BaseException | None) -> None:
        self._at_work -= 1
        if failure is None:
            end.set_result(None)
        else:
            end.set_exception(failure)

    async def waiting(self, deed: Awaitable[T]) -> T:
        """A deed of the loop that a hand waits for: it does not hold the time meanwhile."""
        self._at_work -= 1
        try:
            return await deed
        finally:
            self._at_work += 1

    def rest(self, seconds: float) -> None:
        """For a hand: wait so many virtual seconds."""
        done: Future[None] = asyncio.run_coroutine_threadsafe(
            self.waiting(asyncio.sleep(seconds)), self._loop
        )
        done.result()


def hurry(story: Callable[[HeldLoop], Coroutine[Any, Any, T]]) -> T:
    """Run a story on a loop of its own."""
    loop = HeldLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(story(loop))
