"""PostgreSQL 15: the same catalogue, the same walls, merges and turns of the queue."""

# ruff: noqa: F403

from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL

from app.db.install import Urls
from app.db.session import Database
from tests.db.conftest import ours, theirs  # noqa: F401
from tests.db.snapshot import compare, read_migrated, read_snapshot
from tests.db.test_merge import *
from tests.db.test_pools import *
from tests.db.test_walls_from_inside import *
from tests.db.walls import breaches
from tests.queue.conftest import line, neighbour, tenant  # noqa: F401
from tests.queue.test_claim import (  # noqa: F401
    test_a_job_is_given_to_one_of_many_hands,
    test_tenants_take_turns_however_long_ones_line_is,
    test_urgent_work_goes_first,
)
from tests.support.elder import MAJOR


def test_this_is_the_version_that_we_promise(db: Database) -> None:
    with db.platform() as tx:
        version = int(tx.run("SHOW server_version_num").scalar_one())
    assert version // 10_000 == MAJOR


def test_the_migrations_give_the_catalogue_of_the_newest(server_url: URL, template: str) -> None:
    assert compare(read_snapshot(), read_migrated(server_url)) == []


def test_the_walls_stand(urls: Urls) -> None:
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        assert breaches(connection) == []


def test_nobody_inherits_the_owners_rights(urls: Urls) -> None:
    """Before 16 a membership could not say so itself: the login is NOINHERIT."""
    with create_engine(urls.app, poolclass=pool.NullPool).connect() as connection:
        inherits = "SELECT rolinherit FROM pg_roles WHERE rolname = session_user"
        assert connection.scalar(text(inherits)) is False
