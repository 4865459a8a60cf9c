"""A transport that speaks to the misbehaving server; its sleeps are written down, not slept."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import FixedClock
from app.marketplaces.transport import (
    Breakers,
    Endpoint,
    Limit,
    MemoryRateBudget,
    Retry,
    SecretHeaders,
    Transport,
)
from tests.http.server import Stage

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
SECRET = "eyJhbGciOiJFUzI1NiJ9.c2VjcmV0LXNlY3JldA.c2lnbmF0dXJl"
SALES = Endpoint("wb.sales", "GET", "statistics-api", "/api/v1/supplier/sales")

type_of_opening = Callable[..., Transport]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def open_transport(clock: FixedClock, slept: list[float]) -> Iterator[type_of_opening]:
    opened: list[Transport] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    def opening(stage: Stage, **changes: object) -> Transport:
        settings: dict[str, object] = {
            "marketplace": "Wildberries",
            "address": stage.address + "/wb/{host}",
            "auth": SecretHeaders({"Authorization": SECRET}),
            "budget": MemoryRateBudget(clock, {"wb.sales": Limit(0, 1)}),
            "clock": clock,
            "breakers": Breakers(clock, threshold=5),
            "timeout": 5.0,
            "retry": Retry(attempts=3, first_pause=0.01, longest_pause=0.02),
            "sleep": sleep,
        }
        transport = Transport(**{**settings, **changes})  # type: ignore[arg-type]
        opened.append(transport)
        return transport

    yield opening
    for transport in opened:
        transport.close()
