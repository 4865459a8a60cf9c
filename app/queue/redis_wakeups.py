"""Wake-ups over a Redis stream: jobs that are due are called out, an idle hand hears each.

PostgreSQL stays the record. A message is a hint to look, so it may be lost (Redis died), late, or
told twice (its reader died with it unread); hands look at the table every poll whatever happens.
All hands of an installation are one consumer group: of several idle ones one is woken per job.
"""

import os
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import ResponseError

from app.core.redis_link import RedisLink
from app.queue.port import JobNote

log = structlog.get_logger(__name__)

GROUP = "hands"
KEPT = 10_000
"""Messages kept in the stream, about; an older one that nobody heard is found by looking."""

BLOCK = 0.5
"""Seconds of one blocking read. A Redis that hangs is noticed a quarter of a second after that."""

DEAD_AFTER = 60.0
"""Seconds after which a message that its reader has not acknowledged is somebody else's."""

FORGOTTEN_AFTER = 3600.0
"""Seconds of silence after which a reader is struck off the group's list."""

DRAINED_AT_ONCE = 1000
CALLED_AT_ONCE = 100
GOODBYE = 1.0


class RedisWakeups:
    """``Wakeups`` over the stream ``name``. Calling out is a thread's business, so nobody waits for it."""

    def __init__(self, dsn: str, name: str, *, dead_after: float = DEAD_AFTER) -> None:
        self._link = RedisLink(dsn, "wakeups", timeout=BLOCK + 0.25)
        self._name = name
        self._reader = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._dead_after = dead_after
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._said = threading.Condition()
        self._to_say: deque[JobNote] = deque(maxlen=KEPT)
        self._caller: threading.Thread | None = None
        self._hand = _Hand()
        self._has_group = False
        self._has_read = False
        self._reclaim_at = float("-inf")

    def announce(self, jobs: Sequence[JobNote], /) -> None:
        """See ``Wakeups.announce``. What is called out while Redis is away is not kept."""
        if self._closed.is_set():
            return
        with self._said:
            self._to_say.extend(jobs)
            self._said.notify()
            if self._caller is None:
                self._start_caller()

    @property
    def untold(self) -> int:
        """How many notes wait to be called out."""
        return len(self._to_say)

    def wait(self, seconds: float, /) -> None:
        """See ``Wakeups.wait``. At worst a quarter of a second longer, where Redis hangs."""
        until = time.monotonic() + seconds
        while not self._closed.is_set() and (left := until - time.monotonic()) > 0.001:
            heard = self._link.ask(partial(self._listen, left))
            if heard:
                return
            if heard is None:
                self._has_group = False
                self._closed.wait(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Say what is still to be said, within a second, and leave the group."""
        self._closed.set()
        with self._said:
            self._said.notify()
        if self._caller is not None:
            self._caller.join(GOODBYE)
        if self._has_read and not self._link.is_away:
            self._link.ask(lambda redis: redis.xgroup_delconsumer(self._name, GROUP, self._reader))
        self._link.close()

    # -- hearing ----------------------------------------------------------------------------------

    def _listen(self, seconds: float, redis: Redis) -> bool:
        """One read; was anything called out? Messages are acknowledged by the next rest of the same
        hand: it has looked by then."""
        if not self._has_group:
            self._make_group(redis)
        if self._hand.heard:
            redis.xack(self._name, GROUP, *self._hand.heard)
            self._hand.heard = []
        if self._reclaim(redis):
            return True
        # What was called out while all hands were busy is answered by one look, not one look each.
        return self._read(redis, DRAINED_AT_ONCE, None) or self._read(redis, 1, min(seconds, BLOCK))

    def _read(self, redis: Redis, count: int, block: float | None) -> bool:
        milliseconds = None if block is None else max(1, int(block * 1000))
        try:
            found: Any = redis.xreadgroup(
                GROUP, self._reader, {self._name: ">"}, count=count, block=milliseconds
            )
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):  # lost with the server's memory, or deleted
                raise
            self._make_group(redis)
            return True
        self._hand.heard = [message_id for _stream, messages in found or () for message_id, _ in messages]
        return bool(self._hand.heard)

    def _make_group(self, redis: Redis) -> None:
        """From now on: what was called out before is found by looking."""
        try:
            redis.xgroup_create(self._name, GROUP, id="$", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._has_group = self._has_read = True

    def _reclaim(self, redis: Redis) -> bool:
        """Now and then, what dead readers heard and nobody looked for; and the dead off the list."""
        now = time.monotonic()
        with self._lock:
            if now < self._reclaim_at:
                return False
            self._reclaim_at = now + self._dead_after
        left: Any = redis.xautoclaim(
            self._name, GROUP, self._reader, int(self._dead_after * 1000), count=DRAINED_AT_ONCE, justid=True
        )
        readers: Any = redis.xinfo_consumers(self._name, GROUP)
        for reader in readers:
            if reader["pending"] == 0 and reader["idle"] > FORGOTTEN_AFTER * 1000:
                redis.xgroup_delconsumer(self._name, GROUP, reader["name"])
        self._hand.heard = list(left)
        if left:
            log.info("wakeups_reclaimed", count=len(left))
        return bool(left)

    # -- calling ----------------------------------------------------------------------------------

    def _start_caller(self) -> None:
        caller = threading.Thread(target=self._call, name="caller", daemon=True)
        try:
            caller.start()
        except RuntimeError as error:  # no thread to be had: the committed work is looked for all the same
            log.warning("wakeups_not_called", error=str(error))
            return
        self._caller = caller

    def _call(self) -> None:
        """The thread: says what there is to say, together where there is much."""
        while True:
            with self._said:
                while not self._to_say and not self._closed.is_set():
                    self._said.wait()
                if not self._to_say:
                    return
                notes = [self._to_say.popleft() for _ in range(min(len(self._to_say), CALLED_AT_ONCE))]
            self._link.ask(partial(self._say, notes))

    def _say(self, notes: Sequence[JobNote], redis: Redis) -> bool:
        with redis.pipeline(transaction=False) as pipe:
            for note in notes:
                pipe.xadd(self._name, _message(note), maxlen=KEPT, approximate=True)
            pipe.execute()
        return True


class _Hand(threading.local):
    """What this thread has heard and not acknowledged yet."""

    heard: list[Any]

    def __init__(self) -> None:
        self.heard = []


def _message(note: JobNote) -> dict[Any, Any]:
    return {
        "job_id": note.job_id,
        "tenant_id": "" if note.tenant_id is None else note.tenant_id,
        "trace_id": note.trace_id,
        "job_type": note.job_type,
        "attempt": note.attempt,
    }
