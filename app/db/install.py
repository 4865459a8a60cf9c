"""From an empty server to a database that Ambar can run on: roles, migrations, the login of the app.

The application never logs in as who migrates: its login owns nothing, inherits nothing, and gets
its rights by SET ROLE at the start of each transaction.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url, pool, text

from app.core.config import Settings
from app.core.errors import Conflict
from app.core.paths import repo_root
from app.db.embedded import EmbeddedServer, ensure_database
from app.db.roles import APP, PLATFORM, ensure_roles

if TYPE_CHECKING:
    from alembic.config import Config

LOGIN = "ambar"
ONE_AT_A_TIME = 20261120
"""The advisory lock under which the login is made."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the application connects, and where whoever migrates or makes copies does, passwords included."""

    app: str = field(repr=False)
    admin: str = field(repr=False)


def embedded_urls(server: EmbeddedServer, database: str = "ambar") -> Urls:
    """The URLs of a database on the embedded server, both made if they are new."""
    ensure_database(server, database)
    password = _password(server.data / "app-password")
    admin = server.url(database)
    _ensure_login(admin, password)
    return Urls(app=server.url(database, LOGIN, password), admin=admin)


def migrate(admin_url: str, revision: str = "head") -> None:
    """Bring the schema to ``revision``.

    Raises:
        NotAllowed: the user may not make the roles; the message lists the statements.
    """
    from alembic import command  # a fifth of a second, which only who migrates need spend

    command.upgrade(alembic_config(admin_url), revision)


def alembic_config(admin_url: str) -> "Config":
    """Alembic's configuration for this database."""
    from alembic.config import Config

    config = Config(str(repo_root() / "alembic.ini"))
    config.attributes["url"] = admin_url
    return config


def check_day_timezone(url: str, settings: Settings) -> None:
    """The day's zone is fixed at the first migration: another one would move sales between days.

    Raises:
        Conflict: the setting differs from what the database was installed with.
    """
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {APP}")
        installed = connection.scalar(text("SELECT day_timezone FROM installation"))
    engine.dispose()
    if installed != settings.day_timezone:
        raise Conflict(
            f"База заведена с сутками {installed}, а в настройке DAY_TIMEZONE={settings.day_timezone}. "
            "Сутки закрепляются первой миграцией: верните прежнее значение."
        )


def _ensure_login(admin_url: str, password: str) -> None:
    """The application's login, once its roles exist; harmless to repeat."""
    engine = create_engine(admin_url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        ensure_roles(connection)
    # Bot, worker and web start together, and two at once on one role are "tuple concurrently updated".
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        there = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": LOGIN})
        verb = "ALTER" if there else "CREATE"
        connection.exec_driver_sql(f"{verb} ROLE {LOGIN} LOGIN NOINHERIT PASSWORD '{password}'")
        connection.exec_driver_sql(f"GRANT {APP}, {PLATFORM} TO {LOGIN}")
    engine.dispose()


def _password(path: Path) -> str:
    """The login's password, kept 0600 beside the cluster."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(24))
    return path.read_text().strip()


def describe(url: str) -> str:
    """A URL without its password, for messages."""
    return make_url(url).render_as_string(hide_password=True)
