"""What runs: handlers that a shutdown waits for, and watchers that it cuts short.

Nothing here is worth keeping over a restart: a watcher only redraws what the database knows.
"""

import asyncio
from collections.abc import Coroutine, Hashable
from typing import Any

import structlog

from app.bot.tracing import stack_of

log = structlog.get_logger(__name__)


class Running:
    """The tasks of one process's dispatcher."""

    def __init__(self) -> None:
        self._handlers: set[asyncio.Task[Any]] = set()
        self._watchers: dict[Hashable, asyncio.Task[None]] = {}

    def register_current(self) -> None:
        """The current task handles an update: a shutdown waits for it."""
        task = asyncio.current_task()
        if task is not None:
            self._handlers.add(task)
            task.add_done_callback(self._handlers.discard)

    def watch(self, key: Hashable, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside the handlers; one watcher a key, a second is not started."""
        if key in self._watchers:
            work.close()
            return
        task = asyncio.create_task(self._guarded(work))
        self._watchers[key] = task
        task.add_done_callback(lambda _: self._watchers.pop(key, None))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as problem:
            log.error("watcher_failed", stack=stack_of(problem))

    @property
    def is_busy(self) -> bool:
        """Does a handler or a watcher run?"""
        return bool(self._handlers or self._watchers)

    async def idle(self) -> None:
        """Wait until no watcher is left."""
        while self._watchers:
            await asyncio.wait(list(self._watchers.values()))
            await asyncio.sleep(0)  # lets the callbacks take the finished ones out

    async def stop(self, patience: float) -> None:
        """Wait up to ``patience`` seconds for handlers, then cut what is left."""
        own = asyncio.current_task()
        handlers = {task for task in self._handlers if task is not own}
        if handlers:
            _, late = await asyncio.wait(handlers, timeout=patience)
            if late:
                log.warning("handlers_cut", count=len(late))
            await _cut(late)
        await _cut(set(self._watchers.values()))


async def _cut(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
