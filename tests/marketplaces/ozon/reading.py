"""What tests of Ozon's areas share: published examples, literal replies, an area on a scripted server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.marketplaces.ozon.client import OzonClient, open_ozon
from app.marketplaces.ozon.key import OzonKey
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Page, Source
from app.marketplaces.transport import Breakers, MemoryRateBudget
from tests.http.server import Answer, Stage, serving

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "ozon"
OFFICIAL = "official-doc-examples"


def sample(name: str) -> Any:
    """A published reply or example, or the reason to skip."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("../shared with the published examples is not beside the repository")
    return json.loads(path.read_text("utf-8"))


def told(body: Any, status: int = 200) -> Answer:
    """A scripted answer."""
    return Answer(status, json.dumps(body).encode())


def refused(message: str, status: int = 400, code: int = 3) -> Answer:
    """A refusal as Ozon writes it."""
    return told({"code": code, "message": message, "details": []}, status)


def body_asked(page: Page) -> Any:
    """What a page was asked with."""
    return json.loads(page.key.params)["body"]


def fetched(source: Source, day: date, cursor: str = "") -> list[Page]:
    """Pages of a day, ten at most: a paging that goes round in circles fails instead of hanging."""
    (unit,) = source.units(day, day)
    return list(islice(source.fetch(unit, cursor), 10))


@contextmanager
def opened(
    area: Callable[[OzonClient, OzonPolicy], list[Source]], *script: Answer
) -> Iterator[tuple[Stage, dict[str, Source]]]:
    """A server with a script and an area's sources on it; waiting takes no time."""
    clock = FixedClock(datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    with serving(*script) as stage:
        client = open_ozon(
            OzonKey("1", "k"),
            address=stage.address,
            budget=MemoryRateBudget(clock, {}),
            clock=clock,
            breakers=Breakers(clock),
        )
        client.transport.sleep = lambda _seconds: None
        with client.transport:
            yield stage, {source.name: source for source in area(client, OzonPolicy())}
