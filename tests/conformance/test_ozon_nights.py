"""What a night says to Ozon and is answered by the sandbox, word by word against the specifications.

The nights ask every source that a cabinet has, so a new one is covered as soon as it is there.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.world import World
from tests.conformance.heard import Heard
from tests.conformance.ozon_spec import NEWEST, OFFICIAL, complaints
from tests.support.shop import open_shop
from tests.support.tap import OZON_HOSTS, Exchange, Tap, tapped

FILES = (*NEWEST.values(), *OFFICIAL.values())
pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(
        not all(file.exists() for file in FILES),
        reason="нет ../shared/specs/ozon: запросы и ответы Ozon не с чем сверить",
    ),
]

DAYS = 16
TODAY = date(2026, 11, 8)
"""October is closed, and the report of its realization is out. Of this seed it holds a compensation and an
rFBS return."""
PARTS = tuple(OZON_HOSTS)
MOST_ASKED = 120
"""More requests in a row than the account is let."""

SILENT: dict[str, str] = {}
"""Sources that may bring no row of this seller, and why."""


@pytest.fixture(scope="module")
def server() -> SandboxServer:
    world = World(seed=3, skus=24, days=DAYS, today=TODAY, schemes=("FBO", "FBS", "rFBS"))
    return SandboxServer(world, pace=NO_LIMITS)


@pytest.fixture(scope="module")
def tap(server: SandboxServer) -> Iterator[Tap]:
    tap = tapped(server, *PARTS)
    with server:
        yield tap


@pytest.fixture(scope="module")
def heard(
    db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory, server: SandboxServer, tap: Tap
) -> Heard:
    """A backfill, and the ordinary night after it."""
    told = Heard({}, {})
    folder = tmp_path_factory.mktemp("house")
    with open_shop(db, urls, folder, server, marketplaces=("OZON",)) as shop:
        shop.heal()
        for name, days in (("backfill", DAYS), ("night", None)):
            if told.nights:
                shop.advance()
            report = shop.night(days=days)
            assert (report.errors, report.wait_until) == ({}, None)
            told.nights[name] = tap.taken()
            told.rows[name] = report.rows
    return told


@pytest.mark.parametrize("which", ["backfill", "night"])
def test_a_night_asks_and_is_answered_as_published(heard: Heard, which: str) -> None:
    night = list(dict.fromkeys(heard.nights[which]))
    assert len(night) > 20
    assert sorted({line for seen in night for line in complaints(seen)}) == []


def test_every_source_of_the_cabinet_was_asked(heard: Heard) -> None:
    """A source without a single row would prove nothing of its replies."""
    silent = {name for name, rows in heard.rows["backfill"].items() if not rows}
    assert silent <= SILENT.keys()


def test_refusals_are_as_published(heard: Heard, server: SandboxServer, tap: Tap) -> None:
    """Of every method that a night asks: no key at all, and a body that is none."""
    asked = {seen.method: seen for seen in heard.all if seen.host == OZON_HOSTS["ozon"]}
    tap.taken()
    with httpx.Client(base_url=f"{server.base_url}/ozon") as anybody:
        for seen in asked.values():
            assert anybody.post(seen.path, content=seen.sent).status_code == 401
    with httpx.Client(base_url=f"{server.base_url}/ozon", headers=key_of(server)) as seller:
        for seen in asked.values():
            assert seller.post(seen.path, content=b"[").status_code == 400
    refused = tap.taken()
    assert len(refused) == 2 * len(asked)
    whole = [seen._replace(sent=b"{}") for seen in refused]
    assert sorted({line for seen in whole for line in complaints(seen) if "refusal" in line}) == []
    assert {json.loads(seen.reply)["code"] for seen in refused} == {3, 16}


def test_being_asked_too_often_is_as_published() -> None:
    busy = SandboxServer(World(seed=5, skus=2, days=2), pace=1 / 100)
    tap = tapped(busy, *PARTS)
    with busy, httpx.Client(base_url=f"{busy.base_url}/ozon", headers=key_of(busy)) as seller:
        until = (seller.post("/v1/roles", json={}).status_code for _ in range(MOST_ASKED))
        assert 429 in until
    (refused,) = [seen for seen in tap.taken() if seen.status == 429]
    assert complaints(refused) == []


def key_of(server: SandboxServer) -> dict[str, str]:
    return {"Client-Id": server.world.ozon_client_id, "Api-Key": server.world.ozon_api_key}


# The guard sees what is wrong

Change = Callable[[Exchange], Exchange]


def _told(part: str, change: Callable[[Any], object]) -> Change:
    def changed(seen: Exchange) -> Exchange:
        told = json.loads(getattr(seen, part))
        change(told)
        return seen._replace(**{part: json.dumps(told).encode()})

    return changed


def body(change: Callable[[Any], object]) -> Change:
    return _told("sent", change)


def reply(change: Callable[[Any], object]) -> Change:
    return _told("reply", change)


def item(**values: Any) -> Change:
    """Into the first product of the list's reply."""
    return reply(lambda told: told["result"]["items"][0].update(values))


