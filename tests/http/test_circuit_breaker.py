"""A host that fails again and again is left alone for a while, then asked by one caller."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core.clock import FixedClock
from app.marketplaces.errors import MarketplaceDown, RateLimited, Refused
from app.marketplaces.transport import Breakers, Endpoint, Retry, Transport
from tests.http.conftest import SALES
from tests.http.server import Answer, serving

Open = Callable[..., Transport]

ONCE = Retry(attempts=1)


def test_after_five_failures_the_host_is_not_asked(open_transport: Open) -> None:
    with serving(Answer(500)) as stage:
        transport = open_transport(stage, retry=ONCE)
        for _ in range(5):
            with pytest.raises(MarketplaceDown, match="код 500"):
                transport.call(SALES)
        with pytest.raises(MarketplaceDown, match="делаем паузу"):
            transport.call(SALES)
    assert len(stage.seen) == 5


def test_another_host_of_the_same_marketplace_is_not_punished(open_transport: Open) -> None:
    cards = Endpoint("wb.cards", "POST", "content-api", "/content/v2/get/cards/list")
    with serving(*[Answer(500)] * 5, Answer()) as stage:
        transport = open_transport(stage, retry=ONCE)
        for _ in range(5):
            with pytest.raises(MarketplaceDown):
                transport.call(SALES)
        assert transport.call(cards, body={}).status == 200


def test_when_the_pause_is_over_one_good_answer_closes_the_circuit(
    open_transport: Open, clock: FixedClock
) -> None:
    with serving(*[Answer(500)] * 5, Answer()) as stage:
        transport = open_transport(stage, retry=ONCE)
        for _ in range(5):
            with pytest.raises(MarketplaceDown):
                transport.call(SALES)
        clock.advance(timedelta(seconds=61))
        assert transport.call(SALES).status == 200
        assert transport.call(SALES).status == 200


def test_a_probe_that_fails_opens_the_circuit_at_once(open_transport: Open, clock: FixedClock) -> None:
    with serving(Answer(500)) as stage:
        transport = open_transport(stage, retry=ONCE)
        for _ in range(5):
            with pytest.raises(MarketplaceDown):
                transport.call(SALES)
        clock.advance(timedelta(seconds=61))
        with pytest.raises(MarketplaceDown, match="код 500"):
            transport.call(SALES)
        with pytest.raises(MarketplaceDown, match="делаем паузу"):
            transport.call(SALES)
    assert len(stage.seen) == 6


def test_refusals_and_limits_are_not_failures_of_the_host(open_transport: Open, clock: FixedClock) -> None:
    limited = Answer(429, b"{}", {"X-Ratelimit-Retry": "1"})
    with serving(*[Answer(404, b"{}"), limited] * 5, Answer()) as stage:
        transport = open_transport(stage, retry=ONCE, max_wait=0.0)
        for _ in range(5):
            with pytest.raises(Refused):
                transport.call(SALES)
            with pytest.raises(RateLimited):
                transport.call(SALES)
            clock.advance(timedelta(seconds=2))
        assert transport.call(SALES).status == 200


def test_only_one_caller_is_the_probe(clock: FixedClock) -> None:
    breakers = Breakers(clock, threshold=1)
    breakers.failed("host")
    assert breakers.is_open("host")
    assert not breakers.admit("host")
    clock.advance(timedelta(seconds=61))
    assert [breakers.admit("host") for _ in range(3)] == [True, False, False]
    breakers.gave_up("host")
    assert breakers.admit("host"), "a probe that did not go leaves its turn"
    clock.advance(timedelta(seconds=61))
    assert breakers.admit("host"), "a probe that never came back does not lock the host for ever"
    breakers.succeeded("host")
    assert [breakers.admit("host") for _ in range(2)] == [True, True]


def test_an_open_circuit_spends_no_budget(open_transport: Open, clock: FixedClock) -> None:
    claims: list[str] = []

    class Counting:
        def claim(self, method: str) -> float:
            claims.append(method)
            return 0.0

        def observe(self, method: str, *, remaining: int | None, retry_after: float | None) -> None:
            """Nothing to learn."""

    breakers = Breakers(clock, threshold=1)
    breakers.failed("Wildberries statistics-api")
    with serving(Answer()) as stage, pytest.raises(MarketplaceDown):
        open_transport(stage, breakers=breakers, budget=Counting()).call(SALES)
    assert claims == []
