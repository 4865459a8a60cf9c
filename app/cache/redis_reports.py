"""Reports kept in Redis: looked up in a few milliseconds or not at all."""

from datetime import timedelta

from redis import Redis

from app.core.redis_link import RedisLink

TIMEOUT = 0.05
"""Seconds to wait for it: most reports are computed in little more."""

PAUSE = 5.0
"""Seconds without asking it after it did not answer."""

KEPT_FOR = timedelta(hours=6)
"""Memory is all that this bounds: a report whose figures have changed is never asked for again."""

LARGEST = 1_000_000
"""Bytes; a larger one is not kept."""


class RedisReports:
    """``ReportCache`` in Redis, under names that begin with ``prefix``. Thread-safe."""

    def __init__(self, dsn: str, prefix: str, *, timeout: float = TIMEOUT, pause: float = PAUSE) -> None:
        self._link = RedisLink(dsn, "reports", timeout=timeout, pause=pause)
        self._prefix = prefix

    def get(self, tenant_id: int, name: str, /) -> bytes | None:
        """See ``ReportCache.get``."""

        def look(redis: Redis) -> bytes | None:
            kept = redis.get(self._key(tenant_id, name))
            return kept if isinstance(kept, bytes) else None

        return self._link.ask(look)

    def put(self, tenant_id: int, name: str, value: bytes, /) -> None:
        """See ``ReportCache.put``."""
        if len(value) <= LARGEST:
            self._link.ask(lambda redis: redis.set(self._key(tenant_id, name), value, ex=KEPT_FOR))

    def close(self) -> None:
        """Let the connections go."""
        self._link.close()

    def _key(self, tenant_id: int, name: str) -> str:
        return f"{self._prefix}:report:{tenant_id}:{name}"
