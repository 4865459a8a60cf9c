"""metrics_daily the obvious way: a loop over SKUs and days, the ORM, the scalar formulas."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from app.db.models import (
    CostPriceHistory,
    Coverage,
    DailySales,
    DailyStock,
    MetricsDaily,
    SettlementLine,
    Sku,
)
from app.db.session import TenantTx
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
from app.domain.supply.inventory import rolling_velocity, stock_cover_days


def recalc_row_by_row(tx: TenantTx, account_id: int, skus: list[int], days: list[date]) -> None:
    """One row read, computed and written after the other."""
    for sku_id in skus:
        for d in days:
            if row := _metrics(tx, account_id, sku_id, d):
                tx.session.merge(row)
                tx.session.flush()
    tx.session.expunge_all()


def _metrics(tx: TenantTx, account_id: int, sku_id: int, d: date) -> MetricsDaily | None:
    session, mine = tx.session, (tx.tenant_id, account_id)
    settled = session.scalar(
        select(func.count()).where(
            Coverage.tenant_id == mine[0],
            Coverage.account_id == mine[1],
            Coverage.source == "ozon.accruals",
            Coverage.d == d,
        )
    )
    sales = session.scalars(
        select(DailySales).where(
            DailySales.tenant_id == mine[0],
            DailySales.account_id == mine[1],
            DailySales.sku_id == sku_id,
            DailySales.d.between(d - timedelta(days=27), d),
        )
    ).all()
    stock = session.scalars(
        select(DailyStock).where(
            DailyStock.tenant_id == mine[0],
            DailyStock.account_id == mine[1],
            DailyStock.sku_id == sku_id,
            DailyStock.d == d,
        )
    ).all()
    lines = session.scalars(
        select(SettlementLine).where(
            SettlementLine.tenant_id == mine[0],
            SettlementLine.account_id == mine[1],
            SettlementLine.sku_id == sku_id,
            SettlementLine.d == d,
        )
    ).all()
    today = [sale for sale in sales if sale.d == d]
    if not (today or stock or lines):
        return None
    costs = [
        (point.dt_from, point.cost_price)
        for point in session.scalars(
            select(CostPriceHistory).where(
                CostPriceHistory.tenant_id == mine[0], CostPriceHistory.sku_id == sku_id
            )
        )
    ]
    units, money, marketing, other = _settled(lines) if settled else _preliminary(today)
    net = calc_revenue_net(*money)
    known = known_cost(d, costs) is not None
    cogs = calc_cogs(units, d, sku_id, costs)
    profit = calc_profit(net, cogs, marketing) + other
    dense = _dense(session.get_one(Sku, (mine[0], sku_id)).first_sold, sales, d)
    velocity = rolling_velocity(dense, 28)
    pieces = (sum(row.on_hand for row in stock), sum(row.in_transit for row in stock))
    return MetricsDaily(
        tenant_id=mine[0],
        account_id=mine[1],
        d=d,
        sku_id=sku_id,
        currency="RUB",
        units=units,
        revenue_gross=money[0],
        revenue_net=net,
        marketing=marketing,
        other_net=other,
        cogs=cogs if known else None,
        profit=profit if known else None,
        margin=ratio(calc_margin(profit, net)) if known and net > 0 else None,
        sv7=ratio(rolling_velocity(dense, 7)),
        sv14=ratio(rolling_velocity(dense, 14)),
        sv28=ratio(velocity),
        stock_cover_days=ratio(stock_cover_days(*pieces, velocity)) if stock and velocity else None,
        is_preliminary=not settled,
    )


def _dense(first_sold: date | None, sales: Sequence[DailySales], d: date) -> list[int]:
    if first_sold is None or first_sold > d:
        return []
    sold: dict[date, int] = {}
    for sale in sales:
        sold[sale.d] = sold.get(sale.d, 0) + sale.qty
    length = min(28, (d - first_sold).days + 1)
    return [sold.get(d - timedelta(days=length - 1 - i), 0) for i in range(length)]


def _settled(lines: Sequence[SettlementLine]) -> tuple[int, tuple[Decimal, ...], Decimal, Decimal]:
    def total(*kinds: str) -> Decimal:
        return sum((row.amount for row in lines if row.line in kinds), Decimal(0))

    money = (
        total(PnlLine.SALE),
        -total(PnlLine.RETURN),
        -total(*PROMO_LINES),
        -total(*DELIVERY_LINES),
        -total(*COMMISSION_LINES),
    )
    marketing = -total(*MARKETING_LINES)
    inside = sum((row.amount for row in lines if row.line not in OUTSIDE_PROFIT), Decimal(0))
    other = inside - (calc_revenue_net(*money) - marketing)
    return sum(row.units for row in lines), money, marketing, other


def _preliminary(sales: Sequence[DailySales]) -> tuple[int, tuple[Decimal, ...], Decimal, Decimal]:
    columns = ("revenue_gross", "refunds_amount", "promo_cost", "delivery_cost", "commission_amount")
    money = tuple(sum((getattr(row, name) for row in sales), Decimal(0)) for name in columns)
    return sum(row.qty - row.refunds_qty for row in sales), money, Decimal(0), Decimal(0)
