"""The embedded server: it starts wherever the data lie, for whoever starts it, and lets nobody else in."""

import locale
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from app.core.errors import Conflict
from app.db.embedded import EmbeddedServer, ensure_database
from tests.db.embedded.world import REPOSITORY, ask, clean_up, cluster_of, postmaster

AM_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not AM_ROOT, reason="only root has another user's server to think of")


@pytest.mark.parametrize(
    "name",
    ["два слова", "100% и %20", "Амбар-данные", "x" * 60 + "/" + "y" * 60, 'it\'s "quoted" $HOME `id`; #'],
    ids=["space", "percent", "cyrillic", "long", "shell"],
)
def test_a_data_folder_may_have_any_name(folder: Path, name: str) -> None:
    data = folder / name
    with EmbeddedServer(data, fast=True) as server:
        assert ask(server, "SELECT 40 + 2") == 42
        assert cluster_of(data) == data / "postgres" / "data"
        server.destroy()


def test_a_second_start_finds_what_the_first_one_wrote(data: Path) -> None:
    with EmbeddedServer(data, fast=True) as server:
        ensure_database(server, "учёт")
        ensure_database(server, "учёт")
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n", "учёт")
    with EmbeddedServer(data, fast=True) as server:
        ensure_database(server, "учёт")
        assert ask(server, "SELECT n FROM kept", "учёт") == 7


def test_durability_is_on_unless_asked_otherwise(data: Path) -> None:
    with EmbeddedServer(data) as server:
        assert ask(server, "SHOW fsync") == "on"
        assert ask(server, "SHOW full_page_writes") == "on"
        assert ask(server, "SHOW synchronous_commit") == "on"
        assert ask(server, "SHOW listen_addresses") == ""


