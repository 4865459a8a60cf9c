"""Goods that lie, that last too long, and that nobody can judge yet."""

from decimal import Decimal

import pytest

from app.domain.supply.slow import Pace, lasts_for, pace_of


@pytest.mark.parametrize(
    ("on_hand", "sold", "is_new", "pace"),
    [
        (10, 0, False, Pace.STANDS),
        (10, 9, False, Pace.SLOW),
        (10, 10, False, Pace.SELLS),
        (10, 9, True, Pace.TOO_EARLY),
        (10, 0, True, Pace.TOO_EARLY),
        (10, 10, True, Pace.SELLS),
        (0, 0, False, Pace.STANDS),
    ],
)
def test_goods_are_slow_where_there_is_more_than_was_sold(
    on_hand: int, sold: int, is_new: bool, pace: Pace
) -> None:
    assert pace_of(on_hand, sold, is_new=is_new) is pace


@pytest.mark.parametrize(("on_hand", "sold"), [(1, 3), (30, 31), (30, 30), (31, 30), (100, 7)])
def test_slow_is_what_lasts_for_longer_than_the_days_looked_at(on_hand: int, sold: int) -> None:
    lasts = lasts_for(on_hand, sold, 90)
    assert lasts is not None
    assert (pace_of(on_hand, sold, is_new=False) is Pace.SLOW) == (lasts > 90)


def test_how_long_goods_last() -> None:
    assert lasts_for(10, 4, 90) == Decimal(225)
    assert lasts_for(10, 7, 90) == Decimal("128.5714")
    assert lasts_for(10, 0, 90) is None
