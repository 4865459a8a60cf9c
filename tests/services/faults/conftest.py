"""The sellers whose nights are disturbed: two of Wildberries' tokens, and one Ozon cabinet.

They are few and small, so that every page of a night can be the last one: a closed week and an open one,
and of Ozon a closed month, whose reports are out.
"""

import logging
import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.engine import URL

from app.db.install import Urls
from app.db.session import Database
from app.marketplaces.ozon.accruals import calls as accruals
from app.marketplaces.ozon.ads import calls as ads
from app.marketplaces.ozon.catalogue import calls as catalogue
from app.marketplaces.ozon.orders import calls as orders
from app.marketplaces.ozon.prices import calls as prices
from app.marketplaces.ozon.returns import calls as returns
from app.marketplaces.ozon.stock import asked as stock_asked
from app.marketplaces.ozon.stock import calls as stock
from app.marketplaces.ozon.supplies import calls as supplies
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.wb.tokens import BASE
from app.sandbox.world import World
from tests.conftest import fresh_database
from tests.support.bench import Bench
from tests.support.shop import Shop
from tests.support.tap import Tap, tapped

SEED = "AMBAR_STORM_SEED"
WB_DAYS, OZON_DAYS = 9, 10
OZON_TODAY = date(2026, 11, 9)
"""A Monday, and October's documents are out. Of seed 45 every source has something to tell by then."""

SMALL_PAGES: tuple[tuple[Any, str, int], ...] = (
    (accruals, "LARGEST_BATCH", 10),
    (ads, "PAGE", 2),
    (ads, "BY_SKU_AT_ONCE", 2),
    (ads, "EXPORT_AT_ONCE", 2),
    (catalogue, "LIST_PAGE", 4),
    (orders, "PAGE", 15),
    (prices, "PAGE", 4),
    (returns, "PAGE", 2),
    (returns, "RFBS_PAGE", 1),
    (stock, "PAGE", 8),
    (stock_asked, "STOCK_SKUS", 8),
    (supplies, "PAGE", 3),
    (supplies, "ORDERS_A_CALL", 2),
)
"""What we ask Ozon for at once, made so small that a small seller has several pages of everything."""


@pytest.fixture(scope="package", autouse=True)
def silence() -> Iterator[None]:
    """Nights that die log stacks, and drawing one takes seconds."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="package")
def urls(server_url: URL, template: str) -> Iterator[Urls]:
    """One database for all of these tests: their organisations do not meet."""
    with fresh_database(server_url, template) as made:
        yield made


@pytest.fixture(scope="package")
def db(urls: Urls) -> Iterator[Database]:
    database = Database(urls.app, pool_size=5)
    yield database
    database.close()


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="package")
def wb_stand() -> Iterator[tuple[SandboxServer, Tap]]:
    server = SandboxServer(World(seed=3, skus=10, days=WB_DAYS), pace=NO_LIMITS)
    tap = tapped(server)
    with server:
        yield server, tap


@pytest.fixture(scope="package")
def ozon_stand() -> Iterator[tuple[SandboxServer, Tap]]:
    """Ozon with FBO, FBS and rFBS, and with its advertising."""
    world = World(seed=45, skus=14, days=OZON_DAYS, today=OZON_TODAY, schemes=("FBO", "FBS", "rFBS"))
    server = SandboxServer(world, pace=NO_LIMITS, accruals_page=6)
    tap = tapped(server, "ozon", "performance", "ozon-files")
    with pytest.MonkeyPatch.context() as small, server:
        for module, name, size in SMALL_PAGES:
            small.setattr(module, name, size)
        yield server, tap


Opens = Callable[..., Bench]


@pytest.fixture(scope="package")
def benches(db: Database, urls: Urls, folder: Path) -> Iterator[Opens]:
    """Opens a seller's bench; what is not told here is the bench's own."""
    with ExitStack() as houses:

        def opens(stand: tuple[SandboxServer, Tap], marketplace: str, days: int, **how: Any) -> Bench:
            server, tap = stand
            bench = Bench(
                marketplace=marketplace,
                days=days,
                db=db,
                urls=urls,
                folder=folder,
                server=server,
                tap=tap,
                **how,
            )
            return houses.enter_context(bench)

        yield opens


@pytest.fixture(scope="package")
def wb(benches: Opens, wb_stand: tuple[SandboxServer, Tap]) -> Bench:
    """Wildberries by a personal token."""
    return benches(wb_stand, "WB", WB_DAYS)


@pytest.fixture(scope="package")
def wb_base(benches: Opens, wb_stand: tuple[SandboxServer, Tap]) -> Bench:
    """Wildberries by a base token, whose stock is told by a report."""
    return benches(wb_stand, "WB", WB_DAYS, acc=BASE)


@pytest.fixture(scope="package")
def wb_reports(benches: Opens, wb_stand: tuple[SandboxServer, Tap]) -> Bench:
    """What a base token has to order, and the names for it."""
    only = frozenset({"wb.cards", "wb.stock", "wb.storage", "wb.acceptance"})
    return benches(wb_stand, "WB", WB_DAYS, acc=BASE, only=only)


@pytest.fixture(scope="package")
def ozon(benches: Opens, ozon_stand: tuple[SandboxServer, Tap]) -> Bench:
    """An Ozon cabinet with both keys."""
    return benches(ozon_stand, "OZON", OZON_DAYS)


@pytest.fixture(scope="package")
def ozon_accruals(benches: Opens, ozon_stand: tuple[SandboxServer, Tap]) -> Bench:
    """Its accruals, and the names for them."""
    return benches(ozon_stand, "OZON", OZON_DAYS, only=frozenset({"ozon.catalogue", "ozon.accruals"}))


@pytest.fixture(scope="package")
def ozon_ads(benches: Opens, ozon_stand: tuple[SandboxServer, Tap]) -> Bench:
    """Its advertising, which has a door of its own."""
    only = frozenset({"ozon.catalogue", "ozon.ads", "ozon.ad_money"})
    return benches(ozon_stand, "OZON", OZON_DAYS, only=only)


@pytest.fixture(scope="package")
def ozon_reports(benches: Opens, ozon_stand: tuple[SandboxServer, Tap]) -> Bench:
    """What has to be ordered of it."""
    ordered = {"ozon.placement", "ozon.compensations", "ozon.realization_postings"}
    return benches(ozon_stand, "OZON", OZON_DAYS, only=frozenset({"ozon.catalogue", *ordered}))


@pytest.fixture(params=["wb", "ozon"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each marketplace."""
    found: Bench = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def victim(bench: Bench) -> Shop:
    """A new organisation there."""
    return bench.victim()


@pytest.fixture
def chance(record_property: Callable[[str, object], None]) -> random.Random:
    """Told at the end of the run; ``AMBAR_STORM_SEED`` brings it back."""
    seed = int(os.environ.get(SEED, "") or random.SystemRandom().randrange(1_000_000))
    record_property("told", f"{SEED}={seed}")
    return random.Random(seed)
