"""Reports in Redis: kept for a while, apart by tenant, and looked for no longer than it takes to compute."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.bot.cases import build_cases
from app.cache.redis_reports import KEPT_FOR, LARGEST, TIMEOUT, RedisReports
from app.core.config import Settings
from app.db.figures import move_stamp
from app.db.install import Urls
from app.db.session import Database
from app.house import House, open_house
from app.queue.port import NewJob
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.reports import PnlReport
from tests.support.redis_server import RedisServer
from tests.support.shop import until
from tests.support.worlds import make_tenant

NAME = "ambar:test"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.thaw()
    server.kill()


@pytest.fixture
def redis(process: RedisServer) -> RedisServer:
    """A server that answers and knows nothing."""
    process.thaw()
    if not process.is_running:
        process.start()
    with process.client() as client:
        client.flushall()
    return process


@pytest.fixture
def reports(redis: RedisServer) -> Iterator[RedisReports]:
    made = RedisReports(redis.dsn, NAME, timeout=5)
    yield made
    made.close()


def test_what_was_put_is_found_by_its_tenant_only(reports: RedisReports) -> None:
    reports.put(1, "a", b"ours \x00\xff")
    assert reports.get(1, "a") == b"ours \x00\xff"
    assert reports.get(2, "a") is None
    assert reports.get(11, "a") is None
    assert reports.get(1, "b") is None


def test_nothing_is_kept_for_ever(redis: RedisServer, reports: RedisReports) -> None:
    reports.put(1, "a", b"x")
    with redis.client() as client:
        (key,) = client.keys("*")  # type: ignore[misc]
        assert 0 < client.ttl(key) <= KEPT_FOR.total_seconds()  # type: ignore[operator]


def test_what_is_too_large_is_not_kept(reports: RedisReports) -> None:
    reports.put(1, "a", b"x" * LARGEST)
    reports.put(1, "b", b"x" * (LARGEST + 1))
    assert reports.get(1, "a") is not None
    assert reports.get(1, "b") is None


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_a_server_that_does_not_answer_is_asked_once_in_a_while(redis: RedisServer, how: str) -> None:
    reports = RedisReports(redis.dsn, NAME)
    reports.put(1, "a", b"x")
    getattr(redis, how)()
    with capture_logs() as logs:
        begun = time.monotonic()
        for number in range(50):
            assert reports.get(1, "a") is None
            reports.put(1, f"{number}", b"x")
        assert time.monotonic() - begun < 3 * TIMEOUT + 0.3
    assert [(entry["event"], entry["use"]) for entry in logs] == [("redis_away", "reports")]
    reports.close()


def test_it_is_found_again_when_it_is_back(redis: RedisServer) -> None:
    reports = RedisReports(redis.dsn, NAME, timeout=5, pause=0.1)
    with capture_logs() as logs:
        redis.kill()
        reports.put(1, "a", b"x")
        redis.start()

        def answers() -> bool:
            reports.put(1, "a", b"x")
            return reports.get(1, "a") == b"x"

        until(answers)
    assert [entry["event"] for entry in logs] == ["redis_away", "redis_back"]
    reports.close()


# -- in the house ----------------------------------------------------------------------------------------


@contextmanager
def a_house(urls: Urls, folder: Path, **values: object) -> Iterator[House]:
    values |= {"database_url": urls.app, "admin_database_url": urls.admin}
    with open_house(Settings(_env_file=None, **values), data=folder) as house:  # type: ignore[arg-type]
        yield house


def pnl_of(house: House, tenant_id: int) -> PnlReport:
    cases = build_cases(house.settings, house.clock, house.vault, house.queue, house.reports)
    with house.db.tenant(tenant_id) as tx:
        answer: PnlReport = cases[ShowPnl](tx, PnlQuery(days=2))
    return answer


def test_a_house_with_redis_keeps_its_answers_and_calls_its_work_out(
    db: Database, urls: Urls, tmp_path: Path, redis: RedisServer
) -> None:
    tenant_id = make_tenant(db)
    with db.tenant(tenant_id) as tx:
        move_stamp(tx)
    opened = a_house(urls, tmp_path, redis_dsn=redis.dsn, queue_name_job=NAME)
    with opened as house, redis.client() as client:
        first = pnl_of(house, tenant_id)
        # on a machine that is very busy Redis may take longer than its 50 ms, and is not asked for a while
        until(
            lambda: (
                pnl_of(house, tenant_id) == first and len(client.keys(f"{NAME}:report:{tenant_id}:*")) == 1
            )
        )
        with house.db.platform() as tx:
            house.queue.enqueue(tx, NewJob(job_type="work", payload={}, tenant_id=tenant_id, trace_id="t"))
        until(lambda: client.xlen(NAME) == 1)
        redis.kill()
        assert pnl_of(house, tenant_id) == first
        with house.db.platform() as tx:
            house.queue.enqueue(tx, NewJob(job_type="work", payload={}, tenant_id=tenant_id, trace_id="t"))


def test_only_what_is_wanted_of_redis_is_used(urls: Urls, tmp_path: Path, redis: RedisServer) -> None:
    with a_house(urls, tmp_path) as house:
        assert (house.wakeups, house.reports, house.queue.wakeups) == (None, None, None)
    opened = a_house(urls, tmp_path, redis_dsn=redis.dsn, queue_backend="postgres")
    with opened as house:
        assert house.wakeups is None
        assert house.reports is not None
