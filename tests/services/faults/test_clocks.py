"""Clocks: midnight is Moscow's, and a clock that is set in mid-night changes nothing."""

from datetime import datetime, time, timedelta

import pytest

from tests.support.bench import MOSCOW, Bench
from tests.support.faults import Watched, odd_night, soaked
from tests.support.shop import Shop


@pytest.mark.parametrize(
    ("moment", "clock", "hours"),
    [
        ("02:59:59", "wall", -1),
        *soaked(
            ("00:00:01", "wall", 1),
            ("03:00:01", "clock", 1),
            ("23:50:00", "clock", -1),
            ("06:00:00", "wall", 24),
            ("06:00:00", "wall", -24),
        ),
    ],
)
def test_a_night_at_any_hour_whose_clock_is_set_meanwhile_is_the_same_night(
    victim: Shop, bench: Bench, moment: str, clock: str, hours: int
) -> None:
    """``moment`` is Moscow's: at three it is midnight in UTC. ``clock`` is the business's, ``wall`` the one
    that budgets and breakers run on: it is set in mid-night, by so many hours."""
    for each in (victim.house.clock, victim.wall):
        now = each.now()
        each.skip(datetime.combine(now.astimezone(MOSCOW), time.fromisoformat(moment), MOSCOW) - now)
    pages = 0

    def at_page() -> None:
        nonlocal pages
        pages += 1
        if pages == bench.good.pages // 2:
            (victim.wall if clock == "wall" else victim.house.clock).skip(timedelta(hours=hours))

    bench.run_patiently(victim, odd_night(victim, lambda source: Watched(source, at_page)))
    assert pages >= bench.good.pages
    bench.check(victim)
