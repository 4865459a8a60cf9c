"""What is fixed at the first migration: whose days are counted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.core.config import Settings
from app.core.errors import Conflict
from app.core.paths import repo_root
from app.db.install import Urls, check_day_timezone, describe, migrate
from tests.support.databases import empty_database, shown, superuser
from tests.support.refusals import CHECK_VIOLATED, refused


def in_days_of(zone: str) -> Settings:
    return Settings(_env_file=None, day_timezone=zone)  # type: ignore[call-arg]


def test_the_day_is_moscows_unless_said_otherwise(urls: Urls) -> None:
    check_day_timezone(urls.app, Settings(_env_file=None))  # type: ignore[call-arg]
    check_day_timezone(urls.app, in_days_of("Europe/Moscow"))


def test_another_zone_later_is_refused_with_both_names(urls: Urls) -> None:
    with pytest.raises(Conflict, match=r"Europe/Moscow.*DAY_TIMEZONE=UTC"):
        check_day_timezone(urls.app, in_days_of("UTC"))


def test_the_first_migration_fixes_the_zone_and_a_later_one_does_not_move_it(
    server_url: URL, template: str, tmp_path: Path
) -> None:
    with empty_database(server_url) as database:
        for zone in ("UTC", "Asia/Vladivostok"):
            subprocess.run(
                [sys.executable, "-m", "alembic", "-c", str(repo_root() / "alembic.ini"), "upgrade", "head"],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "DATABASE_URL": shown(database), "DAY_TIMEZONE": zone},
                check=True,
                capture_output=True,
            )
        check_day_timezone(shown(database), in_days_of("UTC"))
        with pytest.raises(Conflict):
            check_day_timezone(shown(database), in_days_of("Asia/Vladivostok"))


def test_there_is_one_installation_in_a_database(urls: Urls) -> None:
    with superuser(urls.admin) as connection, refused(CHECK_VIOLATED):
        connection.execute(text("INSERT INTO installation (id, day_timezone) VALUES (2, 'UTC')"))


def test_migrating_again_changes_nothing(urls: Urls) -> None:
    ask = text("SELECT installed_at FROM installation")
    with superuser(urls.admin) as connection:
        before = connection.scalar(ask)
        migrate(urls.admin)
        assert connection.scalar(ask) == before


def test_a_url_in_a_message_has_no_password() -> None:
    assert "тайна" not in describe("postgresql+psycopg2://ambar:тайна@db/ambar")
