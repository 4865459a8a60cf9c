"""A data folder of its own for every test, and no server left in it afterwards."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db.embedded import EmbeddedServer
from tests.db.embedded.world import clean_up
from tests.support.scratch import scratch


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can reach too: pytest's own, made by root, is 0700."""
    path = Path(tempfile.mkdtemp(prefix="ambar-test-", dir=scratch()))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def data(folder: Path) -> Iterator[Path]:
    """A data folder; whatever server is left in it afterwards is stopped and removed."""
    path = folder / "data"
    yield path
    clean_up(path)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder whose cluster was created, and which nobody uses: to be copied."""
    path = Path(tempfile.mkdtemp(prefix="ambar-test-", dir=scratch()))
    path.chmod(0o755)
    with EmbeddedServer(path / "data", fast=True):
        pass
    yield path / "data"
    shutil.rmtree(path)


@pytest.fixture
def filled(folder: Path, made: Path) -> Iterator[Path]:
    """A data folder that has its cluster already: creating one is most of what such a test would cost."""
    path = folder / "data"
    subprocess.run(["cp", "-a", made, path], check=True)  # shutil would lose the owners
    yield path
    clean_up(path)
