"""Small reports, worked by hand, for the tests of views."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from app.domain.finance.settlement import PnlLine
from app.services.analytics.reports import (
    DayFigures,
    Freshness,
    PnlReport,
    PnlTotals,
    StockLine,
    StockPlace,
    StockReport,
    SupplyLine,
    SupplyReport,
)

FRESH = Freshness(
    as_of=datetime(2026, 11, 21, 5, 10, tzinfo=UTC), settled_to=date(2026, 11, 16), is_demo=False
)


def money(said: str) -> Decimal:
    return Decimal(said)


# 10 000 − 1 000 − 2 500,50 − 800 − 120,50 = 5 579; costs 2 000 → profit 3 579
TOTALS = PnlTotals(
    currency="RUB",
    lines=(
        (PnlLine.SALE, money("10000.00")),
        (PnlLine.RETURN, money("-1000.00")),
        (PnlLine.COMMISSION, money("-2500.50")),
        (PnlLine.LOGISTICS, money("-800.00")),
        (PnlLine.STORAGE, money("0.00")),
        (PnlLine.UNMAPPED, money("-120.50")),
    ),
    units_sold=10,
    units_returned=1,
    revenue_gross=money("10000.00"),
    payout=money("5579.00"),
    cogs=money("2000.00"),
    profit=money("3579.00"),
    margin=money("39.77"),
    cost_coverage=money("100"),
    profit_without_cost=money("0"),
    unmapped=money("-120.50"),
)
PNL = PnlReport(
    d_from=date(2026, 11, 14),
    d_to=date(2026, 11, 20),
    totals=(TOTALS,),
    days_preliminary=(),
    days_missing=(),
    unplaced_rows=0,
    freshness=FRESH,
)

DAY = DayFigures(
    d=date(2026, 11, 20),
    currency="RUB",
    units_sold=12,
    units_returned=1,
    revenue_gross=money("12345.00"),
    payout=money("8000.00"),
    profit=None,
    margin=None,
    is_preliminary=True,
)

STOCK_LINE = StockLine(
    article="KRS-42",
    size="46",
    title="Кресло <мягкое>",
    marketplace="WB",
    on_hand=12,
    in_transit=5,
    velocity=money("3.4000"),
    cover_days=money("3.53"),
    places=(
        StockPlace(warehouse="Коледино", on_hand=10, in_transit=5),
        StockPlace(warehouse="", on_hand=2, in_transit=0),
    ),
)
STOCK = StockReport(
    d=date(2026, 11, 20),
    asked=None,
    lines=(STOCK_LINE,),
    total_skus=1,
    total_on_hand=12,
    total_in_transit=5,
    page=0,
    pages=1,
    freshness=FRESH,
)

# the seed's worked example: 10 × 14 = 140, safety 17, stock 50 + 20 → 87
ADVICE = SupplyLine(
    article="KRS-42",
    size="0",
    title="Кресло",
    marketplace="OZON",
    window_days=14,
    velocity=money("10"),
    demand_std=money("3"),
    demand=money("140.0000"),
    safety=17,
    on_hand=50,
    in_transit=20,
    cover_days=money("5"),
    qty=87,
    split=(("Хоругвино", 60), ("Казань", 27)),
)
SUPPLY = SupplyReport(
    d=date(2026, 11, 20),
    window_days=14,
    lines=(ADVICE,),
    total_skus=1,
    total_qty=87,
    page=0,
    pages=1,
    freshness=FRESH,
)

__all__ = ["ADVICE", "DAY", "FRESH", "PNL", "STOCK", "STOCK_LINE", "SUPPLY", "TOTALS", "money", "replace"]
