"""Who gets the pieces, what the advice was made of, and the policy that it follows."""

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.supply.advice import rationale_hash, split_by_share, with_split
from app.domain.supply.policy import Policy
from tests.domain.columns import checked, int_frame

share_lists = st.lists(st.integers(-3, 1000), min_size=1, max_size=8)


def test_pieces_go_where_they_sell() -> None:
    assert split_by_share(87, [50, 30, 20]) == [44, 26, 17]  # 43.5, 26.1, 17.4


def test_an_even_claim_goes_to_the_larger_share_and_then_to_the_earlier() -> None:
    assert split_by_share(1, [1, 1]) == [1, 0]
    assert split_by_share(2, [1, 3]) == [0, 2]  # both claim half a piece
    assert split_by_share(2, [3, 1]) == [2, 0]


def test_shares_may_be_decimal() -> None:
    assert split_by_share(10, [Decimal("0.1"), Decimal("0.9")]) == [1, 9]


def test_where_nothing_was_sold_the_split_is_even() -> None:
    assert split_by_share(5, [0, 0]) == [3, 2]


def test_a_warehouse_of_returns_gets_nothing() -> None:
    assert split_by_share(5, [-4, 2]) == [0, 5]


def test_nothing_needs_nobody_but_pieces_need_somebody() -> None:
    assert split_by_share(0, []) == []
    with pytest.raises(ValueError):
        split_by_share(1, [])
    with pytest.raises(ValueError):
        split_by_share(-1, [1])


@checked
@given(st.integers(0, 10**6), share_lists)
@example(0, [0])
def test_parts_add_up_and_none_is_a_piece_off_its_claim(total: int, shares: list[int]) -> None:
    parts = split_by_share(total, shares)
    assert sum(parts) == total
    whole = sum(max(share, 0) for share in shares)
    for part, share in zip(parts, shares, strict=True):
        if whole:
            assert abs(part * whole - total * max(share, 0)) < whole


@checked
@given(st.lists(st.tuples(st.integers(0, 10**6), share_lists), max_size=6), st.integers(0, 99))
@example([(5, [0, 0]), (2, [1, 3]), (0, [1])], 0)
def test_the_split_of_columns_is_the_split_of_each_group(
    groups: list[tuple[int, list[int]]], mix: int
) -> None:
    rows = [(g, total, share) for g, (total, shares) in enumerate(groups) for share in shares]
    Random(mix).shuffle(rows)
    frame = int_frame(sku_id=[r[0] for r in rows], total=[r[1] for r in rows], share=[r[2] for r in rows])

    result = with_split(frame, ["sku_id"], "total", "share")

    assert result.drop("part").equals(frame)
    for g, (total, _) in enumerate(groups):
        mine = result.filter(sku_id=g)
        assert mine["part"].to_list() == split_by_share(total, mine["share"].to_list())


INPUTS = {
    "units": 140,
    "sv": Decimal("10.5"),
    "d": date(2026, 11, 20),
    "by": [1, (2, None)],
    "склад": {"a": True},
}


def test_the_hash_is_of_the_canonical_json() -> None:
    """From outside: printf '{"a":[1,null,"2026-11-20"],"b":"1.5"}' | sha256sum."""
    expected = "d0f40330217e05fac6bafd114a45b4a087082662a67c3e9cf47cf17687c4111d"
    assert rationale_hash({"b": Decimal("1.50"), "a": (1, None, date(2026, 11, 20))}) == expected


def test_the_order_of_inputs_and_trailing_zeros_do_not_change_the_hash() -> None:
    again = dict(reversed(INPUTS.items())) | {"sv": Decimal("10.5000")}
    assert rationale_hash(again) == rationale_hash(INPUTS)
    assert rationale_hash({"sv": Decimal("-0.00")}) == rationale_hash({"sv": Decimal(0)})
    assert rationale_hash({"sv": Decimal("1E+2")}) == rationale_hash({"sv": Decimal(100)})


@pytest.mark.parametrize(
    ("name", "value"), [("units", 141), ("sv", Decimal("10.51")), ("d", None), ("new", 0)]
)
def test_any_other_input_changes_the_hash(name: str, value: object) -> None:
    assert rationale_hash(INPUTS | {name: value}) != rationale_hash(INPUTS)


def test_what_has_no_exact_text_is_refused() -> None:
    with pytest.raises(TypeError):
        rationale_hash({"sv": 10.5})
    with pytest.raises(TypeError):
        rationale_hash({"by": {1: 2}})


def test_the_policy_is_the_seeds_unless_told_otherwise() -> None:
    policy = Policy()
    assert (policy.aggr_days("WB"), policy.aggr_days("OZON")) == (14, 28)
    assert policy.windows == (14, 28)
    assert policy.parameters("OZON", 14) == {
        "aggr_days": 28,
        "safety_coeff": Decimal("1.5"),
        "window_days": 14,
    }


def test_another_coefficient_is_another_rationale() -> None:
    bold = Policy(safety_coeff=Decimal(0))
    assert rationale_hash(bold.parameters("WB", 14)) != rationale_hash(Policy().parameters("WB", 14))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aggr_days_wb": 0},
        {"aggr_days_ozon": -1},
        {"windows": ()},
        {"windows": (14, 0)},
        {"safety_coeff": Decimal(-1)},
        {"safety_coeff": Decimal("NaN")},
    ],
)
def test_a_senseless_policy_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Policy(**wrong)  # type: ignore[arg-type]
