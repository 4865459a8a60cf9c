"""The merge kernel: what is missing comes, what differs changes, what vanished goes, the rest rests."""

from datetime import date
from decimal import Decimal

import pytest

from app.db.copying import copy_rows, create_stage_like
from app.db.merge import MergeCount, Scope, merge
from app.db.session import Database, TenantTx
from app.repositories.targets import DAILY_STOCK, SETTLEMENT_LINE
from tests.support.worlds import Cabinet, make_cabinet

D1, D2 = date(2026, 11, 18), date(2026, 11, 19)


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    return make_cabinet(db)


def put_stock(
    db: Database, cabinet: Cabinet, rows: list[tuple[date, int, int, int]], *, replaces: bool = True
) -> MergeCount:
    """Merge stock rows (day, sku, warehouse, on hand) for both days."""
    with db.tenant(cabinet.tenant_id) as tx:
        create_stage_like(tx, "stage", "daily_stock", DAILY_STOCK.columns)
        copy_rows(tx, "stage", DAILY_STOCK.columns, [(cabinet.id, *row, 0) for row in rows])
        scope = Scope(account_id=cabinet.id, d_from=D1, d_to=D2, replaces=replaces)
        return merge(tx, DAILY_STOCK, "stage", scope, "trace-1")


def stock(tx: TenantTx) -> list[tuple[date, int, int]]:
    return [tuple(row) for row in tx.run("SELECT d, sku_id, on_hand FROM daily_stock ORDER BY d, sku_id")]


def test_the_same_rows_a_second_time_change_nothing(db: Database, cabinet: Cabinet) -> None:
    rows = [(D1, 1, 1, 5), (D1, 2, 1, 7), (D2, 1, 1, 4)]
    assert put_stock(db, cabinet, rows) == MergeCount(inserted=3)
    with db.tenant(cabinet.tenant_id) as tx:
        before = [tuple(row) for row in tx.run("SELECT xmin::text, d, sku_id FROM daily_stock")]
    assert put_stock(db, cabinet, rows) == MergeCount(unchanged=3)
    with db.tenant(cabinet.tenant_id) as tx:
        assert [tuple(row) for row in tx.run("SELECT xmin::text, d, sku_id FROM daily_stock")] == before


def test_a_changed_row_keeps_what_it_was(db: Database, cabinet: Cabinet) -> None:
    put_stock(db, cabinet, [(D1, 1, 1, 5)])
    assert put_stock(db, cabinet, [(D1, 1, 1, 3)]) == MergeCount(changed=1)
    with db.tenant(cabinet.tenant_id) as tx:
        change = tx.run("SELECT was, became, sku_id, d, trace_id FROM figure_change").one()
        assert (change.was["on_hand"], change.became["on_hand"]) == (5, 3)
        assert (change.sku_id, change.d, change.trace_id) == (1, D1, "trace-1")


def test_a_row_that_vanished_is_deleted_only_where_the_whole_was_read(db: Database, cabinet: Cabinet) -> None:
    put_stock(db, cabinet, [(D1, 1, 1, 5), (D1, 2, 1, 7)])
    assert put_stock(db, cabinet, [(D1, 1, 1, 5)], replaces=False) == MergeCount(unchanged=1)
    assert put_stock(db, cabinet, [(D1, 1, 1, 5)]) == MergeCount(deleted=1, unchanged=1)
    with db.tenant(cabinet.tenant_id) as tx:
        assert stock(tx) == [(D1, 1, 5)]
        assert tx.run("SELECT became IS NULL FROM figure_change").scalar_one() is True


def test_what_moved_makes_its_sku_stale_from_the_earliest_day(db: Database, cabinet: Cabinet) -> None:
    put_stock(db, cabinet, [(D1, 1, 1, 5), (D2, 1, 1, 4), (D2, 2, 1, 4)])
    with db.tenant(cabinet.tenant_id) as tx:
        rows = tx.run("SELECT sku_id, d_from FROM recalc_pending ORDER BY sku_id").all()
    assert [tuple(row) for row in rows] == [(1, D1), (2, D2)]


def test_an_unknown_sku_id_is_a_value_like_any_other(db: Database, cabinet: Cabinet) -> None:
    def put(sku: int | None, amount: str) -> MergeCount:
        with db.tenant(cabinet.tenant_id) as tx:
            create_stage_like(tx, "stage", "settlement_line", SETTLEMENT_LINE.columns)
            row = (cabinet.id, D1, "daily", 1, "r1", "sale", sku, "Хранение", "storage", 0, amount, "RUB", "")
            copy_rows(tx, "stage", SETTLEMENT_LINE.columns, [row], texts=("ref",))
            scope = Scope(account_id=cabinet.id, d_from=D1, d_to=D1, replaces=True)
            return merge(tx, SETTLEMENT_LINE, "stage", scope, "t")

    assert put(None, "-10.00") == MergeCount(inserted=1)
    assert put(None, "-10") == MergeCount(unchanged=1)
    assert put(7, "-10.00") == MergeCount(changed=1)
    with db.tenant(cabinet.tenant_id) as tx:
        assert tx.run("SELECT amount FROM settlement_line").scalar_one() == Decimal("-10.00")


def test_one_tenants_merge_never_touches_another(db: Database, cabinet: Cabinet) -> None:
    other = make_cabinet(db, seller_key="seller-2")
    put_stock(db, cabinet, [(D1, 1, 1, 5)])
    put_stock(db, other, [(D1, 1, 1, 9)])
    put_stock(db, other, [])
    with db.tenant(cabinet.tenant_id) as tx:
        assert stock(tx) == [(D1, 1, 5)]
