"""After a full night with every mishap no secret is anywhere but in master.key and under its seal."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from app.cli.doctor import _examine
from app.core.config import Settings
from app.core.paths import repo_root
from app.db.install import Urls
from tests.canaries.scene import BOT_TOKEN, Scene, play
from tests.canaries.search import Found, in_database, in_files, in_text
from tests.conftest import fresh_database
from tests.support.shop import SOURCES


@dataclass(frozen=True, slots=True)
class Night:
    """A scene that is over, and where its traces are."""

    scene: Scene
    urls: Urls
    folder: Path

    def spilt(self) -> Found:
        """Where secrets were found."""
        secrets = self.scene.secrets
        found, _ = in_database(self.urls.admin, secrets)
        found |= in_files(self.folder, secrets, leave_out=("master.key",))[0]
        for where in ("log", "said", "metrics", "dumps"):
            found |= in_text(where, getattr(self.scene, where), secrets)
        return found


@pytest.fixture(scope="module")
def night(urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("house")
    return Night(play(urls, folder), urls, folder)


def test_a_night_spills_nothing(night: Night) -> None:
    assert night.spilt() == set()


def test_the_night_was_a_full_one(night: Night) -> None:
    """Or there was nothing to find."""
    scene = night.scene
    assert {name.replace(".", "_") for name in scene.collected} == SOURCES
    for event in (
        "update_failed",
        "job_failed",
        "event_not_delivered",
        "source_failed",
        "marketplace_called",
    ):
        assert f'"{event}"' in scene.log, event
    assert "***" in scene.log
    assert any("OSError" in error for error in scene.events)
    assert "подключён" in scene.said
    assert "ambar_marketplace_calls" in scene.metrics
    assert len(scene.log) > 50_000


def test_the_search_reaches_what_it_must(night: Night) -> None:
    """What is known to be there is found: a cabinet's name, a reply's field in its compressed body, a
    line of the data folder."""
    known = {
        "cabinet": ["Канарейка"],
        "reply": ['"nmId"'],
        "key": [(night.folder / "master.key").read_text().strip()],
    }
    found, filled = in_database(night.urls.admin, known)
    assert found >= {("tenant.name", "cabinet"), ("raw_payload.body", "reply")}
    assert filled > 150
    assert in_files(night.folder, known)[0] == {("file master.key", "key")}


def test_buyers_are_blanked_and_all_else_is_as_received(night: Night) -> None:
    blank = {"blanked": ['"customer": null', '"userName": null'], "kept": ['"isEcoFriendly"', '"forPay"']}
    found, _ = in_database(night.urls.admin, blank)
    assert ("raw_payload.body", "blanked") in found
    assert ("raw_payload.body", "kept") in found


def test_the_doctor_tells_no_secret(night: Night) -> None:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=night.urls.app,
        admin_database_url=night.urls.admin,
        ambar_data=night.folder,
        telegram_token=BOT_TOKEN,
        redis_dsn="redis://ambar:canary-redis-4471@127.0.0.1:9/0",
    )
    findings = _examine(settings)
    assert len(findings) > 5
    assert in_text("doctor", str(findings), night.scene.secrets) == set()


def test_cassettes_hold_none_of_it(night: Night) -> None:
    """And no token of anybody's, which tests/marketplaces/test_cassettes.py looks for by its form."""
    found, files = in_files(repo_root() / "cassettes", night.scene.secrets)
    assert files > 10
    assert found == set()


REDACTORS = (
    "app.core.logging.redact_value",
    "app.core.logging.redact_text",
    "app.core.config.redact_text",
    "app.bot.tracing.redact_text",
    "app.marketplaces.transport.client.redact_text",
    "app.repositories.runs.blank_personal",
)


def test_without_redaction_the_same_search_finds_them(
    server_url: URL, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in REDACTORS:
        monkeypatch.setattr(place, lambda value: value)
    with fresh_database(server_url, template) as urls:
        spilt = Night(play(urls, tmp_path), urls, tmp_path).spilt()
    assert spilt >= {
        ("log", "WB token"),
        ("log", "Ozon key"),
        ("log", "Telegram token"),
        ("log", "application's password"),
        ("log", "proxy password"),
        ("dumps", "application's password"),
        ("dumps", "administrator's password"),
        ("dumps", "proxy password"),
        ("raw_payload.body", "buyer"),
        ("said", "WB token"),
        ("said", "Ozon key"),
    }, sorted(spilt)
    assert {what for where, what in spilt if where.startswith("job.")} >= {"WB token", "Ozon key"}, sorted(
        spilt
    )
