"""The time that the server, its flood control and the tests share."""

import asyncio
import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

# Turns of the event loop without a request in flight after which sleepers are thought to wait for time alone.
# Loopback traffic needs one to three turns a hop.
QUIET_TURNS = 12


class VirtualClock:
    """Time that passes only when told to, so that ten thousand deliveries take seconds.

    Fits ``app.core.clock.Clock``. ``flows=True`` adds the real seconds that pass, for a bot that runs in
    another process or limits itself by the machine's clock.
    """

    def __init__(
        self, start: datetime = datetime(2026, 11, 21, 9, tzinfo=UTC), *, flows: bool = False
    ) -> None:
        if start.tzinfo is None:
            raise ValueError("the virtual clock wants a time zone")
        self._instant = start.astimezone(UTC)
        self._since = time.monotonic() if flows else None
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()
        self._pump: asyncio.Task[None] | None = None
        self.busy: Callable[[], bool] = lambda: False

    def now(self) -> datetime:
        """The instant, in UTC."""
        if self._since is None:
            return self._instant
        return self._instant + timedelta(seconds=time.monotonic() - self._since)

    def seconds(self) -> float:
        """The instant as a number: for limiters that ask for ``loop.time``."""
        return self.now().timestamp()

    def advance(self, step: timedelta | float) -> None:
        """Let time pass; a plain number is seconds. Sleepers whose time has come wake up."""
        self._instant += step if isinstance(step, timedelta) else timedelta(seconds=step)
        self._wake(self.now())

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of virtual time: returns as soon as everybody else waits too.

        Sleepers wake in the order of their time. Work in threads is not seen; hold the clock through
        ``busy`` where that matters.
        """
        if self._since is not None:
            await asyncio.sleep(seconds)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(
            self._sleepers, (self._instant + timedelta(seconds=max(seconds, 0)), next(self._order), woken)
        )
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        await woken

    async def _run(self) -> None:
        while self._sleepers:
            turns = 0
            while turns < QUIET_TURNS:
                await asyncio.sleep(0)
                turns = 0 if self.busy() else turns + 1
            if self._sleepers:
                self._instant = max(self._instant, self._sleepers[0][0])
                self._wake(self._instant)

    def _wake(self, until: datetime) -> None:
        while self._sleepers and self._sleepers[0][0] <= until:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)

    async def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
