"""What PostgreSQL says when it refuses, by its code."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import DBAPIError

DENIED = "42501"
CHECK_VIOLATED = "23514"
UNIQUE_VIOLATED = "23505"
FOREIGN_KEY_VIOLATED = "23503"
NOT_SUPPORTED = "0A000"


@contextmanager
def refused(code: str, *, saying: str = "") -> Iterator[list[str]]:
    """The block ends in a refusal of this SQLSTATE; its text is handed out to be read afterwards."""
    said: list[str] = []
    with pytest.raises(DBAPIError) as caught:
        yield said
    assert getattr(caught.value.orig, "pgcode", None) == code, caught.value
    said.append(str(caught.value.orig))
    assert saying in said[0]
