"""A backfill asks each source as far back as it reaches, what slides away first, and goes on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from app.services.ingestion.backfill import backfill_name
from app.services.ingestion.plan import first_day
from app.services.jobs import COLLECT
from app.services.work import BACKFILL_DAYS, CollectWork
from tests.support.shop import DAY, Shop, open_shop, quiet, sandbox

D = date(2026, 11, 19)
NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)
FEW = frozenset({"wb.cards", "wb.orders", "wb.sales", "wb.finance", "wb.balance"})


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=10, days=20) as server:
        yield server


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    with open_shop(db, urls, folder, server, marketplaces=("WB",)) as shop:
        yield shop


@pytest.mark.parametrize(
    ("source", "days", "first"),
    [
        ("wb.orders", 400, D - timedelta(days=179)),  # more than the spec's 90 days was seen
        ("wb.sales", 60, D - timedelta(days=59)),
        ("wb.order_feed", 400, D - timedelta(days=30)),
        ("wb.finance", 400, date(2025, 10, 13)),  # the Monday of its 400th day
        ("wb.finance", 1500, date(2024, 1, 29)),  # there is nothing older
        ("wb.reports", 1500, date(2025, 1, 1)),
        ("wb.ads", 1500, D - timedelta(days=364)),
        ("ozon.accruals", 400, D - timedelta(days=399)),
        ("wb.stock", 400, D),
    ],
)
def test_each_source_is_asked_as_far_as_it_reaches(source: str, days: int, first: date) -> None:
    assert first_day(source, None, D, days) == first


def test_the_first_night_asks_no_further_either() -> None:
    assert first_day("wb.order_feed", None, D) == D - timedelta(days=30)
    assert first_day("wb.orders", None, D) == D - timedelta(days=89)


def test_a_backfill_begins_with_what_slides_away_and_goes_on_on_another_day(shop: Shop) -> None:
    trace, last = backfill_name(shop.db, shop.tenant_id, 60, shop.d, shop.world.now)
    assert (trace, last) == (f"backfill:60:{shop.d}", shop.d)
    shop.heard()
    shop.fault("/sales-reports/detailed", "429", 1)
    stopped = shop.night(trace=trace, days=60, only=FEW.__contains__)
    assert stopped.errors == {}
    assert [name for name, done in stopped.sources.items() if done.wait_until] == ["wb.finance"]
    asked = [path.rsplit("/", 1)[-1] for path in shop.heard()]
    assert list(dict.fromkeys(asked)) == ["list", "orders", "sales", "detailed", "balance"]
    first = shop.d
    shop.advance(2)
    again = backfill_name(shop.db, shop.tenant_id, 60, shop.d, shop.world.now)
    assert again == (trace, first)
    shop.heal()
    done = shop.house.night.run(shop.tenant_id, first, trace, quiet, days=60, only=FEW.__contains__)
    assert (done.errors, done.wait_until) == ({}, None)
    assert {path.rsplit("/", 1)[-1] for path in shop.heard()} == {"detailed"}
    told = shop.value("SELECT min(d) FROM coverage WHERE tenant_id = :tenant_id AND source = 'wb.orders'")
    assert told == first - timedelta(days=59)
    assert backfill_name(shop.db, shop.tenant_id, 60, shop.d, shop.world.now)[1] == shop.d


def test_an_old_unfinished_backfill_is_begun_anew(shop: Shop) -> None:
    shop.fault("/sales-reports/detailed", "429", 1)
    trace = f"backfill:30:{shop.d}"
    shop.night(trace=trace, days=30, only=lambda name: name == "wb.finance")
    soon, late = shop.world.now + 6 * DAY, shop.world.now + 8 * DAY
    assert backfill_name(shop.db, shop.tenant_id, 30, shop.d + 6 * DAY, soon)[0] == trace
    assert backfill_name(shop.db, shop.tenant_id, 30, shop.d + 8 * DAY, late)[0] != trace
    shop.heal()


def test_a_new_cabinets_history_follows_its_first_collection_once(shop: Shop) -> None:
    work = CollectWork(night=shop.house.night, teller=shop.house.teller, queue=shop.house.queue)
    account = shop.accounts["WB"]
    jobs = "SELECT payload, priority FROM job WHERE tenant_id = :tenant_id AND job_type = :type"
    work._go_on_backwards(shop.tenant_id, shop.d, account)
    (job,) = shop.rows(jobs, type=COLLECT)
    assert job.payload == {"d": shop.d.isoformat(), "days": BACKFILL_DAYS, "account": account}
    assert job.priority < 0
    work._go_on_backwards(shop.tenant_id, shop.d, account)
    assert len(shop.rows(jobs, type=COLLECT)) == 1, "one that waits is joined"
    old = (
        "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at)"
        " VALUES (:tenant_id, :a, 'wb.finance', :d, now())"
    )
    with shop.db.tenant(shop.tenant_id) as tx:
        tx.run(old, a=account, d=shop.d - timedelta(days=300))
    with shop.db.platform() as tx:
        tx.run("DELETE FROM job")
    work._go_on_backwards(shop.tenant_id, shop.d, account)
    assert shop.rows(jobs, type=COLLECT) == [], "its history is there"
