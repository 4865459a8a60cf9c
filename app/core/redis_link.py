"""A line to Redis that may go dead at any moment: whoever asks over it gets an answer, or None soon.

Redis holds nothing that cannot be lost, so its absence is no error: it is logged when it begins and
when it ends, and in between it is asked again only once a pause.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from redis import Redis

log = structlog.get_logger(__name__)

T = TypeVar("T")

PAUSE = 1.0
"""Seconds without a try after a failure."""


class RedisLink:
    """One use of Redis in one process: its connections, and whether it answers. Thread-safe.

    ``timeout`` bounds, in seconds, each connection made and each reply waited for; ``use`` is what the
    log calls it. A server that is there but refuses (out of memory, loading, no rights) is as good as
    away.
    """

    def __init__(self, dsn: str, use: str, *, timeout: float, pause: float = PAUSE) -> None:
        self._use = use
        self._pause = pause
        self._lock = threading.Lock()
        self._is_closed = False
        self._away_since: float | None = None
        self._try_at = float("-inf")
        # RESP2 and no driver info: a connection is one round trip less, and no notices come unasked.
        self._redis: Redis = Redis.from_url(
            dsn,
            protocol=2,
            driver_info=None,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
        )

    @property
    def is_away(self) -> bool:
        """Did it fail to answer when last asked?"""
        return self._away_since is not None

    def ask(self, question: Callable[[Redis], T]) -> T | None:
        """What ``question`` finds; None where Redis does not answer, or is not asked for a pause."""
        begun = time.monotonic()
        if self._away_since is not None and not self._may_try(begun):
            return None
        try:
            answer = question(self._redis)
        except Exception as error:  # the client also raises OSError, ValueError, and asserts
            self._failed(error)
            return None
        if self._away_since is not None:
            self._answered(begun)
        return answer

    def close(self) -> None:
        """Close every connection, also those that somebody still waits on."""
        self._is_closed = True
        self._redis.close()

    def _may_try(self, now: float) -> bool:
        """One asker a pause: the others do not even wait for a time-out."""
        with self._lock:
            if now < self._try_at:
                return False
            self._try_at = now + self._pause
            return True

    def _failed(self, error: Exception) -> None:
        with self._lock:
            is_news = self._away_since is None
            if is_news:
                self._away_since = time.monotonic()
            self._try_at = time.monotonic() + self._pause
        if is_news and not self._is_closed:
            # The error's text may quote the address, and with it the password.
            log.warning("redis_away", use=self._use, error=type(error).__name__)

    def _answered(self, begun: float) -> None:
        """It is back, unless this answer was on its way when it went."""
        with self._lock:
            if self._away_since is None or begun < self._away_since:
                return
            seconds = time.monotonic() - self._away_since
            self._away_since = None
        log.info("redis_back", use=self._use, seconds=round(seconds, 1))
