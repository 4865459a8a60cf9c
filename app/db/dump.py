"""The database as one file, with the server's own pg_dump and pg_restore; whole or not at all.

Nothing here knows of folders, rotation or the command line.
"""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, make_url, pool, text
from sqlalchemy.exc import DBAPIError

from app.core.errors import AmbarError, BadInput, Conflict, NotAllowed, NotFound
from app.db.embedded.binaries import binaries
from app.db.fingerprint import Fingerprint, differences, read_fingerprint
from app.db.roles import BACKUP, OWNER, ensure_roles

ASIDE = "ambar_before_restore"
"""Where a database's contents wait while a copy is being restored in their place."""

FIGURES, FIGURES_ASIDE = "dw", "ambar_before_restore_dw"
"""The schema of figures, which waits beside it."""

STOCK_COPY = f"{FIGURES}.current_stock_mv"

VERIFYING = "ambar_verify_"
"""Databases that a copy is tried in are called so; one left by a killed check is dropped by the next."""

_DENIED = "42501"


def dump(url: str, file: Path) -> None:
    """Write the whole database into ``file``, as it is at one moment.

    Raises:
        BadInput: pg_dump's own words. NotFound: there is no pg_dump of the server's version.
    """
    _run("pg_dump", url, [*_DUMP, f"--file={file}"])


def dump_verified(url: str, file: Path) -> int:
    """The same, then restored beside and compared with what was saved, row by row; how many rows.

    Raises:
        Conflict: the copy does not say what the database said. NotAllowed: no database may be made.
    """
    with _snapshot(url) as (snapshot, before):
        _run("pg_dump", url, [*_DUMP, f"--snapshot={snapshot}", f"--file={file}"])
    with _scratch(url) as scratch:
        load(scratch, file)
        engine = create_engine(scratch, poolclass=pool.NullPool)
        with engine.connect() as connection:
            unequal = differences(before, read_fingerprint(connection))
        engine.dispose()
    if unequal:
        raise Conflict("Копия не равна базе: " + "; ".join(unequal[:5]))
    return before.total


def load(url: str, file: Path, *, replace: bool = False) -> None:
    """Fill a database from a file made by ``dump``; what was there comes back if that does not succeed.

    Raises:
        BadInput: the file is no copy, or pg_restore's own words. Conflict: the database is not empty
        and ``replace`` was not said. NotAllowed: the roles are missing and may not be made.
    """
    contents = _run("pg_restore", url, ["--list", str(file)], connect=False)
    is_full = _recover(url)
    if is_full and not replace:
        raise Conflict("База не пустая: добавьте --replace, если её содержимое больше не нужно.")
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        ensure_roles(connection)
    engine.dispose()
    with _set_aside(url) if is_full else nullcontext():
        _fill(url, file, contents)


def _fill(url: str, file: Path, contents: str) -> None:
    """All but the schema itself, which is there: it may belong to somebody whom we cannot become; and what
    a materialized view shows, which pg_restore would read with row security off, and that is refused here."""
    wanted = [line for line in contents.splitlines() if not _OF_THE_SCHEMA.search(line)]
    options = [f"--role={OWNER}", "--no-comments", "--exit-on-error", "--single-transaction"]
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listed:
        listed.write("\n".join(wanted) + "\n")
        listed.flush()
        _run("pg_restore", url, [*options, f"--use-list={listed.name}", str(file)])
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        if connection.scalar(text(f"SELECT to_regclass('{STOCK_COPY}') IS NOT NULL")):
            connection.exec_driver_sql(f"REFRESH MATERIALIZED VIEW {STOCK_COPY}")
    engine.dispose()


_DUMP = ("--format=custom", f"--role={BACKUP}")
_OF_THE_SCHEMA = re.compile(
    r" (SCHEMA - public|ACL - SCHEMA public|COMMENT - SCHEMA public|MATERIALIZED VIEW DATA dw \w+) "
)


def _run(program: str, url: str, arguments: list[str], *, connect: bool = True) -> str:
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
    return done.stdout


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
        if candidate.exists() and major_of(candidate) == major:
            return candidate
    raise NotFound(f"Не найдена программа {program} версии {major}: установите postgresql-client-{major}.")


