"""A cabinet that does not fit into one chunk is recomputed as one that does, and a list of SKUs touches
those alone."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from app.db.session import Database, TenantTx
from app.services import recalc_metrics as recalculation
from app.services.recalc_metrics import recalc_metrics
from tests.support.worlds import Cabinet, make_cabinet

D = date(2026, 11, 19)
FROM = D - timedelta(days=2)
SKUS = 250
SAID = "SELECT d, sku_id, units, revenue_net, sv7, stock_cover_days FROM metrics_daily ORDER BY d, sku_id"


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    """250 SKUs, each sold every third day; stock every day."""
    cabinet = make_cabinet(db, "OZON")
    with db.tenant(cabinet.tenant_id) as tx:
        tx.run(
            "SELECT ambar_make_partitions(p, :d, :d) FROM unnest(ARRAY['daily_sales', 'daily_stock']) p", d=D
        )
        tx.run(
            "INSERT INTO sku (tenant_id, account_id, marketplace, ozon_id, first_sold) "
            "SELECT :tenant_id, :account, 'OZON', n, :d FROM generate_series(1, :skus) n",
            account=cabinet.id,
            skus=SKUS,
            d=FROM,
        )
        tx.run(
            "INSERT INTO daily_sales (tenant_id, account_id, d, sku_id, warehouse_id, channel, currency, qty,"
            " revenue_gross, src_hash) SELECT :tenant_id, :account, CAST(:d AS date) - CAST(id % 3 AS int),"
            " id, 1, 'FBO', 'RUB', 1 + id % 5, id * 10, '' FROM sku",
            account=cabinet.id,
            d=D,
        )
        tx.run(
            "INSERT INTO daily_stock (tenant_id, account_id, d, sku_id, warehouse_id, on_hand, src_hash) "
            "SELECT :tenant_id, :account, CAST(:d AS date) - n, id, 1, id % 7, '' "
            "FROM sku CROSS JOIN generate_series(0, 2) n",
            account=cabinet.id,
            d=D,
        )
    return cabinet


def skus(tx: TenantTx) -> list[int]:
    return list(tx.run("SELECT id FROM sku ORDER BY id").scalars())


def test_chunks_add_up_to_the_whole(db: Database, cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        whole = recalc_metrics(tx, FROM, D, trace_id="t")
        said = tx.run(SAID).all()
        tx.run("DELETE FROM metrics_daily")
    monkeypatch.setattr(recalculation, "CHUNK_SKU_DAYS", 0)
    told: list[int] = []
    with db.tenant(cabinet.tenant_id) as tx:
        chunked = recalc_metrics(
            tx, FROM, D, trace_id="t", progress=lambda _, done, total: told.append(total)
        )
        assert tx.run(SAID).all() == said
        again = recalc_metrics(tx, FROM, D, trace_id="t")
    assert told == [3, 3, 3]
    assert (chunked.count.inserted, again.count.written) == (3 * SKUS, 0)
    assert chunked.sku_count == whole.sku_count == {FROM + timedelta(days=i): SKUS for i in range(3)}


def test_a_list_of_skus_is_recomputed_and_nobody_between_them(db: Database, cabinet: Cabinet) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        recalc_metrics(tx, FROM, D, trace_id="t")
        first, *_, last = skus(tx)
        tx.run("UPDATE daily_sales SET revenue_gross = revenue_gross + 1")
        tx.run("DELETE FROM daily_stock WHERE sku_id IN (:first, :between)", first=first, between=first + 1)
        done = recalc_metrics(tx, FROM, D, trace_id="t", sku_ids=[first, last])
        touched = set(tx.run("SELECT DISTINCT sku_id FROM figure_change").scalars())
    assert touched == {first, last}
    # Of the first only its day of sale is left: two days of mere stock went, one row each changed.
    assert (done.count.deleted, done.count.changed, done.count.unchanged) == (2, 2, 2)


def test_a_recalculation_that_fails_between_chunks_leaves_no_thread_behind(
    db: Database, cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any) -> None:
        raise ConnectionError("the database went away")

    monkeypatch.setattr(recalculation, "CHUNK_SKU_DAYS", 0)
    monkeypatch.setattr(recalculation, "_store", lost)
    with pytest.raises(ConnectionError) as failure, db.tenant(cabinet.tenant_id) as tx:
        recalc_metrics(tx, FROM, D, trace_id="t")
    # The error still holds the frames, and with them whatever they left open.
    assert failure.tb is not None
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("recalc")] == []
