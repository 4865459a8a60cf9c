"""ABC: shares of what was earned, borders, ties, losses and what is unknown."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.finance.abc import Grade, grade_abc


def grades(**amounts: int | str | None) -> dict[str, str | None]:
    asked = {name: None if each is None else Decimal(each) for name, each in amounts.items()}
    return {each.key: each.grade for each in grade_abc(asked)}


def test_goods_are_graded_by_what_went_before_them() -> None:
    assert grades(a=50, b=30, c=15, d=5) == {"a": "A", "b": "A", "c": "B", "d": "C"}


def test_the_one_that_crosses_a_border_is_still_above_it() -> None:
    """79 % before x, 94 % before y."""
    assert grades(a=79, x=15, y=4, z=2) == {"a": "A", "x": "A", "y": "B", "z": "C"}


def test_a_border_is_hit_exactly_or_not_at_all() -> None:
    """80 % and 95 % before: below the border; a kopeck less: above it."""
    assert grades(a="80.00", b="15.00", c="5.00") == {"a": "A", "b": "B", "c": "C"}
    assert grades(a="79.99", b="15.01", c="5.00")["b"] == "A"


def test_a_single_product_brings_all() -> None:
    assert grades(a=1) == {"a": "A"}


def test_equal_amounts_are_in_one_class() -> None:
    """Ten of ten: the ninth has 80 % before it, but is worth what the first is."""
    assert set(grades(**{f"x{n}": 10 for n in range(10)}).values()) == {"A"}


def test_losses_are_in_c_and_make_nobodys_share_greater() -> None:
    found = {each.key: each for each in grade_abc({"a": Decimal(90), "b": Decimal(10), "c": Decimal(-50)})}
    assert (found["a"].share, found["b"].share, found["c"].share) == (Decimal(90), Decimal(10), None)
    assert [found[key].grade for key in "abc"] == ["A", "B", "C"]


def test_nothing_earned_at_all_is_c() -> None:
    assert grades(a=0, b=-1) == {"a": "C", "b": "C"}


def test_what_is_unknown_is_in_no_class_and_last() -> None:
    found = grade_abc({"x": None, "a": Decimal(10)})
    assert [(each.key, each.grade, each.share) for each in found] == [
        ("a", Grade.A, Decimal(100)),
        ("x", None, None),
    ]


def test_of_nothing_nothing() -> None:
    assert grade_abc({}) == []


@given(st.lists(st.decimals(-1000, 1000, places=2), max_size=30))
def test_a_class_never_goes_up_as_amounts_go_down(amounts: list[Decimal]) -> None:
    found = grade_abc(dict(enumerate(amounts)))
    assert [each.amount for each in found] == sorted(amounts, reverse=True)
    assert [each.grade for each in found] == sorted(each.grade or "" for each in found)
    best = [each for each in found if each.grade == Grade.A]
    assert bool(best) == any(each > 0 for each in amounts)
    assert all((each.share is None) == ((each.amount or 0) <= 0) for each in found)
