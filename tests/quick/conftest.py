"""The seeds' five quick checks, on a warehouse of their own."""

import pytest

from app.db.session import Database
from tests.support.shelf import Shelf


@pytest.fixture
def shelf(db: Database) -> Shelf:
    return Shelf(db)
