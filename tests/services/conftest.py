"""Shops on a sandbox, one for every module that asks."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from tests.support.shop import Shop, open_shop, sandbox


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
