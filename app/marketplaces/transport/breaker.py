"""A circuit breaker per host: after several failures in a row nobody asks for a while.

Own lines rather than a library: the time comes from the injected clock, and of all threads that
wait only one goes first to see whether the host is back.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core.clock import Clock


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    opened_at: datetime | None = None
    probing_since: datetime | None = None


@dataclass(slots=True)
class Breakers:
    """The circuits of one process, by host. A rate limit (429) and a refusal (4xx) are not failures."""

    clock: Clock
    threshold: int = 5
    cool_down: timedelta = timedelta(seconds=60)
    _circuits: dict[str, _Circuit] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, host: str) -> bool:
        """May a call go now? When the cool-down is over, one caller is let through as the probe."""
        with self._lock:
            circuit = self._circuits.get(host)
            if circuit is None or circuit.opened_at is None:
                return True
            now = self.clock.now()
            if now < circuit.opened_at + self.cool_down:
                return False
            # A probe that never reported back (its thread died) stops counting after a cool-down.
            if circuit.probing_since is not None and now < circuit.probing_since + self.cool_down:
                return False
            circuit.probing_since = now
            return True

    def succeeded(self, host: str) -> None:
        """An answer came, whatever it says: the host is alive."""
        with self._lock:
            self._circuits.pop(host, None)

    def gave_up(self, host: str) -> None:
        """An admitted call did not go after all; the next caller may be the probe."""
        with self._lock:
            circuit = self._circuits.get(host)
            if circuit is not None:
                circuit.probing_since = None

    def failed(self, host: str) -> None:
        """No answer, or a 5xx."""
        with self._lock:
            circuit = self._circuits.setdefault(host, _Circuit())
            circuit.failures += 1
            if circuit.probing_since is not None or circuit.failures >= self.threshold:
                circuit.opened_at = self.clock.now()
                circuit.probing_since = None

    def is_open(self, host: str) -> bool:
        """Is the circuit open (for metrics and /status)?"""
        with self._lock:
            circuit = self._circuits.get(host)
            return circuit is not None and circuit.opened_at is not None
