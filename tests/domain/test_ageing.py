"""Ageing: first in, first out; what is left is of the last arrivals."""

from collections import Counter, deque
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.warehouse.ageing import OLDEST, Layer, Left, age_bucket, by_age, layers_left

TODAY = date(2026, 11, 20)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_what_came_first_has_left_first() -> None:
    arrivals = [Layer(ago(200), 10), Layer(ago(100), 10), Layer(ago(10), 10)]
    assert layers_left(arrivals, 14) == [Left(ago(10), 10), Left(ago(100), 4)]


def test_nothing_on_the_shelf_has_no_age() -> None:
    assert layers_left([Layer(ago(1), 5)], 0) == []


def test_pieces_without_an_arrival_have_no_age() -> None:
    assert layers_left([Layer(ago(1), 5)], 7) == [Left(ago(1), 5), Left(None, 2)]
    assert layers_left([], 7) == [Left(None, 7)]


def test_arrivals_of_a_day_are_one_layer_and_those_taken_back_are_none() -> None:
    arrivals = [Layer(ago(3), 5), Layer(ago(3), 2), Layer(ago(1), 4), Layer(ago(1), -4)]
    assert layers_left(arrivals, 6) == [Left(ago(3), 6)]


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-1, "0–30"), (0, "0–30"), (30, "0–30"), (31, "31–60"), (60, "31–60"), (61, "61–90"), (90, "61–90"),
     (91, "91–180"), (180, "91–180"), (181, OLDEST), (4000, OLDEST)],
)  # fmt: skip
def test_a_border_belongs_to_the_younger_bucket(days: int, bucket: str) -> None:
    assert age_bucket(ago(days), TODAY) == bucket


def test_pieces_are_counted_by_bucket() -> None:
    left = [Left(ago(5), 3), Left(ago(20), 4), Left(ago(181), 1), Left(None, 2)]
    assert by_age(left, TODAY) == {"0–30": 7, OLDEST: 1, None: 2}


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 50)), max_size=20),
    st.integers(0, 500),
)
def test_no_piece_is_lost_nor_made(arrivals: list[tuple[int, int]], on_hand: int) -> None:
    left = layers_left([Layer(ago(days), qty) for days, qty in arrivals], on_hand)
    assert sum(each.qty for each in left) == on_hand
    came = sum(qty for _, qty in arrivals)
    assert sum(each.qty for each in left if each.day is None) == max(0, on_hand - came)
    days = [each.day for each in left if each.day]
    assert days == sorted(days, reverse=True)
    assert sum(by_age(left, TODAY).values()) == on_hand


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(0, 20)), max_size=25))
def test_it_is_what_a_queue_of_pieces_would_leave(steps: list[tuple[int, int, int]]) -> None:
    """Piece by piece: each that leaves is the one that came first."""
    shelf: deque[date] = deque()
    arrivals: list[Layer] = []
    day = ago(400)
    for later, came, gone in steps:
        day += timedelta(days=later)
        shelf.extend([day] * came)
        arrivals.append(Layer(day, came))
        for _ in range(min(gone, len(shelf))):
            shelf.popleft()
    pieces = Counter(shelf)
    assert dict(layers_left(arrivals, len(shelf))) == pieces
