"""Two organisations of a module's own, each with a cabinet."""

import pytest

from app.db.session import Database
from tests.support.worlds import Cabinet, make_cabinet


@pytest.fixture(scope="module")
def ours(db: Database) -> Cabinet:
    return make_cabinet(db)


@pytest.fixture(scope="module")
def theirs(db: Database) -> Cabinet:
    return make_cabinet(db)
