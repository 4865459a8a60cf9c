"""Workers as processes of their own on one night: told to stop in the middle, they hand it on whole."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.queue.port import JobStatus
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.world import World
from app.services.jobs import collect_job
from tests.support.listener import ear
from tests.support.running import Running
from tests.support.shop import Shop, open_shop, until


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """Processes live today, so the shop does; its pages are small and its days many.

    Its clock stands at six in the morning in Moscow: the day is one whose morning is over, or the job that
    the shop asks for would be one of the future to the processes.
    """
    world = World(seed=3, skus=12, days=14, today=(datetime.now(UTC) - timedelta(hours=3)).date())
    with SandboxServer(world, pace=NO_LIMITS, accruals_page=10) as server:
        yield server


@pytest.fixture(scope="module")
def shop(
    db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory, server: SandboxServer
) -> Iterator[Shop]:
    with open_shop(db, urls, tmp_path_factory.mktemp("house"), server, marketplaces=("OZON",)) as shop:
        yield shop


def worker(shop: Shop, **settings: str) -> Running:
    return Running(
        "worker",
        "--no-scheduler",
        data=shop.house.data,
        DATABASE_URL=shop.house.urls.app,
        WB_API_URL=shop.house.settings.wb_api_url,
        OZON_API_URL=shop.house.settings.ozon_api_url,
        OZON_PERFORMANCE_API_URL=shop.house.settings.ozon_performance_api_url,
        API_PACE=str(NO_LIMITS),
        WORKER_THREADS="1",
        **settings,
    )


def ask_for_the_night(shop: Shop, trace: str) -> int:
    with shop.db.platform() as tx:
        yesterday = shop.world.today - timedelta(days=1)
        return shop.house.queue.enqueue(tx, collect_job(shop.tenant_id, yesterday, trace)).job_id


def status(shop: Shop, job_id: int) -> JobStatus:
    with shop.db.platform() as tx:
        found = shop.house.queue.status(tx, job_id)
    assert found is not None
    return found


def days_collected(shop: Shop) -> dict[str, int]:
    """{unit: how often it was collected whole} of the accruals, a unit a day."""
    rows = shop.rows(
        "SELECT unit, count(*) FROM ingest_run WHERE tenant_id = :tenant_id AND source = 'ozon.accruals'"
        " AND state = 'complete' GROUP BY unit"
    )
    return {row[0]: row[1] for row in rows}


def test_sigterm_in_mid_night_hands_the_job_back_and_another_finishes_it(shop: Shop) -> None:
    job_id = ask_for_the_night(shop, "night-1")
    with worker(shop) as first:
        until(lambda: (told := status(shop, job_id).progress) is not None and told.done > 2, 180)
        asked_at = time.monotonic()
        assert first.stop() == 0, first.said
        took = time.monotonic() - asked_at
    told = status(shop, job_id)
    assert (told.state, told.attempt) == ("todo", 0), first.said
    assert first.told("job_handed_back")
    assert not first.told("job_finished")
    assert took < 15
    before = days_collected(shop)
    assert before
    with ear() as systemd:
        with worker(shop, NOTIFY_SOCKET=systemd.address, WATCHDOG_USEC="60000000") as second:
            second.until("job_finished")
            assert second.stop() == 0
        said = systemd.listen()
    told = status(shop, job_id)
    assert (told.state, told.attempt) == ("done", 1)
    after = days_collected(shop)
    assert before.keys() < after.keys()
    assert set(after.values()) == {1}  # what was done by then is not asked for again
    for running in (first, second):
        assert {each["trace_id"] for each in running.told("marketplace_called")} == {"night-1"}
    assert said[0] == ["READY=1", "STATUS=Делаю работы"]
    assert ["WATCHDOG=1"] in said
    assert said[-1][0] == "STOPPING=1"
