"""What every storm needs: silence in the log, a seed that is told, and figures that reach the reader."""

import logging
import os
import random
from collections.abc import Callable, Iterator

import pytest
import structlog

SEED = "AMBAR_STORM_SEED"
"""Set it to the seed of a run that went wrong, and it goes the same way as far as chance goes."""

Tell = Callable[[str], None]


@pytest.fixture(scope="package", autouse=True)
def few_logs() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """A line for the end of the run (see tests/conftest.py), whether the test passes or not."""
    return lambda line: record_property("told", line)


@pytest.fixture
def seed(tell: Tell) -> int:
    given = int(os.environ.get(SEED, "") or random.SystemRandom().randrange(1_000_000))
    tell(f"{SEED}={given}")
    return given
