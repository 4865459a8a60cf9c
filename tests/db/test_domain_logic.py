"""The seed's sixteen worked examples (seed of stage 7, sections 4 and 7.2), under its names.

They need no database; they are here because the seed counts them here.
"""

from datetime import date
from decimal import Decimal

from app.domain.finance.pnl import calc_cogs, calc_margin, calc_profit, calc_revenue_net
from app.domain.money import ratio, rubles
from app.domain.supply.inventory import recommend_supply, rolling_velocity, stock_cover_days

SKU = 1
JANUARY, FEBRUARY = date(2025, 1, 1), date(2025, 2, 1)


def money(text: str) -> Decimal:
    return Decimal(text)


def test_calc_revenue_net() -> None:
    net = calc_revenue_net(
        revenue_gross=money("10000"),
        refunds_amount=money("1000"),
        promo_cost=money("500"),
        delivery_cost=money("200"),
        commission_amount=money("1500"),
    )
    assert net == money("6800.00")


def test_calc_revenue_net_negative() -> None:
    net = calc_revenue_net(money("1000"), money("500"), money("300"), money("200"), money("500"))
    assert net == money("-500.00")


def test_calc_cogs_simple() -> None:
    assert calc_cogs(10, date(2025, 1, 15), SKU, [(JANUARY, money("100"))]) == money("1000.00")


def test_calc_cogs_multiple_prices() -> None:
    history = [(FEBRUARY, money("110")), (JANUARY, money("100"))]
    assert calc_cogs(1, date(2025, 1, 15), SKU, history) == money("100")
    assert calc_cogs(1, date(2025, 2, 15), SKU, history) == money("110")
    assert calc_cogs(1, FEBRUARY, SKU, history) == money("110")


def test_calc_cogs_no_history() -> None:
    assert calc_cogs(10, date(2025, 1, 15), SKU, []) == money("0.00")


def test_calc_profit() -> None:
    assert calc_profit(money("10000"), money("6000"), money("1000")) == money("3000.00")


def test_calc_margin() -> None:
    assert calc_margin(money("3000"), money("10000")) == money("30.0")


def test_calc_margin_zero_revenue() -> None:
    assert calc_margin(money("100"), money("0")) == money("0.0")


def test_rolling_velocity_simple() -> None:
    velocity = rolling_velocity([10, 12, 8, 15, 11, 9, 14], window=7)
    assert rubles(velocity) == Decimal("11.29")
    assert ratio(velocity) == Decimal("11.2857")


def test_rolling_velocity_window_larger_than_data() -> None:
    assert rolling_velocity([10, 12, 8], window=7) == Decimal("10.0")


def test_rolling_velocity_empty() -> None:
    assert rolling_velocity([], window=7) == Decimal("0.0")


def test_stock_cover_days() -> None:
    assert stock_cover_days(on_hand=100, in_transit=50, velocity=Decimal(10)) == Decimal("15.0")


def test_stock_cover_days_zero_velocity() -> None:
    assert stock_cover_days(on_hand=100, in_transit=50, velocity=Decimal(0)) == Decimal("999.0")


def test_recommend_supply_basic() -> None:
    advised = recommend_supply(
        sv=Decimal(10),
        window_days=14,
        on_hand=50,
        in_transit=20,
        safety_coeff=Decimal("1.5"),
        demand_std=Decimal(3),
    )
    assert advised == 87


def test_recommend_supply_overstocked() -> None:
    assert recommend_supply(sv=Decimal(5), window_days=14, on_hand=200, in_transit=50) == 0


def test_recommend_supply_no_safety_stock() -> None:
    assert recommend_supply(sv=Decimal(10), window_days=14, on_hand=30, in_transit=20) == 90
