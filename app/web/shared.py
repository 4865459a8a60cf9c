"""One look at a time, however many ask: a probe a second must not become a hundred threads that wait."""

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """``look`` runs in a thread; its answer is everybody's for ``ttl`` seconds. Bound to one event loop.

    A look that outlasts ``patience`` seconds goes on by itself, and whoever asked goes on without it.
    """

    def __init__(self, look: Callable[[], T], *, ttl: float, patience: float) -> None:
        self._look = look
        self._ttl = ttl
        self._patience = patience
        self._running: asyncio.Task[T] | None = None
        self._answer: T | None = None
        self._answered_at = float("-inf")

    async def __call__(self) -> T | None:
        """The answer, or None where it did not come in time. What ``look`` raises is raised here."""
        if time.monotonic() - self._answered_at < self._ttl:
            return self._answer
        if self._running is None:
            self._running = asyncio.create_task(asyncio.to_thread(self._look))
        task = self._running
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if not done:
            return None
        if self._running is task:
            self._running = None
            self._answer, self._answered_at = None, float("-inf")
        self._answer = task.result()
        self._answered_at = time.monotonic()
        return self._answer
