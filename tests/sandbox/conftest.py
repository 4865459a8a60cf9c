"""A small sandbox behind a port, and a client that knows its papers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from app.sandbox.server import SandboxServer
from app.sandbox.world import World

TODAY = date(2026, 11, 20)
FINANCE = "/wb/finance-api/api/finance/v1/sales-reports"
STATISTICS = "/wb/statistics-api/api/v1/supplier"
REMAINS = "/wb/seller-analytics-api/api/v1/warehouse_remains"
CARDS = "/wb/content-api/content/v2/get/cards/list"

MOST_PAGES = 3_000
"""A paging that goes round in circles fails instead of hanging."""


@dataclass
class Shop:
    """Asks the sandbox as a seller's program would."""

    http: httpx.Client
    world: World
    papers: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.papers = self.http.get("/sandbox/state").json()

    @property
    def wb(self) -> dict[str, str]:
        return {"Authorization": self.papers["wb_token"]}

    @property
    def ozon(self) -> dict[str, str]:
        return {"Client-Id": self.papers["ozon_client_id"], "Api-Key": self.papers["ozon_api_key"]}

    def token(self, **asked: object) -> dict[str, str]:
        return {"Authorization": self.http.get("/sandbox/token", params=asked).json()["token"]}  # type: ignore[arg-type]

    def finance(self, first: str, last: str, **body: object) -> list[dict[str, Any]]:
        asked = {"dateFrom": first, "dateTo": last, "period": "daily"} | body
        reply = self.http.post(f"{FINANCE}/detailed", headers=self.wb, json=asked)
        return reply.json() if reply.status_code == 200 else []

    def statistics(self, which: str, since: str, flag: int = 0) -> list[dict[str, Any]]:
        asked = {"dateFrom": since, "flag": flag}
        return self.http.get(f"{STATISTICS}/{which}", headers=self.wb, params=asked).json()

    def post_ozon(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(f"/ozon{path}", headers=self.ozon, json=body)

    def accruals(self, day: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        last_id = ""
        for _ in range(MOST_PAGES):
            page = self.post_ozon("/v1/finance/accrual/by-day", {"date": day, "last_id": last_id}).json()
            found += page["accruals"]
            last_id = page["last_id"]
            if not last_id:
                return found
        raise AssertionError("by-day never ends")

    def books(self) -> dict[str, dict[str, Any]]:
        return self.http.get("/sandbox/books").json()["days"]

    def advance(self, days: int = 1) -> None:
        self.papers = self.http.post("/sandbox/advance", json={"days": days}).json()


def rub(value: Any) -> Decimal:
    """Money of a reply: a string, a number, or Ozon's object."""
    return Decimal(str(value["amount"] if isinstance(value, dict) else value))


def open_shop(world: World, **options: Any) -> Iterator[Shop]:
    with (
        SandboxServer(world, **options) as server,
        httpx.Client(base_url=server.base_url, verify=False, timeout=20) as http,
    ):
        yield Shop(http, world)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Shared by a module: for tests that do not move the sandbox's day."""
    yield from open_shop(World(7, skus=80, days=30, today=TODAY), accruals_page=37, statistics_page=60)


@pytest.fixture
def fresh_shop() -> Iterator[Shop]:
    """For tests that advance it or break it."""
    yield from open_shop(World(11, skus=60, days=30, today=TODAY))
