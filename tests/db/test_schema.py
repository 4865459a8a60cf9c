"""The seed's six checks of the schema, at our grain: tenant, account, size, warehouse, channel, currency."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import inspect

from app.db.copying import copy_rows, create_stage_like
from app.db.merge import MergeCount, Scope, merge
from app.db.models import MetricsDaily
from app.db.session import Database, TenantTx
from app.repositories.targets import DAILY_SALES
from tests.support.refusals import CHECK_VIOLATED, UNIQUE_VIOLATED, refused
from tests.support.worlds import Cabinet, make_cabinet, make_tenant

D = date(2026, 11, 19)


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    return make_cabinet(db)


def put(tx: TenantTx, table: str, **values: Any) -> Any:
    """Insert one row of this tenant; the row as it is stored."""
    columns = ", ".join(["tenant_id", *values])
    places = ", ".join(f":{name}" for name in ["tenant_id", *values])
    return tx.run(f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING *", **values).one()


def put_sku(db: Database, cabinet: Cabinet, **values: Any) -> Any:
    with db.tenant(cabinet.tenant_id) as tx:
        return put(tx, "sku", account_id=cabinet.id, marketplace=cabinet.marketplace, **values)


def test_all_tables_created(db: Database, cabinet: Cabinet) -> None:
    """The seed's ten, and what they stand on."""
    wanted = {
        "sku", "warehouse", "cost_price_history", "commission_rules", "daily_sales", "daily_stock",
        "reviews", "cashflows", "metrics_daily", "advice_supply",
        "card", "settlement_line", "figure_change", "tenant", "app_user", "membership",
        "marketplace_account", "raw_payload", "ingest_run", "coverage", "rate_budget", "job", "outbox_event",
    }  # fmt: skip
    with db.platform() as tx:
        assert wanted <= set(inspect(tx.session.connection()).get_table_names())


def test_sku_unique_constraints(db: Database, cabinet: Cabinet) -> None:
    """One size of a card is one SKU, in each cabinet and organisation for itself."""
    put_sku(db, cabinet, nm_id=123456, chrt_id=1)
    put_sku(db, cabinet, nm_id=123456, chrt_id=2)
    with refused(UNIQUE_VIOLATED, saying="uq_sku_tenant_id_account_id_nm_id_chrt_id"):
        put_sku(db, cabinet, nm_id=123456, chrt_id=1)
    second = make_cabinet(db, tenant_id=cabinet.tenant_id, seller_key="seller-2")
    put_sku(db, second, nm_id=123456, chrt_id=1)
    put_sku(db, make_cabinet(db), nm_id=123456, chrt_id=1)


def test_an_ozon_sku_is_unique_in_its_cabinet(db: Database) -> None:
    ozon = make_cabinet(db, "OZON")
    put_sku(db, ozon, ozon_id=77)
    put_sku(db, ozon, ozon_id=78)
    with refused(UNIQUE_VIOLATED, saying="uq_sku_tenant_id_account_id_ozon_id"):
        put_sku(db, ozon, ozon_id=77)


@pytest.mark.parametrize("identity", [{}, {"nm_id": 1, "ozon_id": 1}])
def test_a_sku_is_known_by_exactly_one_marketplace(
    db: Database, cabinet: Cabinet, identity: Mapping[str, int]
) -> None:
    with refused(CHECK_VIOLATED, saying="one_identity"):
        put_sku(db, cabinet, **identity)


def test_a_marketplace_is_one_of_two(db: Database, cabinet: Cabinet) -> None:
    with refused(CHECK_VIOLATED, saying="ck_warehouse_marketplace"), db.tenant(cabinet.tenant_id) as tx:
        put(tx, "warehouse", marketplace="AVITO", code="1")


def test_warehouse_unique_constraints(db: Database, cabinet: Cabinet) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        put(tx, "warehouse", marketplace="WB", code="117501", name="Коледино")
        put(tx, "warehouse", marketplace="WB", code="unknown")
        put(tx, "warehouse", marketplace="OZON", code="117501")
    with refused(UNIQUE_VIOLATED, saying="uq_warehouse"), db.tenant(cabinet.tenant_id) as tx:
        put(tx, "warehouse", marketplace="WB", code="117501")
    with db.tenant(make_tenant(db)) as tx:
        put(tx, "warehouse", marketplace="WB", code="117501")


