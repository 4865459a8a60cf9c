"""Token buckets as the marketplaces keep them: one for each seller and method, told in headers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

STORM = 20
"""So many refusals in a row …"""
LOCK_SECONDS = 676_358.0
"""… once brought a seller this lock on everything (an observation, not a rule that WB publishes)."""

INSTANT = 0.001
"""A bucket that refills faster than this is full again before its reply arrives, and says so."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One request each ``interval`` seconds, up to ``burst`` saved up."""

    interval: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wait`` seconds (0 = go on), and what to tell about the bucket."""

    wait: float
    limit: int
    remaining: int

    @property
    def whole_seconds(self) -> int:
        """The wait as headers tell it."""
        return max(math.ceil(self.wait), 1)


@dataclass(slots=True)
class _Bucket:
    tokens: float
    stamp: float


@dataclass(slots=True)
class Limits:
    """All buckets of one sandbox. Periods are divided by ``pace``; ``clock`` gives seconds."""

    clock: Callable[[], float]
    pace: float = 1.0
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)
    _refused: dict[str, int] = field(default_factory=dict)
    _locked_until: dict[str, float] = field(default_factory=dict)

    def take(self, seller: str, method: str, rate: Rate) -> Verdict:
        """Take one token for ``method``, or say how long to wait."""
        now = self.clock()
        locked = self._locked_until.get(seller, 0.0) - now
        if locked > 0:
            return Verdict(locked, rate.burst, 0)
        interval = rate.interval / self.pace
        bucket = self._buckets.setdefault((seller, method), _Bucket(float(rate.burst), now))
        bucket.tokens = min(float(rate.burst), bucket.tokens + (now - bucket.stamp) / interval)
        bucket.stamp = now
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            self._refused[seller] = 0
            return Verdict(0.0, rate.burst, rate.burst if interval < INSTANT else int(bucket.tokens))
        return self._refuse(seller, now, Verdict((1.0 - bucket.tokens) * interval, rate.burst, 0))

    def _refuse(self, seller: str, now: float, verdict: Verdict) -> Verdict:
        self._refused[seller] = self._refused.get(seller, 0) + 1
        if self._refused[seller] < STORM:
            return verdict
        self._refused[seller] = 0
        self._locked_until[seller] = now + LOCK_SECONDS / self.pace
        return Verdict(LOCK_SECONDS / self.pace, verdict.limit, 0)

    def refill(self) -> None:
        """All buckets full, all locks open: for tests that must not wait."""
        self._buckets.clear()
        self._refused.clear()
        self._locked_until.clear()
