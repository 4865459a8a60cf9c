"""A copy is the database: every row, every counter, every right and every wall, wherever it is restored."""

import json
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.engine import URL

from app.cli.data import OURS, _outlived, backup, restore
from app.core.config import Settings
from app.core.errors import BadInput, Conflict, NotFound
from app.core.paths import cluster_dir
from app.db.dump import ASIDE, FIGURES_ASIDE, VERIFYING, dump_verified, major_of
from app.db.embedded import EmbeddedServer
from app.db.embedded.binaries import binaries
from app.db.fingerprint import differences, read_fingerprint
from app.db.install import Urls
from app.db.roles import find_gap
from app.db.session import Database
from app.services.dw import refresh_dw
from tests.conftest import LOGIN_PASSWORD, fresh_database
from tests.db.catalogue import Catalogue, read_catalogue
from tests.db.embedded.world import clean_up
from tests.support.databases import empty_database, plain_login, shown, superuser
from tests.support.rows import fill, reflect
from tests.support.scratch import scratch
from tests.support.shop import open_shop, sandbox

Say = Callable[..., str]


@pytest.fixture
def ambar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Say:
    """Run a command of ``app.cli.data`` in this process (a new one takes seconds); what it printed."""

    def run(command: Callable[..., None], *words: Any, url: str | None, data: Path, **options: Any) -> str:
        settings = Settings(_env_file=None, database_url=url, ambar_data=data)  # type: ignore[call-arg]
        monkeypatch.setattr("app.cli.data.get_settings", lambda: settings)
        command(*words, **options)
        return capsys.readouterr().out

    return run


@dataclass(frozen=True)
class Whole:
    """A database to be compared: rows in the order of their keys, counters, columns, the catalogue; and the
    rows of the schema of figures."""

    rows: dict[str, list[str]]
    counters: dict[str, tuple[int, bool]]
    columns: list[str]
    catalogue: Catalogue
    months: list[str]
    figures: dict[str, list[str]]


def read_whole(url: str) -> Whole:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        return Whole(
            rows={name: _rows(connection, name) for name in _leaves(connection)},
            counters=_counters(connection),
            columns=list(
                connection.scalars(
                    text(
                        # The order, not the number: a column dropped once keeps its number in the source.
                        "SELECT concat_ws(' ', table_name, column_name,"
                        " row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position), data_type,"
                        " is_nullable, column_default, is_identity, identity_generation)"
                        " FROM information_schema.columns "
                        "WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
                    )
                )
            ),
            catalogue=read_catalogue(connection),
            months=list(
                connection.scalars(
                    text(
                        "SELECT concat_ws(' ', c.oid::regclass, pg_get_expr(c.relpartbound, c.oid), "
                        "c.relacl, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner)) "
                        "FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' ORDER BY 1"
                    )
                )
            ),
            figures={
                name: sorted(connection.scalars(text(f"SELECT t::text FROM dw.{name} t")))
                for name in ("current_stock_mv", "dim_product", "dim_warehouse", "dim_customer", "refreshed")
            },
        )


def _leaves(connection: Connection) -> list[str]:
    asked = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    return sorted(connection.scalars(text(asked)))


def _rows(connection: Connection, table: str) -> list[str]:
    key = connection.scalar(
        text(
            "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.n) FROM pg_index i, "
            "unnest(i.indkey) WITH ORDINALITY k(attnum, n) JOIN pg_attribute a ON a.attnum = k.attnum "
            "WHERE a.attrelid = i.indrelid AND i.indisprimary AND i.indrelid = to_regclass(:name)"
        ),
        {"name": f'public."{table}"'},
    )
    assert key, f"{table} has no primary key"
    return list(connection.scalars(text(f'SELECT t::text FROM "{table}" t ORDER BY {key}')))


def _counters(connection: Connection) -> dict[str, tuple[int, bool]]:
    names = connection.scalars(
        text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
    ).all()
    return {
        name: tuple(connection.execute(text(f'SELECT last_value, is_called FROM "{name}"')).one())  # type: ignore[misc]
        for name in names
    }


def next_ids(url: str) -> dict[str, int]:
    """What the next insert into every table with a counter is given. No row is left, the counters move."""
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        tables = reflect(connection)
        connection.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
        filled = fill(connection, tenants=1)
        rows = {**filled.rows[None], **filled.rows[filled.tenants[0]]}
        connection.rollback()
    return {
        name: rows[name][column.name]
        for name, table in tables.items()
        for column in table.c
        if column.identity is not None
    }