def amount(told: Any) -> None:
    told["accruals"][0]["total_amount"]["amount"] = 12.5


PRODUCTS, BY_DAY = "/v3/product/list", "/v1/finance/accrual/by-day"
SUPPLIES, ORDERS, REVIEWS = "/v3/supply-order/list", "/v3/supply-order/get", "/v2/review/list"
CASH, EXPENSE = "/v1/finance/cash-flow-statement/list", "/api/client/statistics/expense/json"
UNHEARD = "ORDER_STATE_COMPLETED"
BROKEN: list[tuple[str, str, Change]] = [
    (PRODUCTS, "unknown path", lambda seen: seen._replace(path="/v9/product/list")),
    (PRODUCTS, "unknown path", lambda seen: seen._replace(verb="GET")),
    (PRODUCTS, "a query is sent", lambda seen: seen._replace(query=(("limit", "1"),))),
    (PRODUCTS, "the body is not a JSON object", lambda seen: seen._replace(sent=b"[]")),
    (PRODUCTS, "body value: Additional", body(lambda told: told.update(page=2))),
    (PRODUCTS, "body limit", body(lambda told: told.update(limit="many"))),
    (PRODUCTS, "reply result/items/*: Additional", item(id=1)),
    (PRODUCTS, "reply result/items/*/product_id", item(product_id="x")),
    (PRODUCTS, "status 418 is not described", lambda seen: seen._replace(status=418)),
    (PRODUCTS, "the reply is not JSON", lambda seen: seen._replace(reply=b"<html>")),
    (PRODUCTS, "refusal value", lambda seen: seen._replace(status=400, reply=b'{"error": "no"}')),
    (BY_DAY, "reply accruals/*/total_amount/amount", reply(amount)),
    (SUPPLIES, "body filter/states/*", body(lambda told: told["filter"].update(states=[UNHEARD]))),
    (SUPPLIES, "body value: 'sort_by' is a required", body(lambda told: told.pop("sort_by"))),
    (SUPPLIES, "body limit", body(lambda told: told.update(limit=101))),
    (ORDERS, "body order_ids/*", body(lambda told: told.update(order_ids=[1]))),
    (ORDERS, "body order_ids", body(lambda told: told.update(order_ids=["1"] * 51))),
    (ORDERS, "reply orders/*/state", reply(lambda told: told["orders"][0].update(state=UNHEARD))),
    (REVIEWS, "body filters: Additional", body(lambda told: told["filters"].update(sku=[1]))),
    (
        CASH,
        "reply result/details/*: Additional",
        reply(lambda told: told["result"]["details"][0].update(id=1)),
    ),
    (EXPENSE, "query since is not known", lambda seen: seen._replace(query=(*seen.query, ("since", "1")))),
    (EXPENSE, "a body is sent", lambda seen: seen._replace(sent=b"{}")),
    (EXPENSE, "the reply is not JSON", lambda seen: seen._replace(reply=b"ID;")),
]


@pytest.mark.parametrize(("path", "told", "broken"), BROKEN, ids=[f"{p} {t}" for p, t, _ in BROKEN])
def test_whatever_is_not_as_published_is_told(heard: Heard, path: str, told: str, broken: Change) -> None:
    good = next(seen for seen in heard.all if seen.path == path and seen.status == 200)
    assert complaints(good) == []
    assert any(told in line for line in complaints(broken(good))), complaints(broken(good))
