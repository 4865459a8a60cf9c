"""A real PostgreSQL for every test that asks: one server a run, migrations once into a template,
a database of its own for every module.

``TEST_DATABASE_URL`` (a superuser of a throw-away server) is used instead of the embedded server.
"""

import gc
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from filelock import FileLock
from sqlalchemy import Connection, create_engine, make_url, pool, text
from sqlalchemy.engine import URL

from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.errors import Conflict
from app.db.embedded import EmbeddedServer
from app.db.install import LOGIN, Urls, migrate
from app.db.partitions import PARTITIONED
from app.db.roles import APP, OWNER, PLATFORM, ensure_roles
from app.db.session import Database
from tests.support.scratch import scratch

TEMPLATE = "ambar_template"
LOGIN_PASSWORD = "only-for-tests"

LONG = (
    "tests/cli/",
    "tests/db/test_migrations.py",
    "tests/domain/test_coverage_is_total.py",
    "tests/scheduler/",
    "tests/services/test_sixty_nights.py",
    "tests/storm/",
)
"""Begun first: one that is begun last is waited for by the other hands."""

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


gc.disable()  # until all tests are collected: to look for garbage among them takes a third of that


def pytest_collection_finish() -> None:
    """Five thousand tests and the program are no garbage, and are not looked through again."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, else in the order (of chance) in which they are."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seeds and figures that tests tell (``record_property("told", …)``), from all workers of the run."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.getreports(kind)]
    lines = [
        (each.nodeid, value) for each in reports for name, value in each.user_properties if name == "told"
    ]
    for nodeid, value in lines:
        terminalreporter.write_line(f"{nodeid}: {value}")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def server_url(run_folder: Path) -> Iterator[URL]:
    """The superuser's URL of the run's server."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield make_url(given)
        return
    home = scratch() / f"ambar-tests-{run_folder_id(run_folder)}"
    server = EmbeddedServer(home, fast=True)
    server.start()
    yield make_url(server.url("postgres"))
    with suppress(Conflict):  # another worker still works; the last one deletes it
        server.destroy()
        home.rmdir()


def run_folder_id(folder: Path) -> str:
    """A short name for a run: the socket's path has room for about 100 bytes."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:10]


@pytest.fixture(scope="session")
def template(server_url: URL, run_folder: Path) -> str:
    """The migrated database that the others are copies of, made by whoever comes first."""
    name = f"{TEMPLATE}_{run_folder_id(run_folder)}"
    with FileLock(run_folder / "template.lock"):
        with _admin(server_url) as connection:
            if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
                return name
            ensure_roles(connection)
            if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": LOGIN}):
                connection.execute(text(f"CREATE ROLE {LOGIN} LOGIN NOINHERIT PASSWORD '{LOGIN_PASSWORD}'"))
                connection.execute(text(f"GRANT {APP}, {PLATFORM} TO {LOGIN}"))
            building = f"{name}_building"
            connection.execute(text(f"DROP DATABASE IF EXISTS {building}"))
            connection.execute(
                text(f"CREATE DATABASE {building} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
            )
        migrate(server_url.set(database=building).render_as_string(hide_password=False))
        make_story_months(server_url.set(database=building))
        with _admin(server_url) as connection:
            connection.execute(text(f"ALTER DATABASE {building} RENAME TO {name}"))
    return name


@pytest.fixture(scope="module")
def urls(server_url: URL, template: str) -> Iterator[Urls]:
    """A fresh migrated database for this module."""
    with fresh_database(server_url, template) as made:
        yield made


@contextmanager
def fresh_database(server_url: URL, template: str) -> Iterator[Urls]:
    """A copy of the template, dropped afterwards."""
    name = f"ambar_{secrets.token_hex(6)}"
    with _admin(server_url) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        # Rights to a database are not copied with it.
        connection.execute(text(f"GRANT CREATE ON DATABASE {name} TO {OWNER}"))
    admin = server_url.set(database=name)
    app = admin.set(username=LOGIN, password=LOGIN_PASSWORD)
    yield Urls(
        app=app.render_as_string(hide_password=False), admin=admin.render_as_string(hide_password=False)
    )
    with _admin(server_url) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def db(urls: Urls) -> Iterator[Database]:
    """The application's door to this module's database."""
    database = Database(urls.app, pool_size=10)
    yield database
    database.close()


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that a test runs in this process sets up logs of its own, on a stream that ends with it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def clock() -> FixedClock:
    """The morning after the last full day: 20 November 2026, 06:00 in Moscow."""
    return FixedClock(datetime(2026, 11, 20, 3, 0, tzinfo=UTC))


@pytest.fixture
def settings() -> Settings:
    """Settings of no environment: defaults only."""
    return Settings(_env_file=None)  # type: ignore[call-arg]


@pytest.fixture
def shared() -> Path:
    """The folder of specifications and samples beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("нет папки shared рядом с репозиторием: спецификации площадок не с чем сверить")
    return SHARED


def make_story_months(url: URL) -> None:
    """The months that the tests' stories play in, whatever year it is."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        connection.execute(
            text("SELECT ambar_make_partitions(p, '2026-09-01', '2026-12-31') FROM unnest(:parents) p"),
            {"parents": list(PARTITIONED)},
        )
    engine.dispose()


def _admin(url: URL) -> Connection:
    engine = create_engine(
        url.set(database="postgres"), poolclass=pool.NullPool, isolation_level="AUTOCOMMIT"
    )
    return engine.connect()
