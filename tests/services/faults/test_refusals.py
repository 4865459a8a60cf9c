"""A marketplace that asks to wait is waited for, and nobody is asked twice meanwhile."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

from app.queue.port import YieldUntil
from tests.support.bench import Bench, moscow
from tests.support.faults import soaked
from tests.support.meddlers import UNSAID, Once, Storm, method_of, ozon_wait, wb_wait
from tests.support.shop import Shop
from tests.support.tap import Answer, Exchange

SECOND = timedelta(seconds=2)
"""A pass takes seconds, and the shortest wait is one."""


@pytest.mark.parametrize("seed", [1, *soaked(*range(2, 12))])
def test_a_storm_of_429_is_waited_out_and_nobody_is_asked_twice(
    victim: Shop, bench: Bench, seed: int
) -> None:
    storm = Storm(
        random.Random(seed),
        lambda: victim.wall.now().timestamp(),
        wb_wait if bench.marketplace == "WB" else ozon_wait,
        share=0.12 if seed == 1 else 0.5,
        most=6 if seed == 1 else 60,
    )

    def passes(told: YieldUntil) -> None:
        refused = Counter(method_of(seen) for seen in bench.heard() if seen.status == 429)
        assert max(refused.values(), default=0) <= 1, "refused, and asked again in the same pass"
        near = [end for end in storm.until.values() if abs(told.at - moscow(end)) < SECOND]
        assert near, "it yields until the marketplace opens again"

    bench.tap.instead = storm
    bench.work(victim, f"storm-{seed}", passes)
    assert storm.refused > 2
    assert storm.early == []
    bench.check(victim)


# Advertising at Ozon has a door of its own


@pytest.fixture
def advertiser(ozon_ads: Bench) -> Shop:
    return ozon_ads.victim()


def _door(asked: Exchange) -> str:
    """What is asked of the Performance API with a token; "" for everything else."""
    is_ours = asked.host.startswith("api-performance") and not asked.path.endswith("/token")
    return method_of(asked) if is_ours else ""


def test_a_token_of_advertising_that_dies_before_any_call_is_renewed(
    ozon_ads: Bench, advertiser: Shop
) -> None:
    """Before its time, at each method in turn, in mid-report too."""
    dead = Once(_door, lambda _: Answer(401, b'{"error": "token is expired"}'))
    ozon_ads.tap.instead = dead
    assert ozon_ads.run(advertiser) == {}
    renewed = [seen for seen in ozon_ads.heard() if seen.path.endswith("/token")]
    assert {name.rpartition("/")[2] for name in dead.struck} >= {"campaign", "json", "{id}", "report", "sku"}
    assert len(renewed) == 1 + dead.struck.total()
    ozon_ads.check(advertiser)


def test_one_export_at_a_time_is_a_wait_and_no_failure(ozon_ads: Bench, advertiser: Shop) -> None:
    """Somebody else's is being made, and Ozon does not say how long that takes."""
    refused_at: list[datetime] = []

    def refuse(_asked: Exchange) -> Answer:
        refused_at.append(advertiser.wall.now())
        return Answer(429, '{"error": "Превышен лимит активных запросов (максимум 1)"}'.encode())

    ozon_ads.tap.instead = Once(
        lambda asked: "order" if asked.path.endswith("/statistics/json") else "", refuse, times=3
    )
    waits: list[timedelta] = []

    def passes(told: YieldUntil) -> None:
        waits.append(told.at - refused_at[-1])
        refused = [seen for seen in ozon_ads.heard() if seen.status == 429]
        assert len(refused) == 1, "asked again in the same pass"

    ozon_ads.work(advertiser, "export", passes)
    assert len(waits) == 3
    assert all(timedelta() <= wait - timedelta(seconds=UNSAID) < SECOND for wait in waits)
    ozon_ads.check(advertiser)


def test_a_report_of_advertising_that_could_not_be_made_is_ordered_anew(
    ozon_ads: Bench, advertiser: Shop
) -> None:
    """And nothing but the statistics is missing until then."""
    failed = Once(
        lambda asked: "state" if "{id}" in method_of(asked) and _door(asked) else "",
        lambda _: Answer(200, b'{"UUID": "", "state": "ERROR"}'),
    )
    ozon_ads.tap.instead = failed
    assert set(ozon_ads.run(advertiser)) == {"ozon.ads"}
    advertiser.heal()
    assert ozon_ads.run(advertiser) == {}
    ozon_ads.check(advertiser)
