"""A marketplace that spoils its answers, put on the sandbox's wire by a tap (see tests/support/tap.py)."""

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.tap import Answer, Exchange

_OWN_NUMBER = re.compile(r"/REPORT_[\w-]+|/[0-9a-f-]{32,36}\b|/\d{3,}\b")


def method_of(seen: Exchange) -> str:
    """Verb, host and path, tasks and reports of one kind alike."""
    return f"{seen.verb} {seen.host}{_OWN_NUMBER.sub('/{id}', seen.path)}"


Wait = Callable[[random.Random], tuple[int, dict[str, str]]]
"""How long a 429 asks to wait, in seconds, and the headers it says so with."""


def wb_wait(chance: random.Random) -> tuple[int, dict[str, str]]:
    """With both of Wildberries' headers."""
    wait = chance.randint(1, 600)
    headers = {"X-Ratelimit-Limit": "1", "X-Ratelimit-Remaining": "0"}
    return wait, headers | {"X-Ratelimit-Reset": str(wait), "X-Ratelimit-Retry": str(wait)}


UNSAID = 120
"""Seconds that we wait where Ozon does not say how long (facts/ozon.md section 2.1)."""


def ozon_wait(chance: random.Random) -> tuple[int, dict[str, str]]:
    """With a Retry-After, but for one in five, which says nothing."""
    wait = chance.randint(1, 600)
    if chance.random() < 0.2:
        return UNSAID, {}
    return wait, {"Retry-After": str(wait), "Ratelimit-Remaining": "0"}


@dataclass(slots=True)
class Storm:
    """Refuses by chance, as often as it likes: ``share`` of all requests, ``most`` in all.

    ``early``: methods that were asked while they had said to wait.
    """

    chance: random.Random
    now: Callable[[], float]
    wait: Wait
    share: float = 0.5
    most: int = 60
    refused: int = 0
    early: list[str] = field(default_factory=list)
    until: dict[str, float] = field(default_factory=dict)

    def __call__(self, asked: Exchange) -> Answer | None:
        method = method_of(asked)
        if self.until.get(method, 0) > self.now():
            self.early.append(method)
        if self.refused >= self.most or self.chance.random() > self.share:
            return None
        self.refused += 1
        wait, headers = self.wait(self.chance)
        self.until[method] = self.now() + wait
        return Answer(429, b'{"code": 8, "title": "too many requests", "error": "too many"}', headers)


@dataclass(slots=True)
class Once:
    """Answers the first request of each kind in its own way, and leaves the rest alone.

    ``kind_of`` names the kind of a request, "" = not one of ours. ``struck``: the kinds that were.
    """

    kind_of: Callable[[Exchange], str]
    answer: Callable[[Exchange], Answer]
    times: int = 1
    struck: Counter[str] = field(default_factory=Counter)

    def __call__(self, asked: Exchange) -> Answer | None:
        kind = self.kind_of(asked)
        if not kind or self.struck[kind] >= self.times:
            return None
        self.struck[kind] += 1
        return self.answer(asked)


def reversed_rows(seen: Exchange) -> bytes | None:
    """The rows of every list in a reply, the last first."""
    if seen.status != 200 or "json" not in seen.kind:
        return None
    return json.dumps(_reversed(json.loads(seen.reply)), ensure_ascii=False).encode()


def _reversed(value: Any) -> Any:
    if isinstance(value, list):
        return [_reversed(each) for each in value[::-1]]
    if isinstance(value, dict):
        return {key: _reversed(each) for key, each in value.items()}
    return value