GRAIN: dict[str, Any] = {
    "account_id": 1,
    "d": D,
    "sku_id": 1,
    "warehouse_id": 1,
    "channel": "FBO",
    "currency": "RUB",
}


@pytest.mark.parametrize(
    "other",
    [
        {"account_id": 2},
        {"d": date(2026, 11, 18)},
        {"sku_id": 2},
        {"warehouse_id": 2},
        {"channel": "FBS"},
        {"currency": "BYN"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_the_grain_of_daily_sales_is_all_of_its_key(db: Database, other: Mapping[str, Any]) -> None:
    with db.tenant(make_tenant(db)) as tx:
        put(tx, "daily_sales", **GRAIN, src_hash=b"")
        put(tx, "daily_sales", **{**GRAIN, **other}, src_hash=b"")
        with refused(UNIQUE_VIOLATED), tx.session.begin_nested():
            put(tx, "daily_sales", **GRAIN, src_hash=b"other")


@pytest.mark.parametrize("column", GRAIN)
def test_a_key_of_daily_sales_holds_no_null(db: Database, column: str) -> None:
    with refused("23502" if column != "d" else CHECK_VIOLATED), db.tenant(make_tenant(db)) as tx:
        put(tx, "daily_sales", **{**GRAIN, column: None}, src_hash=b"")


def test_daily_sales_upsert_pattern(db: Database, cabinet: Cabinet) -> None:
    """The same day again changes nothing; a changed figure changes its row, and only that."""

    def night(qty: int, revenue: str) -> MergeCount:
        with db.tenant(cabinet.tenant_id) as tx:
            create_stage_like(tx, "stage", "daily_sales", DAILY_SALES.columns)
            row = {**GRAIN, "account_id": cabinet.id, "qty": qty, "revenue_gross": Decimal(revenue)}
            rows = [
                [row.get(column, 0) for column in DAILY_SALES.columns],
                [
                    {**GRAIN, "account_id": cabinet.id, "channel": "FBS", "qty": 1}.get(column, 0)
                    for column in DAILY_SALES.columns
                ],
            ]
            copy_rows(tx, "stage", DAILY_SALES.columns, rows)
            scope = Scope(account_id=cabinet.id, d_from=D, d_to=D, replaces=True)
            return merge(tx, DAILY_SALES, "stage", scope, "trace")

    assert night(10, "1500.00") == MergeCount(inserted=2)
    assert night(10, "1500.00") == MergeCount(unchanged=2)
    assert night(9, "1350.00") == MergeCount(changed=1, unchanged=1)
    with db.tenant(cabinet.tenant_id) as tx:
        stored = tx.run("SELECT qty, revenue_gross FROM daily_sales WHERE channel = 'FBO'").one()
    assert tuple(stored) == (9, Decimal("1350.00"))


def test_cost_price_history(db: Database, cabinet: Cabinet) -> None:
    sku = put_sku(db, cabinet, nm_id=5).id
    with db.tenant(cabinet.tenant_id) as tx:
        for since, price in ((date(2026, 1, 1), "100.00"), (date(2026, 6, 1), "120.50")):
            put(tx, "cost_price_history", sku_id=sku, dt_from=since, cost_price=Decimal(price))
        known = tx.run(
            "SELECT cost_price FROM cost_price_history WHERE sku_id = :sku AND dt_from <= :d "
            "ORDER BY dt_from DESC LIMIT 1",
            sku=sku,
            d=date(2026, 5, 31),
        ).scalar()
        assert known == Decimal("100.00")
    with refused(UNIQUE_VIOLATED, saying="uq_cost_price_history"), db.tenant(cabinet.tenant_id) as tx:
        put(tx, "cost_price_history", sku_id=sku, dt_from=date(2026, 1, 1), cost_price=1)
    with refused(CHECK_VIOLATED, saying="not_negative"), db.tenant(cabinet.tenant_id) as tx:
        put(tx, "cost_price_history", sku_id=sku, dt_from=date(2026, 2, 1), cost_price=Decimal("-0.01"))


def test_metrics_daily_calculation_fields(db: Database, cabinet: Cabinet) -> None:
    figures = {
        "revenue_gross": Decimal("12000.00"),
        "revenue_net": Decimal("9999.99"),
        "cogs": Decimal("3500.10"),
        "profit": Decimal("6499.89"),
        "margin": Decimal("64.9990"),
        "sv7": Decimal("1.4286"),
        "sv14": Decimal("1.2143"),
        "sv28": Decimal("0.9643"),
        "stock_cover_days": Decimal("17.5000"),
    }
    key = {"account_id": cabinet.id, "d": D, "sku_id": 1, "currency": "RUB"}
    with db.tenant(cabinet.tenant_id) as tx:
        put(tx, "metrics_daily", **key, **figures, is_preliminary=False)
        stored = tx.session.query(MetricsDaily).one()
        assert {name: getattr(stored, name) for name in figures} == figures
        with refused(UNIQUE_VIOLATED), tx.session.begin_nested():
            put(tx, "metrics_daily", **key, is_preliminary=True)


def test_what_is_unknown_is_stored_as_unknown(db: Database, cabinet: Cabinet) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        row = put(
            tx,
            "metrics_daily",
            account_id=cabinet.id,
            d=D,
            sku_id=1,
            currency="RUB",
            is_preliminary=True,
        )
        assert {row.cogs, row.profit, row.margin, row.sv7, row.stock_cover_days} == {None}


def test_money_is_kept_to_the_kopeck_and_never_a_float(db: Database, cabinet: Cabinet) -> None:
    line = {"account_id": cabinet.id, "d": D, "period": "2025-W49", "report_id": 1, "part": "for_pay"}
    with db.tenant(cabinet.tenant_id) as tx:
        for row in ("1", "2", "3"):
            put(
                tx,
                "settlement_line",
                **line,
                row_id=row,
                line="sale",
                amount=Decimal("0.10"),
                currency="RUB",
                src_hash=b"",
            )
        assert tx.run("SELECT sum(amount) FROM settlement_line").scalar() == Decimal("0.30")
        floats = tx.run(
            "SELECT count(*) FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type IN ('real', 'double precision', 'money')"
        ).scalar()
        naive = tx.run(
            "SELECT count(*) FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'"
        ).scalar()
    assert (floats, naive) == (0, 0)


def test_cashflows_and_reviews_are_keyed_by_their_sources_ids(db: Database, cabinet: Cabinet) -> None:
    flow = {
        "account_id": cabinet.id,
        "d": D,
        "marketplace": "WB",
        "type": "payout",
        "currency": "RUB",
        "src_hash": b"",
    }
    review = {
        "account_id": cabinet.id,
        "review_id": "r-1",
        "marketplace": "WB",
        "created_at_utc": "2026-11-19 10:00+00",
        "rating": 5,
        "has_media": False,
    }
    with db.tenant(cabinet.tenant_id) as tx:
        put(tx, "cashflows", **flow, source_id="1")
        put(tx, "cashflows", **flow, source_id="2")
        put(tx, "reviews", **review)
        with refused(UNIQUE_VIOLATED), tx.session.begin_nested():
            put(tx, "cashflows", **flow, source_id="1")
        with refused(UNIQUE_VIOLATED), tx.session.begin_nested():
            put(tx, "reviews", **review)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("cost_price_history", "dt_from"),
        ("commission_rules", "dt_from"),
        ("reviews", "created_at_utc"),
        ("daily_sales", "d"),
        ("daily_stock", "d"),
        ("metrics_daily", "d"),
        ("advice_supply", "d"),
    ],
)
def test_what_the_seed_asked_to_be_indexed_is(db: Database, table: str, column: str) -> None:
    with db.platform() as tx:
        indexes = inspect(tx.session.connection()).get_indexes(table)
    assert [column] in [index["column_names"] for index in indexes]
