"""Pages that come twice, days and rows that come in another order: the same night all the same."""

from collections.abc import Callable
from typing import Any

import pytest

from app.marketplaces.source import Source
from tests.support.bench import Bench
from tests.support.faults import Backwards, Stuttering, odd_night, soaked
from tests.support.meddlers import reversed_rows
from tests.support.shop import Shop


def anyhow(source: Source) -> Stuttering:
    """All of it at once."""
    return Stuttering(Backwards(source))


@pytest.mark.parametrize("odd", [anyhow, *soaked(Stuttering, Backwards)])
def test_pages_twice_days_backwards_and_rows_reversed_are_the_same_night(
    victim: Shop, bench: Bench, odd: Callable[[Source], Any]
) -> None:
    bench.tap.spoil = reversed_rows if odd is anyhow else None
    assert bench.run(victim, odd_night(victim, odd)) == {}
    bench.check(victim)
