"""The pages over a module's database, asked as Prometheus and a load balancer ask."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
from aiohttp.test_utils import TestClient, TestServer

from app.core.clock import FixedClock
from app.core.config import Settings
from app.db.session import Database
from app.web.app import WebDeps, build_app

Open: TypeAlias = Callable[[Database], AbstractAsyncContextManager[TestClient]]  # type: ignore[type-arg]


@pytest.fixture
def pages(settings: Settings, clock: FixedClock, tmp_path: Path) -> Open:
    """Pages over that database; counters in ``tmp_path``."""

    @asynccontextmanager
    async def over(db: Database) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
        deps = WebDeps(db=db, settings=settings, clock=clock, metrics_folder=tmp_path)
        async with TestClient(TestServer(build_app(deps))) as client:
            yield client

    return over
