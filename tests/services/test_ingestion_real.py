"""Published real replies, no sandbox behind them: through ingestion and a whole night into the database.

The figures are those worked out by hand in cassettes/README.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.core.clock import FixedClock
from app.core.config import Settings
from app.db.install import Urls
from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.house import House
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.wb.client import WbClient
from app.sandbox.wb.tokens import BASE, Tokens
from app.sandbox.world import World
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.reports import PnlTotals
from app.services.ingestion import (
    collect_ozon_sales,
    collect_ozon_stock,
    collect_wb_sales,
    collect_wb_stock,
    ensure_sku,
    ensure_warehouse,
)
from app.services.ingestion.collect import Account
from app.services.night import NightReport
from app.services.recalc_metrics import recalc_metrics_for_date
from tests.marketplaces.replay import ozon_client, replay, wb_client
from tests.support.shop import WorldClock, connect, make_house, quiet
from tests.support.worlds import make_cabinet, make_tenant

SOLD_ON = date(2023, 1, 29)
OZON_KEY = "123456 00000000-0000-0000-0000-000000000000"
A_QUOTA = timedelta(hours=2)
"""Until a base token may ask for sales again."""


@pytest.fixture
def wb() -> Iterator[WbClient]:
    client = wb_client()
    yield client
    client.transport.close()


@pytest.fixture
def ozon() -> Iterator[OzonClient]:
    client = ozon_client()
    yield client
    client.transport.close()


@pytest.fixture
def account(db: Database) -> Account:
    cabinet = make_cabinet(db, "WB")
    return Account(cabinet.tenant_id, cabinet.id, "WB", "Кабинет")


def facts(db: Database, account: Account, table: str) -> list[tuple[object, ...]]:
    """With the transaction that wrote each row: a rewriting shows."""
    with db.tenant(account.tenant_id) as tx:
        return [tuple(row) for row in tx.run(f"SELECT xmin::text, t.* FROM {table} t ORDER BY 3, 4, 5")]


def test_collect_wb_sales_real_data(db: Database, account: Account, wb: WbClient) -> None:
    with replay("wb_sales"):
        assert collect_wb_sales(db, account, wb, SOLD_ON, SOLD_ON) == 1
    with db.tenant(account.tenant_id) as tx:
        row = tx.run(
            "SELECT d, qty, refunds_qty, revenue_gross, commission_amount, w.name FROM daily_sales s"
            " JOIN warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id"
        ).one()
    assert tuple(row) == (SOLD_ON, 1, 0, Decimal("292.50"), Decimal("31.65"), "Подольск")


def test_idempotency_wb_sales(db: Database, account: Account, wb: WbClient) -> None:
    with replay("wb_sales", "wb_sales", "wb_sales", strict=False):
        assert collect_wb_sales(db, account, wb, SOLD_ON, SOLD_ON) == 1
        once = [facts(db, account, table) for table in ("sale_event", "daily_sales")]
        wb.transport.clock.advance(A_QUOTA)
        assert collect_wb_sales(db, account, wb, SOLD_ON, SOLD_ON) == 0
        wb.transport.clock.advance(A_QUOTA)
        # Another window holds the same event: it is read, and changes nothing.
        assert collect_wb_sales(db, account, wb, SOLD_ON - timedelta(days=3), SOLD_ON) == 1
    assert [facts(db, account, table) for table in ("sale_event", "daily_sales")] == once


def test_recalc_metrics_real_scenario(db: Database, account: Account, wb: WbClient) -> None:
    """Cost 100 a piece: 292.50 − 31.65 − 100 = 160.85, of 260.85 that is 61.66 %."""
    with replay("wb_sales"):
        collect_wb_sales(db, account, wb, SOLD_ON, SOLD_ON)
    with db.tenant(account.tenant_id) as tx:
        tx.run(
            "INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price)"
            " SELECT :tenant_id, id, DATE '2023-01-01', 100 FROM sku"
        )
        assert recalc_metrics_for_date(tx, SOLD_ON) == 1
        row = tx.run(
            "SELECT units, revenue_gross, revenue_net, cogs, profit, margin, sv7, is_preliminary"
            " FROM metrics_daily"
        ).one()
    money = tuple(map(Decimal, ("292.50", "260.85", "100.00", "160.85", "61.6638", "1.0000")))
    assert tuple(row) == (1, *money, True)


def test_late_refund_correction(db: Database, ozon: OzonClient) -> None:
    """A real day of Ozon was collected before its return was known: the return comes, the day is
    replaced as a whole, and what it said before is kept."""
    cabinet = make_cabinet(db, "OZON")
    account = Account(cabinet.tenant_id, cabinet.id, "OZON", "Кабинет")
    d = date(2026, 6, 1)
    with replay("ozon_accruals") as cassette:
        body = cassette.data[0][1]["body"]["string"]
        early = body.replace(b"-2647", b"-1000").replace(b"1217.62", b"460.00")
        assert early != body
        cassette.data[0][1]["body"]["string"] = early
        collect_ozon_sales(db, account, ozon, d, d)
    with db.tenant(account.tenant_id) as tx:
        recalc_metrics_for_date(tx, d)
        before = tx.run("SELECT sum(revenue_net) FROM metrics_daily").scalar_one()
    with replay("ozon_accruals"):
        collect_ozon_sales(db, account, ozon, d, d)
    with db.tenant(account.tenant_id) as tx:
        recalc_metrics_for_date(tx, d)
        after = tx.run("SELECT sum(revenue_net) FROM metrics_daily").scalar_one()
        total = tx.run("SELECT sum(amount) FROM settlement_line").scalar_one()
        changes = tx.run(
            "SELECT (was ->> 'amount')::numeric AS was, (became ->> 'amount')::numeric AS became"
            " FROM figure_change WHERE table_name = 'settlement_line' ORDER BY 1"
        ).all()
    assert total == Decimal("-474.29")
    assert [tuple(change) for change in changes] == [
        (Decimal("-1000.00"), Decimal("-2647.00")),
        (Decimal("460.00"), Decimal("1217.62")),
    ]
    assert after - before == Decimal("-1647.00") + Decimal("757.62")


def test_real_stock_of_both_marketplaces(
    db: Database, account: Account, wb: WbClient, ozon: OzonClient
) -> None:
    other = make_cabinet(db, "OZON", account.tenant_id)
    d = date(2026, 11, 20)
    with replay("wb_stock"):
        assert collect_wb_stock(db, account, wb, d) == 1
    with replay("ozon_stock"):
        shelf = Account(account.tenant_id, other.id, "OZON", "Кабинет")
        assert collect_ozon_stock(db, shelf, ozon, d, skus=(900000001,)) == 1
    with db.tenant(account.tenant_id) as tx:
        rows = tx.run(
            "SELECT w.marketplace, w.name, on_hand, in_transit FROM daily_stock s JOIN warehouse w"
            " ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id ORDER BY 1"
        ).all()
    assert [tuple(row) for row in rows] == [("OZON", "ТЕСТ_РФЦ_A", 4, 0), ("WB", "Котовск", 111, 0)]


def test_the_seeds_names_make_what_is_missing_once(db: Database, account: Account) -> None:
    with db.tenant(account.tenant_id) as tx:
        first = ensure_sku(tx, account.id, "WB", nm_id=165427612, article="KRS-1")
        assert ensure_sku(tx, account.id, "WB", nm_id=165427612) == first
        place = ensure_warehouse(tx, "WB", "Подольск")
        assert ensure_warehouse(tx, "WB", "Подольск", "Подольск-2") == place


@contextmanager
def real_night(
    db: Database, urls: Urls, folder: Path, marketplace: str, d: date, days: int, cassettes: tuple[str, ...]
) -> Iterator[tuple[House, int, NightReport]]:
    """The whole night of a cabinet at the real addresses, whose replies are the recorded ones."""
    clock = FixedClock(datetime(d.year, d.month, d.day, 3, tzinfo=UTC) + timedelta(days=1))
    settings = Settings(_env_file=None, api_pace=1_000_000)  # type: ignore[call-arg]
    # A base token: its window is one request, as in the recording.
    world = World(seed=1, skus=2, days=1, today=d + timedelta(days=1))
    token = Tokens(world).issue(acc=BASE)
    house = make_house(db, urls, folder, settings, clock, WorldClock(world))
    tenant_id = make_tenant(db)
    connect(house, tenant_id, marketplace, f"seller-{tenant_id}", token if marketplace == "WB" else OZON_KEY)
    told = {".".join(name.split("_")[:2]) for name in cassettes}
    with replay(*cassettes, strict=False):
        report = house.night.run(tenant_id, d, "real", quiet, days=days, only=told.__contains__)
    assert report.errors == {}
    yield house, tenant_id, report


def shown(house: House, tenant_id: int, days: int) -> PnlTotals:
    with house.db.tenant(tenant_id) as tx:
        report = ShowPnl(house.clock, house.settings)(tx, PnlQuery(days=days))
    # Days after the last published report have the sales feed only.
    settled_to = report.freshness.settled_to
    assert settled_to is not None
    assert all(d > settled_to for d in report.days_preliminary)
    (totals,) = report.totals
    return totals


def test_a_night_of_real_wildberries_replies(db: Database, urls: Urls, tmp_path: Path) -> None:
    recorded = ("wb_cards", "wb_sales", "wb_stock", "wb_finance")
    with real_night(db, urls, tmp_path, "WB", date(2026, 8, 14), 31, recorded) as (house, tenant_id, report):
        assert set(report.rows) == {"wb_cards", "wb_sales", "wb_stock", "wb_finance"}
        # On a base token a night reads the open weeks of the report, from 3 August here.
        totals = shown(house, tenant_id, 12)
        with db.tenant(tenant_id) as tx:
            settled = tx.run("SELECT sum(amount) FROM settlement_line").scalar_one()
            sold = tx.run("SELECT sum(revenue_gross - commission_amount) FROM daily_sales").scalar_one()
            stock = tx.run("SELECT sum(on_hand) FROM daily_stock").scalar_one()
    assert dict(totals.lines) == {
        PnlLine.PENALTY: Decimal("-100.50"),
        PnlLine.STORAGE: Decimal("-30.00"),
        PnlLine.ACCEPTANCE: Decimal("-10.00"),
        PnlLine.LOGISTICS: Decimal("-50.00"),
        PnlLine.RETURN_LOGISTICS: Decimal("10.00"),
        PnlLine.ADS: Decimal("-25.00"),
        PnlLine.CORRECTION: Decimal("-5.00"),
    }
    assert (totals.payout, settled) == (Decimal("-210.50"), Decimal("-210.50"))
    assert (totals.units_sold, totals.units_returned) == (1, 1)
    assert (sold, stock) == (Decimal("260.85"), 111)


def test_a_night_of_real_ozon_replies(db: Database, urls: Urls, tmp_path: Path) -> None:
    # The stock asks the catalogue once more which products there are.
    recorded = ("ozon_catalogue", "ozon_accruals", "ozon_stock", "ozon_catalogue")
    with real_night(db, urls, tmp_path, "OZON", date(2026, 6, 1), 1, recorded) as (house, tenant_id, report):
        totals = shown(house, tenant_id, 1)
        with db.tenant(tenant_id) as tx:
            settled = tx.run("SELECT sum(amount) FROM settlement_line").scalar_one()
            stock = tx.run("SELECT sum(on_hand) FROM daily_stock").scalar_one()
    assert report.rows["ozon_catalogue"] == 1
    assert dict(totals.lines) == {
        PnlLine.SALE: Decimal("2999.00"),
        PnlLine.RETURN: Decimal("-2647.00"),
        PnlLine.COMMISSION: Decimal("-161.92"),
        PnlLine.LOGISTICS: Decimal("-131.14"),
        PnlLine.ACQUIRING: Decimal("-20.83"),
        PnlLine.PROMO: Decimal("-512.40"),
    }
    assert (totals.payout, settled) == (Decimal("-474.29"), Decimal("-474.29"))
    assert (totals.units_sold, totals.units_returned) == (1, 1)
    assert stock == 4


def test_a_night_of_the_official_finance_row(db: Database, urls: Urls, tmp_path: Path) -> None:
    recorded = ("wb_cards_official", "wb_stock_official", "wb_finance_official")
    with real_night(db, urls, tmp_path, "WB", date(2025, 10, 20), 7, recorded) as (house, tenant_id, _report):
        totals = shown(house, tenant_id, 1)
        with db.tenant(tenant_id) as tx:
            stock = tx.run("SELECT sum(on_hand), sum(in_transit) FROM daily_stock").one()
    assert totals.payout == Decimal("-19703.85")
    assert tuple(stock) == (267, 4)
