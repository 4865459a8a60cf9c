"""What tests of Wildberries' areas share: published examples, literal pages, sources on a scripted server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.marketplaces.source import Page, RequestKey, Source
from app.marketplaces.transport import Breakers, MemoryRateBudget
from app.marketplaces.wb.client import open_wb
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import TokenType
from tests.http.server import Answer, Stage, serving

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "wb"
PERSONAL = WbPolicy(token_type=TokenType.PERSONAL)


def sample(name: str) -> Any:
    """A published example, or the reason to skip."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("../shared with the published examples is not beside the repository")
    return json.loads(path.read_text("utf-8"))


def told(body: Any, status: int = 200) -> Answer:
    """A scripted answer."""
    return Answer(status, b"" if body is None else json.dumps(body).encode())


def page(path: str, body: Any, asked: str = "") -> Page:
    """A page as it is kept: the request's path and what was asked, and the reply."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Page(RequestKey("GET", "host", path, asked), text, "")


@contextmanager
def opened(*script: Answer, policy: WbPolicy = PERSONAL) -> Iterator[tuple[Stage, dict[str, Source]]]:
    """A server with a script and all Wildberries sources on it; waiting takes no time."""
    clock = FixedClock(datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    with serving(*script) as stage:
        client = open_wb(
            "t",
            address=stage.address + "/{host}",
            budget=MemoryRateBudget(clock, {}),
            clock=clock,
            breakers=Breakers(clock),
        )
        client.transport.sleep = lambda _seconds: None
        with client.transport:
            yield stage, {source.name: source for source in wb_sources(client, policy)}