def test_cyrillic_is_known_where_no_language_is_set(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LC_") or name in ("LANG", "LANGUAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PGPORT", "1")  # nor does the caller's libpq environment reach the server
    before = locale.setlocale(locale.LC_ALL)
    locale.setlocale(locale.LC_ALL, "C")
    try:
        with EmbeddedServer(data, fast=True) as server:
            ensure_database(server, "ambar")
            for database in ("postgres", "ambar"):
                assert ask(server, "SELECT lower('АМБАР')", database) == "амбар"
                assert ask(server, "SELECT 'Красная КРУЖКА' ILIKE '%кружка'", database) is True
            ask(server, "CREATE EXTENSION pg_trgm", "ambar")
            similar = ask(server, "SELECT similarity('кружка', 'кружки') > 0.4", "ambar")
            assert similar is True
            words = ask(
                server, "SELECT to_tsvector('russian', 'Кружками') @@ to_tsquery('russian', 'кружка')"
            )
            assert words is True
    finally:
        locale.setlocale(locale.LC_ALL, before)


def test_nobody_is_let_in_without_the_password(data: Path) -> None:
    with EmbeddedServer(data, fast=True) as server:
        for url in (server.url("postgres", password="guess"), server.url("postgres", user="nobody")):
            with pytest.raises(psycopg2.OperationalError, match="password"):
                psycopg2.connect(url.replace("+psycopg2", "")).close()
        cluster = cluster_of(data)
        assert cluster is not None
        assert "trust" not in re.sub(r"#.*", "", (cluster / "pg_hba.conf").read_text())
        assert stat.S_IMODE((cluster.parent / "superuser.password").stat().st_mode) == 0o600
        socket = Path((cluster / "postmaster.pid").read_text().splitlines()[4])
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        assert socket.stat().st_uid == cluster.stat().st_uid


def test_the_servers_own_tools_are_there(data: Path) -> None:
    with EmbeddedServer(data, fast=True) as server:
        for tool in ("psql", "pg_dump", "pg_restore"):
            done = subprocess.run([server.bin_dir / tool, "--version"], capture_output=True, text=True)
            assert "(PostgreSQL) 18" in done.stdout
        dumped = subprocess.run(
            [server.bin_dir / "pg_dump", "-d", server.url("postgres").replace("+psycopg2", "")],
            capture_output=True,
            text=True,
        )
        assert "PostgreSQL database dump complete" in dumped.stdout, dumped.stderr


def test_data_of_another_major_version_are_refused_with_the_way_out(data: Path) -> None:
    with EmbeddedServer(data, fast=True):
        cluster = cluster_of(data)
        assert cluster is not None
    version = cluster / "PG_VERSION"
    version.write_text("15\n")
    with pytest.raises(Conflict, match=r"создана PostgreSQL 15.*идёт PostgreSQL 18.*backup.*restore"):
        EmbeddedServer(data, fast=True).start()
    version.write_text("18\n")


def test_a_half_made_cluster_is_made_again(data: Path) -> None:
    unfinished = data / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedServer(data, fast=True) as server:
        assert ask(server, "SELECT 1") == 1


def test_a_file_for_a_data_folder_is_refused_in_words(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(Conflict, match="AMBAR_DATA"):
        EmbeddedServer(folder / "file").start()


@pytest.mark.skipif(AM_ROOT, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused_in_words(folder: Path) -> None:
    folder.chmod(0o555)
    try:
        with pytest.raises(Conflict, match="AMBAR_DATA"):
            EmbeddedServer(folder / "data").start()
    finally:
        folder.chmod(0o755)


@as_root
def test_a_closed_home_stays_closed_and_its_cluster_lies_elsewhere(folder: Path) -> None:
    folder.chmod(0o700)
    data = folder / "проект" / "data"
    with EmbeddedServer(data, fast=True) as server:
        ask(server, "CREATE TABLE kept AS SELECT 7 AS n")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        cluster = cluster_of(data)
        assert cluster is not None
        assert cluster.is_relative_to("/var/lib/ambar/clusters")
        signpost = (data / "postgres-location.txt").read_text(encoding="utf-8")
        assert "Чужих прав доступа Ambar не меняет" in signpost
    folder.chmod(0o755)  # now reachable: it must not seem empty
    moved = folder / "переехал"
    data.rename(moved)
    with EmbeddedServer(moved, fast=True) as server:
        assert ask(server, "SELECT n FROM kept") == 7
    shutil.copytree(moved, folder / "копия")
    with pytest.raises(Conflict, match="копия"):
        EmbeddedServer(folder / "копия").start()
    with EmbeddedServer(moved, fast=True) as server:
        server.destroy()
    assert not cluster.exists()


@as_root
def test_roots_server_runs_as_somebody_else_from_a_copy(data: Path) -> None:
    with EmbeddedServer(data, fast=True) as server:
        assert Path(f"/proc/{postmaster(data)}").stat().st_uid != 0
        assert server.bin_dir.is_relative_to("/var/lib/ambar")
        assert not [path for path in server.bin_dir.iterdir() if stat.S_IMODE(path.stat().st_mode) != 0o755]


@as_root
def test_root_uses_another_users_cluster_as_that_user_and_leaves_it_usable(folder: Path) -> None:
    nobody = 65534
    data = folder / "data"
    data.mkdir()
    with EmbeddedServer(data, fast=True):
        pass
    for path in (data, *data.rglob("*")):
        os.chown(path, nobody, nobody)
    (data / "postgres" / "users.lock").unlink()
    with EmbeddedServer(data, fast=True) as server:
        assert ask(server, "SELECT 1") == 1
        assert Path(f"/proc/{postmaster(data)}").stat().st_uid == nobody
    assert {path.stat().st_uid for path in data.rglob("*")} == {nobody}
    clean_up(data)


def test_the_launchers_interpreter_leaves_no_server_behind(data: Path) -> None:
    """A program that forgets to release: the interpreter's end does it."""
    program = "import sys; from app.db.embedded import EmbeddedServer; from pathlib import Path\n"
    program += "EmbeddedServer(Path(sys.argv[1]), fast=True).start()"
    subprocess.run([sys.executable, "-c", program, str(data)], check=True, cwd=REPOSITORY)
    cluster = cluster_of(data)
    assert cluster is not None
    assert not (cluster / "postmaster.pid").exists()
