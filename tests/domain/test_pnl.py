"""Profit of a SKU-day: the scalar rules, and the columns that must say the same."""

from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.finance.pnl import (
    CostPoint,
    calc_cogs,
    calc_margin,
    calc_profit,
    calc_revenue_net,
    known_cost,
    margin_column,
    net_units,
    with_known_cost,
    with_pnl,
)
from app.domain.money import from_kopecks, to_ten_thousandths
from tests.domain.columns import checked, computed, dated_frame, day, int_frame

Costs = dict[int, list[tuple[int, int]]]  # sku -> (day number, kopecks)

skus = st.integers(1, 4)
days = st.integers(0, 12)
cost_histories = st.dictionaries(
    skus, st.lists(st.tuples(days, st.integers(0, 10**7)), max_size=5), max_size=4
)
kopecks = st.integers(-(10**9), 10**9)


def test_a_late_refund_takes_its_profit_back() -> None:
    """Seed, section 10.2: ten sold at 200 with a cost of 100; on day 5 two of day 1 come back."""
    history = [CostPoint(date(2025, 9, 1), Decimal(100))]
    day_one, nothing = date(2025, 9, 30), Decimal(0)

    def profit(refunds_qty: int, refunds_amount: Decimal) -> Decimal:
        revenue = calc_revenue_net(Decimal(2000), refunds_amount, nothing, nothing, nothing)
        return calc_profit(revenue, calc_cogs(net_units(10, refunds_qty), day_one, 1, history))

    assert profit(0, nothing) == 1000
    assert profit(2, Decimal(400)) == 800


def test_a_cost_that_nobody_entered_is_unknown_and_not_free() -> None:
    history = [CostPoint(day(5), Decimal("12.50"))]
    assert known_cost(day(4), history) is None
    assert known_cost(day(5), history) == Decimal("12.50")
    assert known_cost(day(5), []) is None


def test_goods_entered_as_free_are_known_to_be_free() -> None:
    assert known_cost(day(1), [(day(0), Decimal(0))]) == 0


def test_of_two_costs_of_one_day_the_later_entered_counts() -> None:
    history = [(day(0), Decimal(1)), (day(0), Decimal(2))]
    assert known_cost(day(0), history) == 2


def test_a_loss_has_a_negative_margin() -> None:
    assert calc_margin(Decimal(-50), Decimal(200)) == Decimal(-25)


def test_a_margin_on_negative_revenue_is_the_sentinel() -> None:
    assert calc_margin(Decimal(-50), Decimal(-200)) == 0


def test_revenue_and_profit_of_columns_are_the_same_functions() -> None:
    frame = int_frame(gross=[10_000_00], back=[1_000_00], promo=[500_00], road=[200_00], share=[1_500_00])
    revenue = calc_revenue_net(*(pl.col(name) for name in ("gross", "back", "promo", "road", "share")))
    assert computed(frame, revenue) == [6_800_00]
    assert computed(frame, calc_profit(revenue, pl.lit(6_000_00))) == [800_00]
    assert computed(frame, net_units(pl.lit(10, pl.Int64), pl.lit(2, pl.Int64))) == [8]


@checked
@given(cost_histories, st.lists(st.tuples(skus, days, st.integers(-20, 20)), max_size=40))
@example({}, [(1, 0, 1)])
@example({1: [(0, 100)]}, [])
@example({1: [(3, 100), (3, 200)]}, [(1, 3, 2), (1, 2, 2), (1, 3, 0)])
def test_the_cost_of_a_column_is_the_cost_of_each_row(costs: Costs, rows: list[tuple[int, int, int]]) -> None:
    points = [(sku, number, cost) for sku, history in costs.items() for number, cost in history]
    table = dated_frame(
        [p[0] for p in points], [p[1] for p in points], of="dt_from", cost_kop=[p[2] for p in points]
    )
    frame = dated_frame([r[0] for r in rows], [r[1] for r in rows], units=[r[2] for r in rows])

    costed = with_known_cost(frame, table)

    assert costed.drop("cost_kop").equals(frame)
    assert costed.schema["cost_kop"] == pl.Int64
    for (sku, number, units), cost_kop in zip(rows, costed["cost_kop"], strict=True):
        history = [(day(n), from_kopecks(cost)) for n, cost in costs.get(sku, [])]
        known = known_cost(day(number), history)
        if known is None:
            assert cost_kop is None
        else:
            assert from_kopecks(cost_kop) == known
            assert from_kopecks(cost_kop) * units == calc_cogs(units, day(number), sku, history)


@checked
@given(
    st.lists(
        st.tuples(st.integers(-50, 500), kopecks, kopecks, st.none() | st.integers(0, 10**7)), max_size=40
    )
)
@example([(0, 0, 0, 0), (1, 1, 0, None), (1, -500, 0, 100)])
@example([(1, 10**6 * 2, 0, 10**6 * 2 - 1), (3, 16 * 10**6, 0, 1)])
def test_the_pnl_of_columns_is_the_pnl_of_each_row(rows: list[tuple[int, int, int, int | None]]) -> None:
    frame = int_frame(
        units=[r[0] for r in rows],
        revenue_net_kop=[r[1] for r in rows],
        marketing_kop=[r[2] for r in rows],
        cost_kop=[r[3] for r in rows],
    )

    result = with_pnl(frame).select("cogs_kop", "profit_kop", "margin_e4")

    assert set(result.dtypes) == {pl.Int64}
    for (units, revenue, marketing, cost), (cogs_kop, profit_kop, margin_e4) in zip(
        rows, result.iter_rows(), strict=True
    ):
        if cost is None:
            assert (cogs_kop, profit_kop, margin_e4) == (None, None, None)
            continue
        cogs = calc_cogs(units, day(0), 1, [(day(0), from_kopecks(cost))])
        profit = calc_profit(from_kopecks(revenue), cogs, from_kopecks(marketing))
        assert from_kopecks(cogs_kop) == cogs
        assert from_kopecks(profit_kop) == profit
        if revenue <= 0:
            assert margin_e4 is None
        else:
            assert margin_e4 == to_ten_thousandths(calc_margin(profit, from_kopecks(revenue)))


def test_a_margin_rounds_its_half_to_even() -> None:
    """Profit 1 and 3 kopecks of 20 000 rubles are 0.00005 % and 0.00015 %."""
    frame = int_frame(profit=[1, 3, -1, -3], revenue=[2_000_000] * 4)
    assert computed(frame, margin_column(pl.col("profit"), pl.col("revenue"))) == [0, 2, 0, -2]


def test_a_margin_of_the_largest_storable_profit_does_not_overflow() -> None:
    frame = int_frame(profit=[10**14 - 1], revenue=[10**14])
    assert computed(frame, margin_column(pl.col("profit"), pl.col("revenue"))) == [1_000_000]
