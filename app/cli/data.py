"""``ambar migrate | backup | restore``: the database as a whole, with the server's own tools."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, create_engine, make_url, pool, text

from app.core.config import Settings, get_settings
from app.core.errors import AmbarError, BadInput, Conflict, NotFound
from app.core.paths import cluster_dir, data_dir, master_key_file
from app.db.embedded import EmbeddedServer
from app.db.embedded.binaries import binaries
from app.db.install import describe, embedded_urls
from app.db.install import migrate as migrate_to_head
from app.db.roles import BACKUP, OWNER

ASIDE = "ambar_before_restore"
"""Where a database's contents wait while a copy is being restored in their place."""


def register(cli: typer.Typer) -> None:
    for command in (migrate, backup, restore):
        cli.command(command.__name__)(command)


def migrate() -> None:
    """Создать роли и привести схему базы к последней версии."""
    with _server(get_settings()) as url:
        migrate_to_head(url)
        typer.echo(f"Схема обновлена: {describe(url)}")


def backup(
    file: Annotated[Path | None, typer.Argument(help="Куда; по умолчанию ambar-ДАТА.dump здесь.")] = None,
) -> None:
    """Сохранить базу в один файл (pg_dump). Главный ключ — отдельно: без него токены не открыть."""
    settings = get_settings()
    target = file or Path(f"ambar-{datetime.now(UTC):%Y-%m-%d-%H%M}.dump")
    if target.exists():
        raise Conflict(f"Файл {target} уже есть: укажите другое имя.")
    draft = target.with_name(target.name + ".part")
    with _server(settings) as url:
        try:
            _run("pg_dump", url, ["--format=custom", f"--role={BACKUP}", f"--file={draft}"])
        except AmbarError:
            draft.unlink(missing_ok=True)
            raise
    draft.rename(target)
    key = master_key_file(settings.master_key_file, data_dir(settings.ambar_data))
    typer.echo(f"Копия базы: {target} ({target.stat().st_size // 1024} КиБ).")
    typer.echo(f"Главный ключ в копию не входит, сохраните отдельно: {key}")


def restore(
    file: Annotated[Path, typer.Argument(help="Файл, сделанный командой backup.")],
    replace: Annotated[bool, typer.Option(help="Заменить то, что в базе есть сейчас.")] = False,
) -> None:
    """Вернуть базу из копии. В непустую базу — только с --replace."""
    if not file.is_file():
        raise NotFound(f"Файла {file} нет.")
    with _server(get_settings()) as url:
        _run("pg_restore", url, ["--list", "--file=/dev/null", str(file)], connect=False)
        if _has_tables(url) and not replace:
            raise Conflict("База не пустая: добавьте --replace, если её содержимое больше не нужно.")
        with _set_aside(url):
            # A dump of a schema that was made anew comments on it, which only its owner may.
            options = [f"--role={OWNER}", "--no-comments", "--exit-on-error", "--single-transaction"]
            _run("pg_restore", url, [*options, str(file)])
    typer.echo(f"База восстановлена из {file}.")


@contextmanager
def _server(settings: Settings) -> Iterator[str]:
    """The administrator's URL, the embedded server running meanwhile if it is that."""
    if settings.database_url:
        yield settings.admin_database_url or settings.database_url
        return
    with EmbeddedServer(cluster_dir(data_dir(settings.ambar_data))) as server:
        yield embedded_urls(server).admin


def _run(program: str, url: str, arguments: list[str], *, connect: bool = True) -> None:
    parsed = make_url(url)
    where = {
        "PGHOST": str(parsed.query.get("host", parsed.host or "")),
        "PGPORT": str(parsed.query.get("port", parsed.port or "")),
        "PGUSER": parsed.username or "",
        "PGPASSWORD": str(parsed.password or ""),
        "PGDATABASE": parsed.database or "",
    }
    environment = {**os.environ, **{name: value for name, value in where.items() if value}}
    whereto = [f"--dbname={parsed.database}"] if connect else []
    command = [str(_tool(program, url)), *whereto, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInput(f"{program} не справился: {done.stderr.strip() or done.stdout.strip()}")


def _tool(program: str, url: str) -> Path:
    """The server's own tool: of its major version, because a newer pg_restore speaks words that an
    older server does not know."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        major = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
    engine.dispose()
    candidates = [
        Path(shutil.which(program) or "/nowhere"),
        Path(f"/usr/lib/postgresql/{major}/bin/{program}"),
        binaries().program(program),
    ]
    for candidate in candidates:
        if candidate.exists() and _major(candidate) == major:
            return candidate
    raise NotFound(f"Не найдена программа {program} версии {major}: установите postgresql-client-{major}.")


def _major(program: Path) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\)\s(\d+)", told)
    return int(found.group(1)) if found else 0


def _has_tables(url: str) -> bool:
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT to_regclass('public.alembic_version') IS NOT NULL"))
    engine.dispose()
    return bool(found)


@contextmanager
def _set_aside(url: str) -> Iterator[None]:
    """What the database holds now is kept beside until the block ends well, and comes back if it does
    not; also after a restore that was killed."""
    engine = create_engine(url, poolclass=pool.NullPool)
    try:
        with engine.begin() as connection:
            if connection.scalar(text(f"SELECT to_regnamespace('{ASIDE}') IS NOT NULL")):
                _put_back(connection)
            connection.exec_driver_sql(f"ALTER SCHEMA public RENAME TO {ASIDE}")
            connection.exec_driver_sql("CREATE SCHEMA public")
            connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
            connection.exec_driver_sql(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
        try:
            yield
        except AmbarError:
            with engine.begin() as connection:
                _put_back(connection)
            raise
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {ASIDE} CASCADE")
    finally:
        engine.dispose()


def _put_back(connection: Connection) -> None:
    connection.exec_driver_sql("DROP SCHEMA IF EXISTS public CASCADE")
    connection.exec_driver_sql(f"ALTER SCHEMA {ASIDE} RENAME TO public")
