"""The budget: the server's own headers are obeyed, a 429 is never repeated in place."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.core.clock import FixedClock
from app.marketplaces.errors import RateLimited
from app.marketplaces.ozon.limits import ozon_limits
from app.marketplaces.transport import Limit, MemoryRateBudget, Transport
from app.marketplaces.wb.limits import wb_limits
from app.marketplaces.wb.token import TokenType
from tests.http.conftest import SALES, START
from tests.http.server import Answer, serving

Open = Callable[..., Transport]


def test_a_429_ends_the_call_at_once_and_says_when(open_transport: Open) -> None:
    too_many = Answer(429, b"{}", {"X-Ratelimit-Retry": "29", "X-Ratelimit-Reset": "60"})
    with serving(too_many) as stage:
        transport = open_transport(stage)
        with pytest.raises(RateLimited) as caught:
            transport.call(SALES)
        assert caught.value.until == START + timedelta(seconds=29)
        assert caught.value.method == "wb.sales"
        with pytest.raises(RateLimited):
            transport.call(SALES)
    assert len(stage.seen) == 1, "the second call did not reach the server"


def test_after_the_wait_the_method_is_open_again(open_transport: Open, clock: FixedClock) -> None:
    with serving(Answer(429, b"{}", {"X-Ratelimit-Retry": "29"}), Answer(body=b"[]")) as stage:
        transport = open_transport(stage)
        with pytest.raises(RateLimited):
            transport.call(SALES)
        clock.advance(timedelta(seconds=29))
        assert transport.call(SALES).status == 200


def test_a_lock_of_a_week_is_believed(open_transport: Open) -> None:
    with (
        serving(Answer(429, b"{}", {"X-Ratelimit-Reset": "676358"})) as stage,
        pytest.raises(RateLimited) as caught,
    ):
        open_transport(stage).call(SALES)
    assert caught.value.until == START + timedelta(seconds=676358)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}, {"X-Ratelimit-Retry": "0"}])
def test_a_429_without_a_usable_wait_still_closes_the_method(
    open_transport: Open, headers: dict[str, str]
) -> None:
    with serving(Answer(429, b"{}", headers)) as stage, pytest.raises(RateLimited) as caught:
        open_transport(stage).call(SALES)
    assert caught.value.until == START + timedelta(seconds=60)


def test_ozons_retry_after_is_obeyed(open_transport: Open) -> None:
    with serving(Answer(429, b"{}", {"Retry-After": "7"})) as stage, pytest.raises(RateLimited) as caught:
        open_transport(stage).call(SALES)
    assert caught.value.until == START + timedelta(seconds=7)


def test_a_200_that_used_up_the_limit_cools_down(open_transport: Open, clock: FixedClock) -> None:
    budget = MemoryRateBudget(clock, {"wb.sales": Limit(60, 5)})
    with serving(Answer(headers={"X-Ratelimit-Remaining": "0"})) as stage:
        transport = open_transport(stage, budget=budget)
        transport.call(SALES)
        with pytest.raises(RateLimited) as caught:
            transport.call(SALES)
    assert caught.value.until == START + timedelta(seconds=60), "four of five were left by the table"
    assert len(stage.seen) == 1


def test_a_short_wait_is_slept_a_long_one_is_not(
    open_transport: Open, clock: FixedClock, slept: list[float]
) -> None:
    budget = MemoryRateBudget(clock, {"wb.sales": Limit(4, 1)})
    with serving(Answer()) as stage:
        transport = open_transport(stage, budget=budget, max_wait=5.0)
        transport.call(SALES)
        transport.call(SALES)
        assert slept == [pytest.approx(4)]
        transport.max_wait = 3.0
        with pytest.raises(RateLimited):
            transport.call(SALES)
    assert len(stage.seen) == 2
    assert len(slept) == 1


def test_a_bucket_lets_a_burst_through_and_then_one_by_one(clock: FixedClock) -> None:
    budget = MemoryRateBudget(clock, {"wb.cards": Limit(0.6, 5)})
    assert [budget.claim("wb.cards") for _ in range(5)] == [0.0] * 5
    assert budget.claim("wb.cards") == pytest.approx(0.6)
    assert budget.claim("wb.cards") == pytest.approx(0.6), "a wait is not a call"
    clock.advance(timedelta(seconds=0.6))
    assert budget.claim("wb.cards") == 0.0
    assert budget.claim("wb.cards") == pytest.approx(0.6)


def test_a_method_that_no_table_knows_is_limited_by_headers_only(clock: FixedClock) -> None:
    budget = MemoryRateBudget(clock, {})
    assert budget.claim("new") == 0.0
    budget.observe("new", remaining=None, retry_after=10)
    assert budget.claim("new") == pytest.approx(10)


def test_a_base_token_gets_the_small_limits() -> None:
    assert wb_limits(TokenType.BASE)["wb.finance"] == Limit(43200, 1)
    assert wb_limits(TokenType.UNKNOWN) == wb_limits(TokenType.BASE)
    assert wb_limits(TokenType.PERSONAL)["wb.finance"] == Limit(60, 1)
    assert wb_limits(TokenType.BASE, pace=3600)["wb.finance"] == Limit(12, 1)
    assert ozon_limits()["ozon.accruals"].interval == pytest.approx(0.02)
