"""``ambar admin``: a code for the first administrator, the list, and whom to take out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import structlog
from typer.testing import CliRunner

from app.cli import build
from app.core.config import get_settings
from app.core.errors import Conflict, NotFound
from app.db.install import Urls
from app.db.session import Database
from app.services.tenancy.registration import claim_admin

Ambar = Callable[..., str]


@pytest.fixture
def ambar(
    urls: Urls, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ambar]:
    """Runs a command against this module's database; what it says, or the error that it ends in."""
    before = structlog.get_config()
    monkeypatch.setenv("DATABASE_URL", urls.app)
    monkeypatch.setenv("AMBAR_DATA", str(tmp_path_factory.mktemp("data")))
    get_settings.cache_clear()

    def run(*command: str) -> str:
        done = CliRunner().invoke(build(), ["admin", *command], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    yield run
    get_settings.cache_clear()
    structlog.configure(**before)


def claim(db: Database, telegram_id: int, name: str, said: str) -> None:
    with db.platform() as tx:
        claim_admin(tx, telegram_id, name, said.split("/start ")[1].split()[0], datetime.now(UTC))


def test_an_administrator_is_made_listed_and_removed(db: Database, ambar: Ambar) -> None:
    with db.platform() as tx:
        tx.run("UPDATE app_user SET is_admin = false")
    assert "Администраторов нет" in ambar("list")
    for telegram_id, name in ((11, "Яна"), (12, "Вера")):
        said = ambar("code")
        assert "одноразовый" in said
        claim(db, telegram_id, name, said)
    assert ambar("list").splitlines() == ["11  Яна", "12  Вера"]
    assert ambar("remove", "11").strip() == "Яна больше не администратор."
    assert ambar("list").splitlines() == ["12  Вера"]
    with db.platform() as tx:
        rows = tx.run(
            "SELECT action FROM audit_entry WHERE action LIKE 'admin.%' AND tenant_id IS NULL ORDER BY id"
        )
        assert rows.scalars().all() == [
            "admin.code",
            "admin.made",
            "admin.code",
            "admin.made",
            "admin.removed",
        ]


def test_whom_one_cannot_remove(db: Database, ambar: Ambar) -> None:
    with db.platform() as tx:
        tx.run("UPDATE app_user SET is_admin = false")
        tx.run("INSERT INTO app_user (telegram_id, name, is_admin) VALUES (13, 'Анна', true)")
    with pytest.raises(Conflict, match="единственный администратор"):
        ambar("remove", "13")
    with pytest.raises(NotFound, match="нет человека с id 99"):
        ambar("remove", "99")
