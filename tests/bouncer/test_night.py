"""A night through pgbouncer is the sandbox's books to the kopeck, and leaves nothing in any session."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.db.install import Urls
from app.db.session import Database
from tests.services.conftest import few_logs  # noqa: F401
from tests.support.bouncer import SESSIONS
from tests.support.leftovers import leftovers
from tests.support.shop import CORE, Shop, all_books, content, open_shop, our_books, sandbox, versions
from tests.support.worlds import make_tenant

DAYS = 7


@pytest.fixture(scope="module")
def shops(db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Shop]]:
    """Two organisations with the same two cabinets, so that equal keys meet in the same sessions."""
    folder = tmp_path_factory.mktemp("house")
    with (
        sandbox(skus=30, days=DAYS) as server,
        open_shop(db, urls, folder, server, only=CORE) as one,
        open_shop(db, urls, folder, server, tenant_id=make_tenant(db, "Соседи"), only=CORE) as two,
    ):
        yield [one, two]


def test_two_nights_at_once_are_the_books_and_the_same_again_is_nothing(
    shops: list[Shop], db: Database
) -> None:
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(lambda shop: shop.night(days=DAYS), shops))
    assert [report.errors for report in reports] == [{}, {}]
    one, two = shops
    expected = all_books(one.world, one.world.first_day, one.d)
    assert len(expected) >= DAYS
    assert our_books(one) == our_books(two) == expected
    assert content(one) == content(two)
    before = versions(one)
    again = one.night(days=DAYS)
    assert (again.errors, again.written) == ({}, 0)
    assert versions(one) == before
    check_no_session_remembers(db)


def check_no_session_remembers(db: Database) -> None:
    """As many connections at once as the server has sessions: each is looked at."""
    connections = [db.engine.connect() for _ in range(SESSIONS)]
    try:
        assert [leftovers(connection) for connection in connections] == [[]] * SESSIONS
    finally:
        for connection in connections:
            connection.close()