@pytest.fixture(scope="module")
def source(server_url: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """Two tenants: one whose shop had a night, one with a row in every table; and rows of nobody."""
    with fresh_database(server_url, template) as urls:
        db = Database(urls.app, pool_size=5)
        with sandbox(skus=6, days=3) as server:
            folder = tmp_path_factory.mktemp("shop")
            with open_shop(db, urls, folder, server, marketplaces=("OZON",)) as shop:
                assert not shop.night().errors
        with create_engine(urls.admin, poolclass=pool.NullPool).begin() as connection:
            fill(connection, tenants=2)
            # Counters that ran on without a row, as those of rolled back work do; one never used is odd too.
            for name in ("job_id_seq", "sku_id_seq"):
                connection.execute(text(f"SELECT setval('{name}', 1000)"))
            connection.execute(text("DELETE FROM cost_change"))
            connection.execute(text("UPDATE stock SET on_hand = 3"))
        refresh_dw(db)
        db.close()
        yield urls


@pytest.fixture
def embedded() -> Iterator[Path]:
    """A data folder that the server's user can reach too."""
    folder = Path(tempfile.mkdtemp(prefix="ambar-copy-", dir=scratch()))
    folder.chmod(0o755)
    yield folder / "data"
    clean_up(cluster_dir(folder / "data"))
    shutil.rmtree(folder)


def test_a_copy_restored_elsewhere_is_equal_in_everything(
    source: Urls, server_url: URL, tmp_path: Path, embedded: Path, ambar: Say
) -> None:
    """From a server into an embedded database, and from that into another database of a server."""
    before = read_whole(source.admin)
    assert sum(len(rows) > 0 for rows in before.rows.values()) > 35
    assert before.counters["cost_change_id_seq"][1], "a counter of an empty table"

    first, second = tmp_path / "first.dump", tmp_path / "second.dump"
    ambar(backup, first, url=source.admin, data=tmp_path)
    assert read_whole(source.admin) == before, "the copy changed what it copied"

    ambar(restore, first, url=None, data=embedded)
    with EmbeddedServer(cluster_dir(embedded), fast=True) as server:
        same(
            read_whole(server.url("ambar")), before, same_version=version(source.admin) == embedded_version()
        )
        if version(source.admin) < embedded_version():
            return  # an older server's pg_restore does not read a newer one's copy
        ambar(backup, second, url=None, data=embedded)

    with empty_database(server_url) as target:
        ambar(restore, second, url=shown(target), data=tmp_path)
        same(read_whole(shown(target)), before)
        through_the_walls(target, before)
        following = next_ids(shown(target))
        assert following["job"] == 1001
        assert len(following) > 15
        assert following == next_ids(source.admin)


def version(url: str) -> int:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000


def embedded_version() -> int:
    return major_of(binaries().program("postgres"))


def same(found: Whole, wanted: Whole, *, same_version: bool = True) -> None:
    """Piece by piece: the first difference is what one wants to read.

    From 17 on a month has the identity of its parent, and an owner one right more.
    """
    assert found.rows.keys() == wanted.rows.keys()
    for name, rows in wanted.rows.items():
        assert found.rows[name] == rows, name
    assert found.counters == wanted.counters
    assert found.figures == wanted.figures
    assert all(wanted.figures.values())
    assert found.catalogue == wanted.catalogue
    if same_version:
        assert found.columns == wanted.columns
        assert found.months == wanted.months


def through_the_walls(target: URL, before: Whole) -> None:
    """The application works in what was restored, and sees one tenant."""
    app = Database(shown(target.set(username="ambar", password=LOGIN_PASSWORD)), pool_size=1)
    with app.platform() as tx:
        tenants = list(tx.run("SELECT id FROM tenant ORDER BY id").scalars())
    seen = []
    for tenant in tenants:
        with app.tenant(tenant) as tx:
            seen.append(tx.run("SELECT count(*) FROM sku").scalar_one())
    app.close()
    assert len(tenants) == 3
    assert all(seen)
    assert sum(seen) == len(before.rows["sku"])


def test_an_ordinary_owner_of_a_database_restores_replaces_and_verifies(
    source: Urls, server_url: URL, tmp_path: Path, ambar: Say
) -> None:
    """On PostgreSQL 15 his login inherits nothing, not even that the database's schema is his."""
    first = tmp_path / "first.dump"
    ambar(backup, first, url=source.admin, data=tmp_path)
    wanted = read_whole(source.admin).rows
    # Databases go before their owner does.
    with plain_login(server_url, "CREATEDB") as name, empty_database(server_url, owner=name) as target:
        mine = target.set(username=name, password=name)
        with create_engine(mine, poolclass=pool.NullPool).connect() as connection:
            statements = find_gap(connection).statements
        with superuser(target) as connection:
            for statement in statements:
                connection.execute(text(statement))
        ambar(restore, first, url=shown(mine), data=tmp_path)
        assert read_whole(shown(target)).rows == wanted
        with superuser(target) as connection:
            connection.execute(text("DELETE FROM coverage"))
        ambar(restore, first, url=shown(mine), data=tmp_path, replace=True)
        assert read_whole(shown(target)).rows == wanted
        said = ambar(backup, tmp_path / "second.dump", url=shown(mine), data=tmp_path, verify=True)
        assert "совпали все строки" in said


def test_a_restore_that_was_killed_is_undone_by_the_next(
    source: Urls, server_url: URL, tmp_path: Path, ambar: Say
) -> None:
    first = tmp_path / "first.dump"
    ambar(backup, first, url=source.admin, data=tmp_path)
    with empty_database(server_url) as target:
        ambar(restore, first, url=shown(target), data=tmp_path)
        whole = read_whole(shown(target))
        with superuser(target) as connection:  # it had made room, and no more
            connection.execute(text(f"ALTER SCHEMA dw RENAME TO {FIGURES_ASIDE}"))
            connection.execute(text(f"ALTER SCHEMA public RENAME TO {ASIDE}"))
            connection.execute(text("CREATE SCHEMA public"))
        with pytest.raises(Conflict, match="--replace"):
            ambar(restore, first, url=shown(target), data=tmp_path)
        same(read_whole(shown(target)), whole)


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE sku SET article = article || '!' WHERE id = (SELECT min(id) FROM sku)",
        "DELETE FROM cost_price_history",
        "SELECT setval('job_id_seq', 1)",
        "INSERT INTO lease VALUES ('other', 'x', now())",
        "DROP TABLE sale_event_2026_09",
    ],
)
def test_what_is_not_equal_is_noticed(source: Urls, deed: str) -> None:
    """Both by this file's comparison and by the one that ``--verify`` makes."""
    before = read_whole(source.admin)
    with create_engine(source.admin, poolclass=pool.NullPool).connect() as connection:
        one = read_fingerprint(connection)
        connection.exec_driver_sql("RESET ROLE")
        connection.execute(text(deed))
        other = read_fingerprint(connection)
        connection.exec_driver_sql("RESET ROLE")
        rows = {name: _rows(connection, name) for name in _leaves(connection)}
        unequal = rows != before.rows or _counters(connection) != before.counters
        connection.rollback()
        connection.execute(text("SELECT setval('job_id_seq', 1000)"))  # a counter is not rolled back
        connection.commit()
    assert unequal
    assert len(differences(one, other)) == 1
    assert differences(one, one) == []


