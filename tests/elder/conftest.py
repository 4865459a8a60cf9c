"""Every database of this folder is PostgreSQL 15's, on which distributions of 2023 still run.

Tests that exist already are run again here by importing them: they ask for ``urls`` and get these.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.db.install import LOGIN, migrate
from app.db.roles import APP, PLATFORM
from tests.conftest import LOGIN_PASSWORD, make_story_months
from tests.support.databases import shown, superuser
from tests.support.elder import elder_server


@pytest.fixture(scope="session")
def server_url() -> Iterator[URL]:
    """The superuser's URL."""
    with elder_server() as url:
        yield url


@pytest.fixture(scope="session")
def template(server_url: URL) -> str:
    """The migrated database that the others are copies of."""
    with superuser(server_url) as connection:
        connection.execute(text("CREATE DATABASE elder TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"))
    database = server_url.set(database="elder")
    migrate(shown(database))  # makes the roles
    with superuser(server_url) as connection:
        connection.execute(text(f"CREATE ROLE {LOGIN} LOGIN NOINHERIT PASSWORD '{LOGIN_PASSWORD}'"))
        connection.execute(text(f"GRANT {APP}, {PLATFORM} TO {LOGIN}"))
    make_story_months(database)
    return "elder"
