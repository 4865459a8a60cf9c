"""Costs of the whole cabinet: divided to the kopeck, and advertising counted once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.finance.sharing import (
    DOCUMENT_REACH,
    NOBODY,
    Charge,
    Deduction,
    already_charged,
    divide,
    spread,
)
from tests.domain.columns import checked, day


def test_a_hundred_kopecks_among_three() -> None:
    assert divide(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}


def test_the_largest_remainder_gets_the_kopeck() -> None:
    # 10 by 1 : 2 : 3 is 1.67, 3.33, 5: the first lacks least to a whole kopeck
    assert divide(10, {"a": 1, "b": 2, "c": 3}) == {"a": 2, "b": 3, "c": 5}


def test_a_refund_is_divided_as_its_cost_was() -> None:
    assert divide(-100, {"a": 1, "b": 1, "c": 1}) == {"a": -34, "b": -33, "c": -33}


@pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": -3}])
def test_without_a_weight_nobody_gets_anything(weights: dict[str, int]) -> None:
    assert divide(100, weights) == {}


@checked
@given(
    amount=st.integers(-(10**12), 10**12),
    weights=st.dictionaries(st.integers(), st.integers(0, 10**9), max_size=30),
)
def test_parts_add_up_and_none_is_a_kopeck_off(amount: int, weights: dict[int, int]) -> None:
    parts = divide(amount, weights)
    whole = sum(weights.values())
    assert sum(parts.values()) == (amount if whole else 0)
    assert all(abs(part * whole - amount * weights[key]) < whole for key, part in parts.items())


def test_a_campaigns_day_goes_to_its_cards_and_on_to_the_sizes_that_were_sold() -> None:
    # 1000 by 3 : 1; card 11 sold 2 and 1 of its sizes, card 12 nothing: equally
    shelf = {11: {1: 2, 2: 1, 3: 0}, 12: {4: 0, 5: 0}}
    assert spread(1000, {11: 300, 12: 100}, shelf) == {1: 500, 2: 250, 4: 125, 5: 125}


def test_a_card_on_no_shelf_and_a_day_without_statistics_are_nobodys() -> None:
    assert spread(1000, {11: 1, 99: 1}, {11: {1: 1}}) == {1: 500, NOBODY: 500}
    assert spread(1000, {99: 1, 98: 1}, {}) == {NOBODY: 1000}
    assert spread(1000, {}, {11: {1: 1}}) == {NOBODY: 1000}
    assert spread(1000, {NOBODY: 7}, {11: {1: 1}}) == {NOBODY: 1000}


DUE = day(20)


def before(days: int, amount: int, document: str = "") -> Charge:
    return Charge(DUE - timedelta(days=days), document, amount)


def test_a_document_charged_in_full_is_left_out_in_full() -> None:
    charges = [before(3, 600, "7"), before(2, 400, "7"), before(1, 50)]
    assert already_charged([Deduction(DUE, "7", 1000)], charges) == [1000]


def test_without_the_promotion_feed_the_deduction_stays() -> None:
    assert already_charged([Deduction(DUE, "7", 1000)], []) == [0]


def test_a_day_that_the_feed_is_missing_leaves_just_its_money_in_the_deduction() -> None:
    """1000 for three days, of which the second (300) was never heard of."""
    charges = [before(3, 500, "7"), before(1, 200, "7")]
    assert already_charged([Deduction(DUE, "7", 1000)], charges) == [700]


def test_charges_beyond_a_document_are_left_to_the_next_one() -> None:
    two = [Deduction(DUE, "7", 300), Deduction(DUE + timedelta(days=3), "8", 300)]
    assert already_charged(two, [before(2, 400, "7"), before(1, 100, "8")]) == [300, 100]


def test_one_document_in_two_reports_takes_each_charge_once() -> None:
    two = [Deduction(DUE, "7", 300), Deduction(DUE + timedelta(days=7), "7", 300)]
    assert already_charged(two, [before(2, 400, "7")]) == [300, 100]


def test_a_deduction_of_no_known_number_is_for_the_charges_before_it() -> None:
    charges = [before(1, 100), before(2, 300), before(0, 900), before(DOCUMENT_REACH.days + 1, 900)]
    assert already_charged([Deduction(DUE, "", 350)], charges) == [350]
    assert already_charged([Deduction(DUE, "7", 1000)], charges) == [400]


def test_what_another_document_claims_is_not_taken() -> None:
    two = [Deduction(DUE, "", 500), Deduction(DUE, "8", 200)]
    assert already_charged(two, [before(1, 200, "8"), before(1, 100, "9")]) == [100, 200]


def test_a_refund_of_advertising_is_never_left_out() -> None:
    two = [Deduction(DUE, "7", -100), Deduction(DUE, "", -100)]
    assert already_charged(two, [before(1, 100, "7"), before(1, 100)]) == [0, 0]


def test_money_given_back_in_the_feed_takes_nothing_out() -> None:
    assert already_charged([Deduction(DUE, "7", 100)], [before(1, -50, "7")]) == [0]
    assert already_charged([Deduction(DUE, "", 100)], [before(2, -50), before(1, 80)]) == [80]


days = st.integers(0, 40).map(day)
papers = st.sampled_from(["", "1", "2", "3"])
sums = st.integers(0, 10**6)


@checked
@given(
    deductions=st.lists(st.builds(Deduction, days, papers, sums), max_size=8),
    charges=st.lists(st.builds(Charge, days, papers, sums), max_size=12),
)
def test_never_more_than_was_deducted_nor_than_was_charged(
    deductions: list[Deduction], charges: list[Charge]
) -> None:
    told = already_charged(deductions, charges)
    assert all(0 <= took <= each.amount for took, each in zip(told, deductions, strict=True))
    assert sum(told) <= sum(each.amount for each in charges)