def test_a_verified_copy_was_restored_and_compared(
    source: Urls, tmp_path: Path, server_url: URL, ambar: Say
) -> None:
    with superuser(server_url) as connection:  # left by a check that was killed
        connection.execute(text(f"CREATE DATABASE {VERIFYING}left"))
    said = ambar(backup, tmp_path, url=source.admin, data=tmp_path, verify=True, keep=2)
    assert "совпали все строки" in said
    (copy,) = tmp_path.glob(OURS)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    note = json.loads((tmp_path / "last-backup.json").read_text())
    assert (note["file"], note["verified"]) == (str(copy), True)
    assert note["sha256"] in said
    with superuser(server_url) as connection:
        left = connection.scalars(
            text("SELECT datname FROM pg_database WHERE starts_with(datname, :p)"), {"p": VERIFYING}
        )
        assert left.all() == []


def test_a_copy_that_lost_a_row_does_not_pass(
    source: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The restored side is robbed before it is compared."""

    def rob(connection: Connection) -> Any:
        if VERIFYING in str(connection.engine.url.database):
            connection.exec_driver_sql("DELETE FROM cost_price_history")
        return read_fingerprint(connection)

    monkeypatch.setattr("app.db.dump.read_fingerprint", rob)
    with pytest.raises(Conflict, match="cost_price_history: строк"):
        dump_verified(source.admin, tmp_path / "robbed.dump")


def test_the_newest_copies_are_kept_and_no_file_of_anybody_elses_goes(tmp_path: Path) -> None:
    ours = [f"ambar-2026-11-{day:02}-0300.dump" for day in range(1, 6)]
    others = ["ambar.dump", "before-update.dump", "ambar-2026-11-01-0300.dump.gpg", "notes.txt"]
    for name in [*ours, *others]:
        (tmp_path / name).touch()
    assert [path.name for path in _outlived(tmp_path, 2)] == ours[:3]
    assert _outlived(tmp_path, 9) == []
    assert _outlived(tmp_path, None) == []


def test_a_place_that_will_not_do_is_told_before_anything_is_done(tmp_path: Path, ambar: Say) -> None:
    nowhere = "postgresql://a@127.0.0.1:1/b"
    with pytest.raises(BadInput, match="назовите папку"):
        ambar(backup, tmp_path / "x.dump", url=nowhere, data=tmp_path, keep=3)
    with pytest.raises(NotFound, match="Папки"):
        ambar(backup, tmp_path / "no" / "x.dump", url=nowhere, data=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_taken_meanwhile_stays_what_it_was(
    source: Urls, tmp_path: Path, ambar: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x.dump"
    monkeypatch.setattr("app.cli.data.dump", lambda _url, _draft: target.write_text("чужой"))
    with pytest.raises(Conflict, match="уже есть"):
        ambar(backup, target, url=source.admin, data=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["x.dump"]
    assert target.read_text() == "чужой"
