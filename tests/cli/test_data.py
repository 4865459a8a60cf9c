"""``ambar backup`` and ``restore``: what comes back is what was there, sequences included."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL

from app.core.paths import repo_root
from app.db.install import Urls
from app.db.session import Database
from app.repositories.catalogue import ensure_sku
from tests.support.databases import empty_database, shown
from tests.support.worlds import make_cabinet


def ambar(urls: Urls, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command against this test's database, as its administrator."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(repo_root()),
        "AMBAR_ENV_FILE": "/nonexistent",
        "DATABASE_URL": urls.app,
        "ADMIN_DATABASE_URL": urls.admin,
    }
    return subprocess.run(
        [sys.executable, "-m", "app", *command], env=environment, capture_output=True, text=True, check=False
    )


def contents(urls: Urls) -> dict[str, list[str]]:
    """Every row of every table, as text, in order; and where each sequence stands."""
    engine = create_engine(urls.admin, poolclass=pool.NullPool)
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
        ).all()
        found = {
            name: sorted(connection.scalars(text(f'SELECT t::text FROM "{name}" t')).all()) for name in tables
        }
        sequences = text("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        found["(sequences)"] = [f"{row[0]}={row[1]}" for row in connection.execute(sequences)]
    engine.dispose()
    return found


@pytest.fixture
def filled(db: Database) -> None:
    cabinet = make_cabinet(db)
    with db.tenant(cabinet.tenant_id) as tx:
        sku = ensure_sku(tx, cabinet.id, "WB", nm_id=7, article="Ж-1")
        tx.run(
            "INSERT INTO cost_price_history (tenant_id, sku_id, dt_from, cost_price) "
            "VALUES (:tenant_id, :sku, :d, 12.34)",
            sku=sku,
            d=date(2026, 1, 1),
        )


def test_a_restored_database_is_the_one_that_was_saved(
    db: Database, urls: Urls, filled: None, tmp_path: Path
) -> None:
    before = contents(urls)
    copy = tmp_path / "copy.dump"
    saved = ambar(urls, "backup", str(copy))
    assert saved.returncode == 0, saved.stderr
    assert "Главный ключ" in saved.stdout

    make_cabinet(db, seller_key="later")
    refused = ambar(urls, "restore", str(copy))
    assert refused.returncode == 1
    assert "--replace" in refused.stderr

    db.close()
    restored = ambar(urls, "restore", str(copy), "--replace")
    assert restored.returncode == 0, restored.stderr
    assert contents(urls) == before


def test_a_second_backup_never_overwrites_the_first(urls: Urls, tmp_path: Path) -> None:
    copy = tmp_path / "copy.dump"
    copy.write_text("первая копия")
    again = ambar(urls, "backup", str(copy))
    assert again.returncode == 1
    assert "уже есть" in again.stderr
    assert copy.read_text() == "первая копия"


def test_a_file_that_is_no_copy_costs_nothing(db: Database, urls: Urls, filled: None, tmp_path: Path) -> None:
    before = contents(urls)
    broken = tmp_path / "broken.dump"
    broken.write_bytes(b"")
    refused = ambar(urls, "restore", str(broken), "--replace")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert contents(urls) == before


def test_a_copy_cut_short_leaves_what_was_there(
    db: Database, urls: Urls, filled: None, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.dump"
    assert ambar(urls, "backup", str(copy)).returncode == 0
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) - 2000])
    before = contents(urls)
    db.close()
    refused = ambar(urls, "restore", str(copy), "--replace")
    assert refused.returncode == 1
    assert contents(urls) == before


def test_a_database_that_was_never_migrated_is_told_so(server_url: URL) -> None:
    with empty_database(server_url) as empty:
        bare = shown(empty)
        told = ambar(Urls(app=bare, admin=bare), "nightly")
    assert told.returncode == 1
    assert "./ambar migrate" in told.stderr
    assert "Traceback" not in told.stderr
