"""Metrics of a real night, SKU-day by SKU-day: the scalar formulas over the raw rows say the same.

Also: a cost that changes, and a day of which everything came late.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.domain.finance.pnl import calc_cogs, calc_margin, calc_profit, calc_revenue_net, known_cost
from app.domain.finance.settlement import (
    COMMISSION_LINES,
    DELIVERY_LINES,
    MARKETING_LINES,
    OUTSIDE_PROFIT,
    PROMO_LINES,
    PnlLine,
)
from app.domain.money import ratio
from app.domain.supply.inventory import (
    NO_SALES_COVER,
    daily_pieces,
    population_std,
    recommend_supply,
    rolling_velocity,
    stock_cover_days,
)
from app.repositories.costs import set_points
from app.sandbox.server import SandboxServer
from app.services.costs import CostChange, NewCost, SetCostPrice, UndoCost
from tests.support.shop import CORE, Shop, content, sandbox

DAYS = 8
AGGR = {"WB": 14, "OZON": 28}


@pytest.fixture(scope="module")
def only() -> frozenset[str]:
    return CORE


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=30, days=DAYS, seed=11) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def night(shop: Shop) -> None:
    """A night, then the price list, then another night a day later: two of three SKUs have a cost,
    some of them two."""
    shop.night(days=DAYS)
    with shop.db.tenant(shop.tenant_id) as tx:
        skus = list(tx.run("SELECT id FROM sku ORDER BY id").scalars())
        first, later = shop.world.first_day, shop.d - timedelta(days=4)
        set_points(tx, first, {sku: Decimal(sku % 700 + 50) for sku in skus if sku % 3})
        set_points(tx, later, {sku: Decimal(sku % 300 + 99) for sku in skus if sku % 3 == 1})
    shop.advance()
    assert shop.night(days=DAYS).errors == {}


def lines_of(shop: Shop, sku: int, d: date) -> dict[PnlLine, Decimal]:
    """Finance rows, and the SKU's share of the cabinet's costs (test_control_totals.py holds it against
    the sandbox's books)."""
    rows = shop.rows(
        "SELECT line, sum(amount) AS amount FROM (SELECT line, amount FROM settlement_line"
        " WHERE sku_id = :sku AND d = :d UNION ALL SELECT line, amount FROM shared_cost_daily"
        " WHERE sku_id = :sku AND d = :d) l GROUP BY 1",
        sku=sku,
        d=d,
    )
    return {PnlLine(row.line): row.amount for row in rows}


def costs_of(shop: Shop, sku: int) -> list[tuple[date, Decimal]]:
    rows = shop.rows("SELECT dt_from, cost_price FROM cost_price_history WHERE sku_id = :sku", sku=sku)
    return [tuple(row) for row in rows]


def pieces_of(shop: Shop, sku: int, until: date) -> list[int]:
    rows = shop.rows("SELECT d, sum(qty) AS qty FROM daily_sales WHERE sku_id = :sku GROUP BY d", sku=sku)
    return daily_pieces({row.d: row.qty for row in rows}, until)


def by_hand(shop: Shop, row: Any) -> tuple[object, ...]:
    """A SKU-day's metrics by the scalar formulas."""
    told = lines_of(shop, row.sku_id, row.d)

    def of(kinds: frozenset[PnlLine]) -> Decimal:
        return sum((told.get(kind, Decimal(0)) for kind in kinds), Decimal(0))

    gross = of(frozenset({PnlLine.SALE}))
    revenue = calc_revenue_net(
        gross,
        -of(frozenset({PnlLine.RETURN})),
        -of(PROMO_LINES),
        -of(DELIVERY_LINES),
        -of(COMMISSION_LINES),
    )
    marketing = -of(MARKETING_LINES)
    other = of(frozenset(told) - OUTSIDE_PROFIT) - revenue + marketing
    units = shop.value(
        "SELECT coalesce(sum(units), 0) FROM settlement_line WHERE sku_id = :sku AND d = :d",
        sku=row.sku_id,
        d=row.d,
    )
    history = costs_of(shop, row.sku_id)
    cogs = profit = margin = None
    if known_cost(row.d, history) is not None:
        cogs = calc_cogs(units, row.d, row.sku_id, history)
        profit = calc_profit(revenue, cogs, marketing) + other
        margin = ratio(calc_margin(profit, revenue)) if revenue > 0 else None
    pieces = pieces_of(shop, row.sku_id, row.d)
    velocities = tuple(ratio(rolling_velocity(pieces, window)) for window in (7, 14, 28))
    stock = shop.rows(
        "SELECT sum(on_hand) AS on_hand, sum(in_transit) AS in_transit FROM daily_stock"
        " WHERE sku_id = :sku AND d = :d HAVING count(*) > 0",
        sku=row.sku_id,
        d=row.d,
    )
    cover = None
    if stock:
        days = stock_cover_days(
            stock[0].on_hand, stock[0].in_transit, rolling_velocity(pieces, AGGR[row.marketplace])
        )
        cover = None if days == NO_SALES_COVER else ratio(days)
    return (units, gross, revenue, marketing, other, cogs, profit, margin, *velocities, cover, False)


def test_metrics_are_the_scalar_formulas_over_the_raw_rows(shop: Shop) -> None:
    rows = shop.rows(
        "SELECT m.*, k.marketplace FROM metrics_daily m JOIN sku k ON k.tenant_id = m.tenant_id"
        " AND k.id = m.sku_id ORDER BY m.d DESC, m.sku_id"
    )
    assert len(rows) > 60
    sampled = rows[:: max(1, len(rows) // 40)]
    for row in sampled:
        said = (
            *(row.units, row.revenue_gross, row.revenue_net, row.marketing, row.other_net),
            *(row.cogs, row.profit, row.margin, row.sv7, row.sv14, row.sv28),
            *(row.stock_cover_days, row.is_preliminary),
        )
        velocity = said[8:11]
        hand = by_hand(shop, row)
        assert said[:8] + said[11:] == hand[:8] + hand[11:], (row.sku_id, row.d)
        assert tuple(v or Decimal(0) for v in velocity) == hand[8:11], (row.sku_id, row.d)
    assert {row.cogs is None for row in sampled} == {True, False}
    assert {row.stock_cover_days is None for row in sampled} == {True, False}


def test_every_sku_day_with_a_sale_a_line_or_stock_has_its_metrics(shop: Shop) -> None:
    last = shop.d - timedelta(days=DAYS - 1)
    expected = {
        tuple(row)
        for table in ("settlement_line", "daily_sales", "daily_stock")
        for row in shop.rows(
            f"SELECT DISTINCT sku_id, d FROM {table} WHERE sku_id IS NOT NULL AND d >= :last", last=last
        )
    }
    told = shop.rows("SELECT sku_id, d FROM metrics_daily WHERE d >= :last", last=last)
    assert {tuple(row) for row in told} == expected
    assert len(told) == len(expected)


def test_advice_of_every_sku_adds_up_to_the_scalar_formula(shop: Shop) -> None:
    rows = shop.rows(
        "SELECT a.sku_id, k.marketplace, a.window_days, sum(a.recommended_qty) AS qty,"
        " max(a.on_hand) AS held, max(a.in_transit) AS coming FROM advice_supply a"
        " JOIN sku k ON k.tenant_id = a.tenant_id AND k.id = a.sku_id"
        " WHERE a.d = :d GROUP BY 1, 2, 3 ORDER BY 1, 3",
        d=shop.d,
    )
    assert len(rows) > 40
    for row in rows[::4]:
        pieces = pieces_of(shop, row.sku_id, shop.d)
        days = AGGR[row.marketplace]
        expected = recommend_supply(
            rolling_velocity(pieces, days),
            row.window_days,
            row.held,
            row.coming,
            Decimal("1.5"),
            population_std(pieces, days),
        )
        assert row.qty == expected, row


def _article(shop: Shop) -> tuple[str, list[int]]:
    """An article that sold on several days, and its SKUs."""
    article = shop.rows(
        "SELECT k.article FROM sku k JOIN metrics_daily m ON m.tenant_id = k.tenant_id AND m.sku_id = k.id"
        " WHERE m.units > 0 AND m.cogs IS NOT NULL GROUP BY k.article ORDER BY count(*) DESC, 1 LIMIT 1"
    )[0].article
    skus = shop.rows("SELECT id FROM sku WHERE article = :article ORDER BY id", article=article)
    return article, [row.id for row in skus]


def test_a_new_cost_restates_everything_from_its_day_and_nothing_before(shop: Shop) -> None:
    article, skus = _article(shop)
    since = shop.d - timedelta(days=3)
    before = {(row.sku_id, row.d): row for row in shop.rows("SELECT * FROM metrics_daily")}
    asked = shop.house.clock, shop.house.settings
    with shop.db.tenant(shop.tenant_id) as tx:
        done = SetCostPrice(*asked)(tx, NewCost(article=article, price=Decimal("777.77"), since=since))
    assert done.skus == len(skus)
    for key, row in {(row.sku_id, row.d): row for row in shop.rows("SELECT * FROM metrics_daily")}.items():
        sku, d = key
        if sku in skus and d >= since:
            assert row.cogs == Decimal("777.77") * row.units
        else:
            assert row == before[key]
    assert shop.value("SELECT count(*) FROM recalc_pending") == 0
    assert shop.night(days=2).written == 0, "the night finds nothing left to do"
    with shop.db.tenant(shop.tenant_id) as tx:
        UndoCost(*asked)(tx, CostChange(change_id=done.change_id))
    assert {(row.sku_id, row.d): row for row in shop.rows("SELECT * FROM metrics_daily")} == before


def test_costs_entered_behind_our_back_are_found_by_the_next_night(shop: Shop) -> None:
    """As an import enters them: many SKUs at once, the night recomputes from the day they begin."""
    _, skus = _article(shop)
    said = content(shop, ("metrics_daily",))
    since = shop.world.first_day
    with shop.db.tenant(shop.tenant_id) as tx:
        was = {
            row.sku_id: row.cost_price
            for row in tx.run(
                "SELECT sku_id, cost_price FROM cost_price_history WHERE dt_from = :since", since=since
            )
        }
        set_points(tx, since, {sku: Decimal("1.23") for sku in skus})
    report = shop.night(days=2)
    assert report.written > 0
    row = shop.rows(
        "SELECT units, cogs FROM metrics_daily WHERE sku_id = ANY(:skus) AND units > 0 ORDER BY d", skus=skus
    )[0]
    assert row.cogs == Decimal("1.23") * row.units
    with shop.db.tenant(shop.tenant_id) as tx:
        set_points(tx, since, {sku: was.get(sku) for sku in skus})
    shop.night(days=2)
    assert content(shop, ("metrics_daily",)) == said
