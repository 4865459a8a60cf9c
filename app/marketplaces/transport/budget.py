"""How many requests a seller account may still make: the protocol, and a form that lives in memory.

Limits belong to the seller account and are shared with every other service the seller uses, so the
table of limits is only the first guess and the server's own headers always win
(facts/wildberries.md section 4). The durable implementation is a repository over rate_budget.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from app.core.clock import Clock


class Limit(NamedTuple):
    """A token bucket: ``burst`` requests at once, then one every ``interval`` seconds."""

    interval: float
    burst: int = 1


class RateBudget(Protocol):
    """One seller account's budget, by method group (e.g. "wb.sales", "ozon")."""

    def claim(self, method: str) -> float:
        """0 = go now, and the call is recorded. More = seconds to wait; nothing is recorded, claim again."""
        ...

    def observe(self, method: str, *, remaining: int | None, retry_after: float | None) -> None:
        """What the server's headers said.

        ``retry_after`` (seconds; always given for a 429) closes the method for that long;
        ``remaining`` 0 without it closes it for the method's own interval.
        """
        ...


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: datetime
    closed_until: datetime | None = None


@dataclass(slots=True)
class MemoryRateBudget:
    """A budget for one process's life: connection checks and tests. A wait is not recorded as a call."""

    clock: Clock
    limits: Mapping[str, Limit]
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def claim(self, method: str) -> float:
        limit = self.limits.get(method)
        now = self.clock.now()
        bucket = self._bucket(method, limit, now)
        if bucket.closed_until is not None and bucket.closed_until > now:
            return (bucket.closed_until - now).total_seconds()
        if limit is None or limit.interval <= 0:
            return 0.0
        passed = (now - bucket.filled_at).total_seconds()
        bucket.tokens = min(float(limit.burst), bucket.tokens + passed / limit.interval)
        bucket.filled_at = now
        if bucket.tokens >= 1 - 1e-9:
            bucket.tokens -= 1
            return 0.0
        return (1 - bucket.tokens) * limit.interval

    def observe(self, method: str, *, remaining: int | None, retry_after: float | None) -> None:
        limit = self.limits.get(method)
        now = self.clock.now()
        bucket = self._bucket(method, limit, now)
        pause = retry_after
        if pause is None and remaining is not None and remaining <= 0 and limit is not None:
            pause = limit.interval
        if pause is not None and pause > 0:
            until = now + timedelta(seconds=pause)
            bucket.closed_until = max(until, bucket.closed_until or until)

    def _bucket(self, method: str, limit: Limit | None, now: datetime) -> _Bucket:
        bucket = self._buckets.get(method)
        if bucket is None:
            bucket = self._buckets[method] = _Bucket(float(limit.burst if limit else 1), now)
        return bucket
