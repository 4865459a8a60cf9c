"""A warehouse for each test; the database is the module's."""

import pytest

from app.db.session import Database
from tests.support.shelf import Shelf


@pytest.fixture
def shelf(db: Database) -> Shelf:
    return Shelf(db)
