"""A night that dies anywhere goes on where it stood: nothing lost, nothing asked for twice."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.trace import new_trace
from app.db.install import Urls
from app.db.session import Database
from app.queue.port import ClaimedJob, YieldUntil
from app.queue.retry import is_database_away
from app.sandbox.server import SandboxServer
from app.sandbox.wb.tokens import BASE
from app.services.work import CollectWork
from tests.support.databases import superuser
from tests.support.faults import Killed, mortal
from tests.support.shop import CORE, Shop, content, open_shop, our_books, quiet, sandbox

DAYS = 3
ASKED_ONCE = (
    *("cards/list", "supplier/sales", "supplier/orders", "order-feed", "warehouses", "warehouse_remains"),
    *("detailed", "account/balance", "adv/v1/upd", "promotion/count", "fullstats", "accrual/by-day"),
)
"""Methods whose requests are pages and nothing else."""


@pytest.fixture(scope="module")
def only() -> frozenset[str]:
    return CORE


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=25, days=DAYS, accruals_page=8) as server:
        yield server


@pytest.fixture(autouse=True)
def well_again(shop: Shop) -> Iterator[None]:
    """To the marketplace all these shops are one seller: what one has spent is closed to the next."""
    yield
    shop.heal()


@pytest.fixture(scope="module")
def undisturbed(shop: Shop) -> Counter[str]:
    """The module's own shop had a good night; how often each method was asked."""
    shop.heard()
    assert shop.night(days=DAYS).errors == {}
    return _asked(shop)


@pytest.fixture
def victim(
    db: Database, urls: Urls, folder: Path, server: SandboxServer, undisturbed: Counter[str]
) -> Iterator[Shop]:
    """Another tenant with the same cabinets."""
    with open_shop(db, urls, folder, server, only=CORE) as shop:
        shop.heard()
        yield shop


def _asked(shop: Shop) -> Counter[str]:
    return Counter(path for path in shop.heard() if any(path.endswith(part) for part in ASKED_ONCE))


def _same(victim: Shop, shop: Shop) -> None:
    assert content(victim) == content(shop)
    assert victim.value("SELECT count(*) FROM recalc_pending") == 0
    assert our_books(victim) == our_books(shop)


def test_a_job_killed_after_every_page_asks_for_none_twice(
    victim: Shop, shop: Shop, undisturbed: Counter[str]
) -> None:
    deaths, report = 0, None
    while report is None and deaths < 100:
        try:
            report = mortal(victim, 0).run(victim.tenant_id, victim.d, "one-job", quiet, days=DAYS)
        except Killed:
            deaths += 1
    assert report is not None, "it never gets past some page"
    assert report.errors == {}
    assert deaths > 3 * DAYS
    assert _asked(victim) == undisturbed
    _same(victim, shop)


@pytest.mark.parametrize("pages", [2, 5, 11, pytest.param(7, marks=pytest.mark.soak)])
def test_another_job_goes_on_from_a_dead_ones_page(victim: Shop, shop: Shop, pages: int) -> None:
    for _ in range(2):
        with pytest.raises(Killed):
            mortal(victim, pages).run(victim.tenant_id, victim.d, new_trace(), quiet, days=DAYS)
    assert victim.night(days=DAYS).errors == {}
    _same(victim, shop)


def test_the_database_goes_away_in_mid_night_again_and_again(
    victim: Shop, shop: Shop, urls: Urls, server_url: object
) -> None:
    """Every connection is cut at moments of chance: the run fails, the next one goes on."""
    chance, over, failures = random.Random(7), threading.Event(), 0

    def cut() -> None:
        name = victim.db.engine.url.database
        with superuser(server_url) as connection:  # type: ignore[arg-type]
            while not over.wait(chance.uniform(0.02, 0.25)):
                connection.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                    {"name": name},
                )

    saboteur = threading.Thread(target=cut)
    saboteur.start()
    started = time.monotonic()
    try:
        while time.monotonic() < started + 4:
            try:
                mine = victim.house.night.run(victim.tenant_id, victim.d, "storm", quiet, days=DAYS)
                assert mine.errors == {}
                break
            except DBAPIError as error:
                if not is_database_away(error):
                    raise
                failures += 1
    finally:
        over.set()
        saboteur.join()
    assert failures > 0, "nobody was hit: the test has proved nothing"
    assert victim.house.night.run(victim.tenant_id, victim.d, "storm", quiet, days=DAYS).errors == {}
    _same(victim, shop)


