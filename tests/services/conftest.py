"""Shops on a sandbox, one for every module that asks; a twin of it for every test that changes something."""

import logging
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
import structlog
from sqlalchemy import URL

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from tests.conftest import fresh_database
from tests.support.shop import Shop, open_shop, sandbox
from tests.support.twin import database_of, open_twin


@pytest.fixture(scope="module", autouse=True)
def few_logs() -> Iterator[None]:
    """A night logs thousands of lines, and the developer's form of a stack takes seconds to draw."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as server:
        yield server


@pytest.fixture(scope="module")
def only() -> frozenset[str] | None:
    """The sources that the module's shop is collected from; a module may say fewer than all."""
    return None


@pytest.fixture(scope="module")
def shop(
    db: Database, urls: Urls, folder: Path, server: SandboxServer, only: frozenset[str] | None
) -> Iterator[Shop]:
    with open_shop(db, urls, folder, server, only=only) as shop:
        yield shop


@pytest.fixture
def twins(shop: Shop) -> SandboxServer:
    """A sandbox whose world is a copy of the shop's; it does not listen yet."""
    return SandboxServer(deepcopy(shop.world))


@pytest.fixture
def story(shop: Shop, server_url: URL, twins: SandboxServer) -> Iterator[Shop]:
    """The module's shop as all its tests find it, for one test to advance and to spoil: what happens here
    happens in a copy, so that tests may run in any order."""
    shop.db.close()  # a database that is copied has no guests
    with (
        fresh_database(server_url, database_of(shop.house.urls)) as urls,
        twins as listening,
        open_twin(shop, urls, listening) as made,
    ):
        yield made
