"""Telegram's flood control, as its FAQ words it, on the virtual clock.

One message a second to a chat (three at once are let through), 20 a minute to a group, 30 a second in all.
The real limits are unspecified; only ``retry_after`` is law. Refused calls do not count against the bot.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.botapi.clock import VirtualClock
from tests.botapi.violations import Refused

BURST = 3
OVERALL = 30
GROUP = 20


def too_many(retry_after: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


@dataclass(slots=True)
class Flood:
    clock: VirtualClock
    _sent: deque[datetime] = field(default_factory=deque)
    _groups: dict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    # Per chat: when its allowance is full again; a message costs a second.
    _full: dict[int, datetime] = field(default_factory=dict)

    def pass_or_refuse(self, chat_id: int) -> None:
        """Count one message to a chat (ids below zero are groups), or raise 429."""
        now = self.clock.now()
        waits = [self._room(self._sent, now, timedelta(seconds=1), OVERALL)]
        if chat_id < 0:
            waits.append(self._room(self._groups[chat_id], now, timedelta(minutes=1), GROUP))
        full = max(self._full.get(chat_id, now), now)
        waits.append((full - now).total_seconds() - (BURST - 1))
        if (wait := max(waits)) > 1e-6:
            raise too_many(math.ceil(wait - 1e-6))
        self._sent.append(now)
        if chat_id < 0:
            self._groups[chat_id].append(now)
        self._full[chat_id] = full + timedelta(seconds=1)

    @staticmethod
    def _room(sent: deque[datetime], now: datetime, window: timedelta, most: int) -> float:
        """Seconds to wait until one more fits into the window."""
        while sent and sent[0] <= now - window:
            sent.popleft()
        return (sent[0] + window - now).total_seconds() if len(sent) >= most else 0.0