def job(shop: Shop, trace: str, attempt: int = 1) -> ClaimedJob:
    payload = {"d": shop.d.isoformat(), "days": DAYS}
    return ClaimedJob(
        id=1,
        tenant_id=shop.tenant_id,
        job_type="collect",
        payload=payload,
        attempt=attempt,
        max_attempt=5,
        lease_token="lease",
        trace_id=trace,
    )


def test_a_marketplace_that_asks_to_wait_is_asked_again_for_the_rest_only(victim: Shop, shop: Shop) -> None:
    work = CollectWork(night=victim.house.night, teller=victim.house.teller)
    victim.fault("by-day", "429", 1)
    begun = victim.wall.now()
    with pytest.raises(YieldUntil) as told:
        work(job(victim, "patient"), quiet)
    assert begun < told.value.at <= victim.wall.now() + timedelta(seconds=1)
    first = _asked(victim)
    assert first["/ozon/v1/finance/accrual/by-day"] == 1
    victim.wall.skip(timedelta(seconds=5))
    result = work(job(victim, "patient"), quiet)
    assert result["written"] > 0
    again = _asked(victim)
    assert set(again) == {"/ozon/v1/finance/accrual/by-day"}, "what was done is not asked for again"
    _same(victim, shop)


def test_a_base_token_keeps_the_window_it_began_with(
    db: Database, urls: Urls, folder: Path, server: SandboxServer, shop: Shop
) -> None:
    """Its finance may be asked for twice a day: a second pass of the first night must not spend that.

    Three days have no weekly report, so closed weeks are asked for both ways, and the open ones once.
    """
    token = shop.control.get("/sandbox/token", params={"acc": BASE}).json()["token"]
    with open_shop(db, urls, folder, server, only=CORE, wb_token=token, marketplaces=("WB",)) as slow:
        slow.heal()  # the seller's budgets run on the clocks of the shops before
        slow.heard()
        slow.fault("warehouse_remains$", "429", 1)
        first = slow.night(trace="slow")
        assert [name for name, done in first.sources.items() if done.wait_until] == ["wb.stock"]
        asked = _asked(slow)
        slow.wall.skip(timedelta(seconds=5))
        second = slow.night(trace="slow")
        assert (second.errors, second.wait_until) == ({}, None)
        assert [path for path in _asked(slow) if "remains" not in path] == []
        assert asked["/wb/finance-api/api/finance/v1/sales-reports/detailed"] == 3


def test_a_young_cabinets_night_goes_on_with_the_window_it_began_with(
    db: Database, urls: Urls, folder: Path, server: SandboxServer
) -> None:
    """It has no days but those that the night itself has just covered: it must not be taken for a new one."""
    with open_shop(db, urls, folder, server, only=CORE) as young:
        young.heal()  # the seller's budgets run on the clocks of the shops before
        begun = young.night(days=DAYS)
        assert (begun.errors, begun.wait_until) == ({}, None)
        night, deaths = mortal(young, 3), 0
        while deaths < 100:
            try:
                night.run(young.tenant_id, young.d, "second", quiet)
                break
            except Killed:
                deaths += 1
                night = mortal(young, 3)
        assert deaths > 2
        sales = "FROM coverage WHERE tenant_id = :tenant_id AND source = 'wb.sales'"
        first = young.value(f"SELECT min(d) {sales}")
        assert young.d - first == timedelta(days=6), "a week's overlap, as any night"
