"""Databases besides the module's own: empty ones, and another server that has no roles yet."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, pool, text
from sqlalchemy.engine import URL

from app.db.embedded import EmbeddedServer
from tests.support.scratch import scratch


@contextmanager
def superuser(url: URL | str) -> Iterator[Connection]:
    """A connection that commits every statement by itself."""
    engine = create_engine(url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


@contextmanager
def empty_database(server: URL, owner: str | None = None) -> Iterator[URL]:
    """A database with nothing in it, dropped afterwards."""
    name = f"ambar_{secrets.token_hex(6)}"
    with superuser(server) as connection:
        connection.execute(
            text(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"
                + (f" OWNER {owner}" if owner else "")
            )
        )
    try:
        yield server.set(database=name)
    finally:
        with superuser(server) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def plain_login(server: URL, rights: str = "") -> Iterator[str]:
    """A login that is a member of nothing, as ``CREATE USER`` makes it; its password is its name."""
    name = f"seller_{secrets.token_hex(6)}"
    with superuser(server) as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN {rights} PASSWORD '{name}'"))
    try:
        yield name
    finally:
        with superuser(server) as connection:
            connection.execute(text(f"DROP ROLE {name}"))


@contextmanager
def virgin_server() -> Iterator[URL]:
    """A server of its own on which nobody has made a role: the superuser's URL."""
    folder = Path(tempfile.mkdtemp(prefix="ambar-virgin-", dir=scratch()))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data", fast=True)
    server.start()
    try:
        yield make_url(server.url("postgres"))
    finally:
        server.destroy()
        shutil.rmtree(folder)


def shown(url: URL) -> str:
    """The whole URL, password included."""
    return url.render_as_string(hide_password=False)
