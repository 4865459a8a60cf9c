"""Shops on a sandbox, one for every module that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from tests.support.shop import Shop, open_shop, sandbox


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as server:
        yield server


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    with open_shop(db, urls, folder, server) as shop:
        yield shop
