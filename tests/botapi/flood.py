"""Telegram's flood control, as its FAQ words it, on the virtual clock.

One message a second to a chat (three at once are let through), 20 a minute to a group, 30 a second in all.
The real limits are unspecified; only ``retry_after`` is law: a call before it has run out is noted in
``ignored``, whatever else would have become of it. Refused calls do not count against the bot.
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


def too_many(retry_after: int, *, forgiven: bool = False) -> Refused:
    words = f"Too Many Requests: retry after {retry_after}"
    return Refused(429, words, retry_after=retry_after, forgiven=forgiven)


@dataclass(slots=True)
class Flood:
    clock: VirtualClock
    _sent: deque[datetime] = field(default_factory=deque)
    _groups: dict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    # Per chat: when its allowance is full again; a message costs a second.
    _full: dict[int, datetime] = field(default_factory=dict)
    _peace: dict[int, datetime] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def ask_for_peace(self, chat_id: int, retry_after: int, *, forgiven: bool = False) -> Refused:
        """A 429 to raise; the chat is to be left alone from now on."""
        self._peace[chat_id] = self.clock.now() + timedelta(seconds=retry_after)
        return too_many(retry_after, forgiven=forgiven)

    def pass_or_refuse(self, chat_id: int) -> None:
        """Count one message to a chat (ids below zero are groups), or raise 429."""
        now = self.clock.now()
        if (early := (self._peace.get(chat_id, now) - now).total_seconds()) > 1e-6:
            self.ignored.append(f"chat {chat_id} was called {early:.1f} s before its retry_after ran out")
        waits = [early, self._room(self._sent, now, timedelta(seconds=1), OVERALL)]
        if chat_id < 0:
            waits.append(self._room(self._groups[chat_id], now, timedelta(minutes=1), GROUP))
        full = max(self._full.get(chat_id, now), now)
        waits.append((full - now).total_seconds() - (BURST - 1))
        if (wait := max(waits)) > 1e-6:
            raise self.ask_for_peace(chat_id, math.ceil(wait - 1e-6))
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
