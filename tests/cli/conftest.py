"""The command line within this process, on the module's database."""

from collections.abc import Callable, Iterator

import pytest
import structlog
from typer.testing import CliRunner

from app.cli import build
from app.core.config import get_settings
from app.db.install import Urls

Ambar = Callable[..., str]


@pytest.fixture
def in_process(
    urls: Urls, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ambar]:
    """Runs a command; what it prints, or the error that it ends in."""
    before = structlog.get_config()
    monkeypatch.setenv("DATABASE_URL", urls.app)
    monkeypatch.setenv("AMBAR_DATA", str(tmp_path_factory.mktemp("data")))
    get_settings.cache_clear()

    def run(*command: str) -> str:
        done = CliRunner().invoke(build(), [*command], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    yield run
    get_settings.cache_clear()
    structlog.configure(**before)
