"""What a night says to Wildberries and is answered by the sandbox, word by word against the specifications.

The nights ask every source that a cabinet has, so a new one is covered as soon as it is there.
"""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.wb.tokens import BASE, BITS, PERSONAL, Tokens
from app.sandbox.world import World
from tests.conformance.heard import Heard
from tests.conformance.spec import OFFICIAL, complaints
from tests.sandbox.specs import WB
from tests.support.shop import open_shop
from tests.support.tap import Exchange, Tap, tapped

pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(
        not (WB.is_dir() and OFFICIAL.is_dir()),
        reason="нет ../shared/specs/wb: запросы и ответы Wildberries не с чем сверить",
    ),
]

DAYS = 16
"""Of history: a closed week, whose report takes the place of daily ones, and an open one."""
MOST_ASKED = 120
"""More requests in a row than any method lets through."""


@pytest.fixture(scope="module")
def server() -> SandboxServer:
    return SandboxServer(World(seed=6, skus=12, days=DAYS), pace=NO_LIMITS)


@pytest.fixture(scope="module")
def tap(server: SandboxServer) -> Iterator[Tap]:
    tap = tapped(server)
    with server:
        yield tap


def token(server: SandboxServer, acc: int) -> str:
    """Of every category, so that no source is left out for want of a right."""
    return Tokens(server.world).issue(acc=acc, scopes=tuple(BITS))


@pytest.fixture(scope="module")
def heard(
    db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory, server: SandboxServer, tap: Tap
) -> Heard:
    """A backfill, the ordinary night after it, and a backfill on a base token."""
    folder, told = tmp_path_factory.mktemp("house"), Heard({}, {})

    def night(name: str, acc: int, *histories: int | None) -> None:
        secret = token(server, acc)
        with open_shop(db, urls, folder, server, marketplaces=("WB",), wb_token=secret) as shop:
            shop.heal()
            for n, days in enumerate(histories):
                if n:
                    shop.advance()
                report = shop.night(days=days)
                assert (report.errors, report.wait_until) == ({}, None)
                told.nights[f"{name} {n}"] = tap.taken()
                told.rows[f"{name} {n}"] = report.rows

    night("personal", PERSONAL, DAYS, None)
    night("base", BASE, DAYS)
    return told


@pytest.mark.parametrize("which", ["personal 0", "personal 1", "base 0"])
def test_a_night_asks_and_is_answered_as_published(heard: Heard, which: str) -> None:
    night = list(dict.fromkeys(heard.nights[which]))
    assert len(night) > 10
    assert sorted({line for seen in night for line in complaints(seen)}) == []


def test_every_source_of_the_cabinet_was_asked(heard: Heard) -> None:
    """A source without a single row would prove nothing of its replies."""
    silent = {name for name, rows in heard.rows["personal 0"].items() if not rows}
    assert silent <= SILENT.keys()


SILENT = {
    "wb_own_stock": "the sandbox's seller has no warehouse of its own",
    "wb_self_buyouts": "and buys nothing of its own",
}


def test_refusals_are_as_published(heard: Heard, server: SandboxServer, tap: Tap) -> None:
    """Of every method that a night asks: no token, and asked too often."""
    asked = {seen.method: seen for seen in heard.all}
    tap.taken()
    with httpx.Client(base_url=f"{server.base_url}/wb") as anybody:
        for seen in asked.values():
            assert _again(anybody, seen).status_code == 401
    wrong = {line for seen in tap.taken() for line in complaints(seen)}
    assert sorted(wrong) == []


def test_being_asked_too_often_is_as_published(heard: Heard) -> None:
    busy = SandboxServer(World(seed=5, skus=2, days=2), pace=1.0)
    tap, asked = tapped(busy), {seen.method: seen for seen in heard.all}
    with busy, httpx.Client(base_url=f"{busy.base_url}/wb", headers=_shown(busy)) as seller:
        for seen in asked.values():
            until = (_again(seller, seen).status_code for _ in range(MOST_ASKED))
            assert 429 in until, seen.method
    refused = [seen for seen in tap.taken() if seen.status == 429]
    assert len(refused) == len(asked)
    assert sorted({line for seen in refused for line in complaints(seen)}) == []


def _shown(server: SandboxServer) -> dict[str, str]:
    return {"Authorization": token(server, PERSONAL)}


def _again(client: httpx.Client, seen: Exchange) -> httpx.Response:
    kind = {"Content-Type": "application/json"} if seen.sent else {}
    return client.request(
        seen.verb, f"/{seen.host}{seen.path}", params=seen.query, content=seen.sent, headers=kind
    )


# The guard sees what is wrong


def _body(change: Callable[[dict[str, object]], object]) -> Callable[[Exchange], Exchange]:
    def changed(seen: Exchange) -> Exchange:
        told = json.loads(seen.sent)
        change(told)
        return seen._replace(sent=json.dumps(told).encode())

    return changed


def _row(**values: object) -> Callable[[Exchange], Exchange]:
    def changed(seen: Exchange) -> Exchange:
        rows = json.loads(seen.reply)
        rows[-1] |= values
        return seen._replace(reply=json.dumps(rows).encode())

    return changed


DETAILED, SALES = "/api/finance/v1/sales-reports/detailed", "/api/v1/supplier/sales"
REMAINS = "/api/v1/warehouse_remains"
BROKEN: list[tuple[str, str, Callable[[Exchange], Exchange]]] = [
    (SALES, "unknown path", lambda seen: seen._replace(path=f"{SALES}/all")),
    (SALES, "unknown path", lambda seen: seen._replace(host="finance-api")),
    (SALES, "unknown path", lambda seen: seen._replace(verb="POST")),
    (SALES, "query dateFrom is required", lambda seen: seen._replace(query=(("flag", "0"),))),
    (SALES, "query since is not known", lambda seen: seen._replace(query=(*seen.query, ("since", "1")))),
    (SALES, "query flag: value: 'all'", lambda seen: seen._replace(query=(seen.query[0], ("flag", "all")))),
    (SALES, "a body is sent", lambda seen: seen._replace(sent=b"{}")),
    (SALES, "reply 200 */nmId", _row(nmId="five")),
    (SALES, "reply 200 *: Additional", _row(nmID=5)),
    (SALES, "status 418 is not described", lambda seen: seen._replace(status=418)),
    (SALES, "the reply is not JSON", lambda seen: seen._replace(reply=b"<html>")),
    (REMAINS, "query groupByNm", lambda seen: seen._replace(query=(("groupByNm", "yes"),))),
    (DETAILED, "body value: 'dateFrom' is a required", _body(lambda told: told.pop("dateFrom"))),
    (DETAILED, "body limit", _body(lambda told: told.update(limit="many"))),
    (DETAILED, "body limit", _body(lambda told: told.update(limit=100_001))),
    (DETAILED, "body period", _body(lambda told: told.update(period="monthly"))),
    (DETAILED, "body value: Additional", _body(lambda told: told.update(page=2))),
    (DETAILED, "reply 200 */forPay", _row(forPay=12.5)),
]


@pytest.mark.parametrize(("path", "told", "broken"), BROKEN, ids=[each[1] for each in BROKEN])
def test_whatever_is_not_as_published_is_told(
    heard: Heard, path: str, told: str, broken: Callable[[Exchange], Exchange]
) -> None:
    good = next(seen for seen in heard.all if seen.path == path and seen.status == 200)
    assert complaints(good) == []
    assert any(told in line for line in complaints(broken(good))), complaints(broken(good))
