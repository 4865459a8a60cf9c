"""Is this process really alive: its hearts, and the watchdog that speaks for them.

A heart is whatever a process lives by: a worker's thread that goes round, an event loop that
answers. The watchdog signs for all of them together, so one dead heart is enough to be restarted.
"""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog

from app.core.notify import Notifier

log = structlog.get_logger(__name__)


LOOP_PATIENCE = 30.0
"""Seconds after which an event loop that does not come round is hung: handlers' work is in threads."""


class Pulse:
    """When something beat last. A float is written whole, so any thread may beat."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def beat(self) -> None:
        """Alive now."""
        self._at = time.monotonic()

    def silent_for(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._at


@dataclass(frozen=True, slots=True, kw_only=True)
class Heart:
    """``silent_for`` tells seconds without a sign of life; more than ``patience`` of them is dead."""

    name: str
    silent_for: Callable[[], float]
    patience: float

    @property
    def is_alive(self) -> bool:
        return self.silent_for() <= self.patience


class Watchdog:
    """A thread that tells the supervisor, twice a term, that all hearts beat; silent if one does not."""

    def __init__(self, notifier: Notifier, hearts: Sequence[Heart]) -> None:
        self._notifier = notifier
        self._hearts = tuple(hearts)
        self._stopping = threading.Event()
        self._told: frozenset[str] = frozenset()

    def start(self) -> None:
        """Begin, where there is somebody to tell."""
        if self._notifier.watchdog is not None:
            threading.Thread(target=self._go_round, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """No more signs: whoever stops us has his own patience."""
        self._stopping.set()

    def check(self) -> bool:
        """Sign if all are alive; did it?"""
        silent = frozenset(heart.name for heart in self._hearts if not heart.is_alive)
        if silent - self._told:
            log.error("heart_silent", hearts=sorted(silent))
        self._told = silent
        if not silent:
            self._notifier.alive()
        return not silent

    def _go_round(self) -> None:
        assert self._notifier.watchdog is not None
        self.check()
        while not self._stopping.wait(self._notifier.watchdog / 2):
            self.check()


@contextmanager
def on_duty(status: str, hearts: Sequence[Heart]) -> Iterator[None]:
    """Tell the supervisor, if we have one, that we are ready, then that we live, then that we stop."""
    notifier = Notifier.of(os.environ)
    watchdog = Watchdog(notifier, hearts)
    notifier.ready(status)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.stop()
        notifier.stopping()


@asynccontextmanager
async def beating() -> AsyncIterator[Heart]:
    """The event loop's heart: it beats as long as the loop comes round."""
    pulse = Pulse()

    async def beat() -> None:
        while True:
            pulse.beat()
            await asyncio.sleep(1)

    task = asyncio.create_task(beat())
    try:
        yield Heart(name="loop", silent_for=pulse.silent_for, patience=LOOP_PATIENCE)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