def major_of(program: Path) -> int:
    """The major version that one of PostgreSQL's programs says it is of; 0 where it says none."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\)\s(\d+)", told)
    return int(found.group(1)) if found else 0


def _recover(url: str) -> bool:
    """Undo a restore that was killed; does the database hold anything?"""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        was_killed = connection.scalar(text(f"SELECT to_regnamespace('{ASIDE}') IS NOT NULL"))
    if was_killed:
        with _owning(engine) as connection:
            _put_back(connection)
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT to_regclass('public.alembic_version') IS NOT NULL"))
    engine.dispose()
    return bool(found)


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[str, Fingerprint]]:
    """One moment of the database, held open so that pg_dump sees exactly it."""
    engine = create_engine(url, poolclass=pool.NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        name = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        yield name, read_fingerprint(connection)
    engine.dispose()


@contextmanager
def _scratch(url: str) -> Iterator[str]:
    """An empty database of the same kind on the same server, dropped afterwards."""
    engine = create_engine(url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    name = VERIFYING + secrets.token_hex(6)
    with engine.connect() as connection:
        for left in connection.scalars(
            text(
                "SELECT datname FROM pg_database d WHERE starts_with(datname, :prefix) "
                "AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)"
            ),
            {"prefix": VERIFYING},
        ).all():
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{left}"')
        kind = connection.execute(
            text(
                "SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype "
                "FROM pg_database WHERE datname = current_database()"
            )
        ).one()
        try:
            connection.exec_driver_sql(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{kind.encoding}' "
                f"LC_COLLATE '{kind.datcollate}' LC_CTYPE '{kind.datctype}'"
            )
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != _DENIED:
                raise
            raise NotAllowed(
                "Проверке нужна временная база, а пользователю ADMIN_DATABASE_URL нельзя их создавать.\n"
                f"Выполните от имени администратора PostgreSQL: ALTER ROLE "
                f"{make_url(url).username} CREATEDB;"
            ) from None
        try:
            scratch = make_url(url).set(database=name).render_as_string(hide_password=False)
            inside = create_engine(scratch, poolclass=pool.NullPool)
            with _owning(inside) as owner:
                owner.exec_driver_sql(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
            inside.dispose()
            yield scratch
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@contextmanager
def _set_aside(url: str) -> Iterator[None]:
    """What the database holds now is kept beside until the block ends well, and comes back if it does
    not; after a restore that was killed, at the next one."""
    engine = create_engine(url, poolclass=pool.NullPool)
    try:
        _make_room(engine)
        try:
            yield
        except AmbarError:
            with _owning(engine) as connection:
                _put_back(connection)
            raise
        with _owning(engine) as connection:
            _drop_figures(connection, FIGURES_ASIDE)
            connection.exec_driver_sql(f"DROP SCHEMA {ASIDE} CASCADE")
    finally:
        engine.dispose()


def _make_room(engine: Engine) -> None:
    try:
        with _owning(engine) as connection:
            _rename_figures(connection, FIGURES, FIGURES_ASIDE)
            connection.exec_driver_sql(f"ALTER SCHEMA public RENAME TO {ASIDE}")
            connection.exec_driver_sql("CREATE SCHEMA public")
            connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
            connection.exec_driver_sql(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != _DENIED:
            raise
        raise NotAllowed(
            "Заменить содержимое этой базы может только администратор сервера: назовите его в "
            "ADMIN_DATABASE_URL или восстановите копию в новую пустую базу."
        ) from None


@contextmanager
def _owning(engine: Engine) -> Iterator[Connection]:
    """A transaction of whoever owns the schema.

    An owner of the database whose login inherits nothing (as ours must before PostgreSQL 16) owns it by
    ``pg_database_owner`` only, and has to become that; to rename a schema that role lacks one right.
    """
    with engine.begin() as connection:
        owner = connection.execute(
            text(
                "SELECT quote_ident(current_database()) AS db, "
                "quote_ident(pg_get_userbyid(nspowner)) AS name, "
                "pg_has_role(nspowner, 'MEMBER') AND NOT pg_has_role(nspowner, 'USAGE') AS becomes "
                "FROM pg_namespace WHERE nspname = 'public'"
            )
        ).one_or_none()
        if owner is not None and owner.becomes:
            connection.exec_driver_sql(f"GRANT CREATE ON DATABASE {owner.db} TO {owner.name}")
            connection.exec_driver_sql(f"SET LOCAL ROLE {owner.name}")
        yield connection
        if owner is not None and owner.becomes:
            connection.exec_driver_sql("RESET ROLE")
            connection.exec_driver_sql(f"REVOKE CREATE ON DATABASE {owner.db} FROM {owner.name}")


def _put_back(connection: Connection) -> None:
    _drop_figures(connection, FIGURES)
    connection.exec_driver_sql("DROP SCHEMA IF EXISTS public CASCADE")
    connection.exec_driver_sql(f"ALTER SCHEMA {ASIDE} RENAME TO public")
    _rename_figures(connection, FIGURES_ASIDE, FIGURES)


def _rename_figures(connection: Connection, name: str, to: str) -> None:
    """Where it is there: copies of older versions know nothing of it."""
    if connection.scalar(text(f"SELECT to_regnamespace('{name}') IS NOT NULL")):
        _as_owner(connection, f"ALTER SCHEMA {name} RENAME TO {to}")


def _drop_figures(connection: Connection, name: str) -> None:
    if connection.scalar(text(f"SELECT to_regnamespace('{name}') IS NOT NULL")):
        _as_owner(connection, f"DROP SCHEMA {name} CASCADE")


def _as_owner(connection: Connection, deed: str) -> None:
    """The owner of tables made this schema; whoever owns the database is none of it."""
    who = connection.scalar(text("SELECT quote_ident(current_user)"))
    connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
    connection.exec_driver_sql(deed)
    connection.exec_driver_sql(f"SET LOCAL ROLE {who}")
