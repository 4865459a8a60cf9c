"""The application's URL leads through a pgbouncer in transaction mode; whoever migrates goes past it.

Tests that exist already are run again here by importing them: they ask for ``urls`` and get these.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from app.db.install import LOGIN, Urls
from tests.conftest import LOGIN_PASSWORD, fresh_database
from tests.support.bouncer import SESSIONS, bouncer
from tests.support.databases import shown


@pytest.fixture(scope="module")
def through(request: pytest.FixtureRequest, server_url: URL, template: str) -> Iterator[URL]:
    """The server's URL through pgbouncer, without a login. A module whose tests hold more transactions
    open at once than there are sessions says so by ``SESSIONS``."""
    sessions = getattr(request.module, "SESSIONS", SESSIONS)
    with bouncer(server_url, {LOGIN: LOGIN_PASSWORD}, sessions) as url:
        yield url


@pytest.fixture(scope="module")
def urls(server_url: URL, template: str, through: URL) -> Iterator[Urls]:
    """A fresh migrated database for this module."""
    with fresh_database(server_url, template) as direct:
        database = make_url(direct.app).database
        app = through.set(username=LOGIN, password=LOGIN_PASSWORD, database=database)
        yield Urls(app=shown(app), admin=direct.admin)
