"""Metrics and advice recomputed in bulk say what the scalar formulas say, and write only what differs."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.db.session import Database, TenantTx
from app.domain.finance.settlement import PnlLine
from app.domain.supply.inventory import population_std, recommend_supply, rolling_velocity
from app.domain.supply.policy import Policy
from app.marketplaces.rows import SaleEventRow, SettlementRow, SkuRef, StockRow
from app.marketplaces.source import Normalised, Unit
from app.services.ingestion.facts import FactWriter
from app.services.recalc_metrics import generate_supply_advice, recalc_metrics, recalc_metrics_for_date
from tests.support.worlds import Cabinet, make_cabinet

D = date(2026, 11, 19)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
SKU = SkuRef(ozon_id=501, article="KRS-1")
ALL = frozenset({"sales", "stock", "settlement"})


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    return make_cabinet(db, "OZON")


def sale(
    event: str, d: date, qty: int, gross: str, *, refunds: int = 0, commission: str = "0"
) -> SaleEventRow:
    money = Decimal(gross)
    none = Decimal(0)
    return SaleEventRow(
        event,
        d,
        SKU,
        "МСК",
        "FBO",
        "RUB",
        qty,
        refunds,
        money if qty else none,
        money if refunds else none,
        none,
        none,
        Decimal(commission),
    )


def line(row: str, d: date, kind: PnlLine, amount: str, units: int = 0) -> SettlementRow:
    return SettlementRow(d, "accrual", 1, row, kind, SKU, str(kind), kind, units, Decimal(amount), "RUB", "")


def write(tx: TenantTx, cabinet: Cabinet, rows: Normalised, d_from: date = D, d_to: date = D) -> None:
    writer = FactWriter(tx=tx, account_id=cabinet.id, marketplace="OZON", now=NOW, trace_id="t")
    writer.write(Unit("u", d_from, d_to), rows, ALL, replaces=True)


def cover(tx: TenantTx, cabinet: Cabinet, *days: date) -> None:
    for d in days:
        tx.run(
            "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at) "
            "VALUES (:tenant_id, :account, 'ozon.accruals', :d, now())",
            account=cabinet.id,
            d=d,
        )


def cost(tx: TenantTx, since: date, price: str) -> None:
    tx.run(
        "INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price) "
        "SELECT :tenant_id, id, :since, :price FROM sku",
        since=since,
        price=Decimal(price),
    )


def metrics(tx: TenantTx, d: date = D):
    return tx.run("SELECT * FROM metrics_daily WHERE d = :d", d=d).one()


def test_a_settled_day_takes_its_money_from_the_finance_report(db: Database, cabinet: Cabinet) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        rows = [
            line("1", D, PnlLine.SALE, "2000.00", 2),
            line("2", D, PnlLine.RETURN, "-500.00", -1),
            line("3", D, PnlLine.COMMISSION, "-300.10"),
            line("4", D, PnlLine.LOGISTICS, "-99.90"),
            line("5", D, PnlLine.ADS, "-50.00"),
            line("6", D, PnlLine.STORAGE, "-10.00"),
            line("7", D, PnlLine.COMPENSATION, "20.00"),
            line("8", D, PnlLine.FINANCING, "-999.00"),
        ]
        write(tx, cabinet, Normalised(settlement=rows, sales=[sale("a", D, 9, "9999")]))
        cover(tx, cabinet, D)
        cost(tx, date(2026, 1, 1), "400")
        assert recalc_metrics_for_date(tx, D) == 1
        got = metrics(tx)
    # 2000 - 500 - 300.10 - 99.90 = 1100; one piece net costs 400; ads 50; storage and compensation +10.
    assert (got.units, got.revenue_net, got.cogs) == (1, Decimal("1100.00"), Decimal("400.00"))
    assert (got.marketing, got.other_net) == (Decimal("50.00"), Decimal("10.00"))
    assert got.profit == Decimal("660.00")
    assert got.margin == Decimal("60.0000")
    assert not got.is_preliminary
    assert got.sv7 == Decimal("9.0000")


def test_a_day_without_its_report_is_preliminary_and_unknown_cost_stays_unknown(
    db: Database, cabinet: Cabinet
) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        write(tx, cabinet, Normalised(sales=[sale("a", D, 2, "1000", commission="150")]))
        recalc_metrics_for_date(tx, D)
        got = metrics(tx)
    assert got.is_preliminary
    assert got.revenue_net == Decimal("850.00")
    assert (got.cogs, got.profit, got.margin) == (None, None, None)
    assert got.stock_cover_days is None


def test_a_second_recalculation_writes_nothing(db: Database, cabinet: Cabinet) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        write(
            tx,
            cabinet,
            Normalised(sales=[sale(str(i), D - timedelta(i), i % 3, "100") for i in range(30)]),
            D - timedelta(29),
            D,
        )
        first = recalc_metrics(tx, D - timedelta(34), D, trace_id="t")
    with db.tenant(cabinet.tenant_id) as tx:
        again = recalc_metrics(tx, D - timedelta(34), D, trace_id="t")
    assert first.count.inserted == 30
    assert (again.count.written, again.count.unchanged) == (0, 30)


def test_a_late_refund_changes_the_day_it_belongs_to_and_keeps_what_the_figure_was(
    db: Database, cabinet: Cabinet
) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        cost(tx, date(2026, 1, 1), "0")
        write(tx, cabinet, Normalised(sales=[sale("s", D, 10, "1000")]))
        cost(tx, date(2026, 1, 1), "0")
        recalc_metrics_for_date(tx, D)
        assert metrics(tx).profit == Decimal("1000.00")
    with db.tenant(cabinet.tenant_id) as tx:
        write(tx, cabinet, Normalised(sales=[sale("s", D, 10, "1000"), sale("r", D, 0, "200", refunds=2)]))
        recalc_metrics_for_date(tx, D)
        assert metrics(tx).profit == Decimal("800.00")
        was = tx.run("SELECT was, became FROM figure_change WHERE table_name = 'metrics_daily'").one()
    assert (was.was["profit"], was.became["profit"]) == (1000.0, 800.0)


def test_advice_is_the_scalar_formulas_and_its_parts_add_up(db: Database, cabinet: Cabinet) -> None:
    sold = [3, 0, 5, 1, 4, 0, 2] * 4
    with db.tenant(cabinet.tenant_id) as tx:
        events = [sale(str(i), D - timedelta(27 - i), qty, "100") for i, qty in enumerate(sold) if qty]
        stock = [StockRow(D, SKU, "МСК", "Москва", 7, 3), StockRow(D, SKU, "СПБ", "Петербург", 1, 0)]
        write(tx, cabinet, Normalised(sales=events, stock=stock), D - timedelta(27), D)
        generate_supply_advice(tx, D, Policy())
        rows = tx.run(
            "SELECT window_days, sum(recommended_qty) AS qty, max(velocity) AS v, max(safety) AS s "
            "FROM advice_supply GROUP BY window_days ORDER BY window_days"
        ).all()
        again = generate_supply_advice(tx, D, Policy())
    velocity, std = rolling_velocity(sold, 28), population_std(sold, 28)
    assert [(r.window_days, r.qty) for r in rows] == [
        (w, recommend_supply(velocity, w, 8, 3, Decimal("1.5"), std)) for w in (14, 28)
    ]
    assert rows[0].v == Decimal("2.1429")
    assert again == 2
