"""The budget in the database: what the one in memory says, whoever asks, and one token is spent once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.core.clock import FixedClock
from app.db.session import Database
from app.marketplaces.transport.budget import Limit, MemoryRateBudget
from app.repositories.rate_budget import DbRateBudget, standing

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LIMITS = {"fast": Limit(0.5, 3), "slow": Limit(60, 1), "free": Limit(0), "many": Limit(20, 10)}
METHODS = (*LIMITS, "unknown")


def budget(db: Database, clock: FixedClock, seller: str) -> DbRateBudget:
    return DbRateBudget(db=db, clock=clock, marketplace="WB", seller_key=seller, limits=LIMITS)


@pytest.mark.parametrize("seed", range(6))
def test_it_says_what_the_budget_in_memory_says(db: Database, seed: int) -> None:
    dice, clock = random.Random(seed), FixedClock(NOW)
    ours, model = budget(db, clock, f"seller-{seed}"), MemoryRateBudget(clock=clock, limits=LIMITS)
    waits = 0
    for _ in range(150):
        method = dice.choice(METHODS)
        if dice.random() < 0.1:
            told = dice.choice(
                [{"remaining": 0, "retry_after": None}, {"remaining": None, "retry_after": 7.5}]
            )
            ours.observe(method, **told)
            model.observe(method, **told)
        else:
            said = ours.claim(method)
            assert said == pytest.approx(model.claim(method), abs=0.001)
            waits += said > 0
        clock.advance(timedelta(seconds=dice.choice((0, 0, 0.1, 1, 5, 30))))
    assert waits > 10


def test_a_token_is_spent_once_however_many_ask(db: Database) -> None:
    ours = budget(db, FixedClock(NOW), "crowd")
    with ThreadPoolExecutor(8) as crowd:
        waits = list(crowd.map(lambda _: ours.claim("many"), range(40)))
    assert waits.count(0.0) == LIMITS["many"].burst
    assert {wait for wait in waits if wait} == {LIMITS["many"].interval}


def test_a_clock_that_is_set_back_stops_nobody_for_good(db: Database) -> None:
    clock = FixedClock(NOW)
    ours = budget(db, clock, "back")
    assert ours.claim("slow") == 0
    clock.advance(timedelta(hours=-5))
    assert ours.claim("slow") == 60
    clock.advance(timedelta(seconds=60))
    assert ours.claim("slow") == 0


def test_what_is_refused_is_not_recorded(db: Database) -> None:
    clock = FixedClock(NOW)
    ours = budget(db, clock, "refused")
    assert [ours.claim("fast") for _ in range(4)] == [0, 0, 0, 0.5]
    with db.platform() as tx:
        assert standing(tx, "WB", "refused")["fast"].tokens == 0
