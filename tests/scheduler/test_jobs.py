"""The nightly functions called by hand, and what the clock's firings ask of the worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from app.db.install import Urls
from app.db.session import Database
from app.queue.states import State
from app.queue.worker import Worker
from app.sandbox.server import SandboxServer
from app.scheduler.clock import COLLECT_YESTERDAY, RECALC_RECENT
from app.scheduler.jobs import (
    collect_yesterday_data,
    generate_supply_advice,
    on_fire,
    recalc_recent_metrics,
    tenants,
)
from app.services.tenancy.people import enrol
from app.services.work import handlers
from tests.conftest import fresh_database
from tests.support.shop import CORE, SOURCES, Shop, content, open_shop, our_books, sandbox
from tests.support.worlds import make_tenant

DAYS = 3


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=20, days=DAYS) as server:
        yield server


@pytest.fixture
def urls(server_url: URL, template: str) -> Iterator[Urls]:
    """A database for each test: they speak of every organisation there is."""
    with fresh_database(server_url, template) as made:
        yield made


@pytest.fixture
def db(urls: Urls) -> Iterator[Database]:
    database = Database(urls.app, pool_size=10)
    yield database
    database.close()


@pytest.fixture
def shop(
    db: Database, urls: Urls, tmp_path: Path, server: SandboxServer, request: pytest.FixtureRequest
) -> Iterator[Shop]:
    """Collected from what the P&L lives by, unless a test asks for all sources (None)."""
    make_tenant(db, "Без кабинетов")
    with open_shop(db, urls, tmp_path, server, only=getattr(request, "param", CORE)) as shop:
        yield shop


@pytest.mark.parametrize("shop", [None], indirect=True, ids=["all sources"])
def test_the_nightly_functions_return_what_the_seed_says(shop: Shop) -> None:
    """{source: rows}, {date: sku_count}, rows of advice; called again they change nothing."""
    shop.night(days=1)  # a first night would look back for three months
    rows = collect_yesterday_data(shop.house)
    assert set(rows) == SOURCES
    assert rows["ozon_accruals"] > 0
    said = content(shop)
    counts = recalc_recent_metrics(35, shop.house)
    # The finance report of a day may speak of orders before the first day shown; each day has its own.
    assert {shop.d.isoformat(), (shop.d - timedelta(days=DAYS - 1)).isoformat()} <= set(counts)
    by_day = shop.rows("SELECT d, count(DISTINCT sku_id) AS skus FROM metrics_daily GROUP BY d ORDER BY d")
    assert counts == {row.d.isoformat(): row.skus for row in by_day}
    advice = generate_supply_advice(shop.d, shop.house)
    assert advice == shop.value("SELECT count(*) FROM advice_supply WHERE d = :d", d=shop.d)
    assert content(shop) == said


def test_a_firing_asks_for_one_night_of_each_organisation_and_the_worker_does_it(
    shop: Shop, db: Database
) -> None:
    with db.platform() as tx:
        enrol(tx, 77, "Хозяйка", shop.tenant_id, "owner", is_admin=True)
    shop.night()
    fire = on_fire(shop.house.queue, shop.house.settings)
    fire_time = datetime(shop.world.today.year, shop.world.today.month, shop.world.today.day, 2, tzinfo=UTC)
    for job in (COLLECT_YESTERDAY, RECALC_RECENT, COLLECT_YESTERDAY):
        with db.platform() as tx:
            fire(tx, job, fire_time)
    with db.platform() as tx:
        asked = tx.run("SELECT tenant_id, job_type, payload FROM job ORDER BY id").all()
    everybody = tenants(db)
    assert len(everybody) == 2
    assert sorted((row.tenant_id, row.job_type) for row in asked) == sorted(
        (tenant, job) for tenant in everybody for job in ("collect", "recalc")
    )
    assert {row.payload["d"] for row in asked if row.job_type == "collect"} == {shop.d.isoformat()}
    said = content(shop)
    worker = Worker(db, handlers(shop.house.night, shop.house.teller), shop.wall, threads=1)
    worker.run_until_idle()
    with db.platform() as tx:
        done = tx.run("SELECT state, result FROM job ORDER BY id").all()
        told = tx.run(
            "SELECT payload ->> 'kind' AS kind, payload ->> 'd' AS d FROM outbox_event"
            " WHERE topic = 'telegram'"
        ).all()
    assert {row.state for row in done} == {State.DONE}
    assert all(row.result["summary"] for row in done)
    assert [tuple(row) for row in told] == [("digest", shop.d.isoformat())]
    assert content(shop) == said


def test_the_next_days_firing_brings_the_next_day(shop: Shop, db: Database) -> None:
    shop.advance()
    fire_time = datetime(shop.world.today.year, shop.world.today.month, shop.world.today.day, 2, tzinfo=UTC)
    with db.platform() as tx:
        on_fire(shop.house.queue, shop.house.settings)(tx, COLLECT_YESTERDAY, fire_time)
    Worker(db, handlers(shop.house.night, shop.house.teller), shop.wall, threads=1).run_until_idle()
    assert ("WB", shop.d) in our_books(shop)
    assert shop.value("SELECT count(*) FROM metrics_daily WHERE d = :d", d=shop.d) > 0
