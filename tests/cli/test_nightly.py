"""What the night's commands by hand tell an operator."""

from pathlib import Path

import pytest

from app.db.install import Urls
from app.db.session import Database
from tests.cli.test_data import ambar
from tests.support.worlds import make_tenant


def test_an_organisation_is_called_by_its_name(
    db: Database, urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMBAR_DATA", str(tmp_path))
    ours = make_tenant(db, "Ромашка")
    for command in (["recalc", "--from", "2026-11-18", "--to", "2026-11-19"], ["nightly"]):
        done = ambar(urls, *command)
        assert done.returncode == 0, done.stderr
        assert f"«Ромашка» №{ours}" in done.stdout
