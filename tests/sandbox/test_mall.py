"""Several sellers at one address: each sees their own world, and nobody else's papers open it."""

from collections.abc import Iterator

import httpx
import pytest

from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from tests.sandbox.conftest import CARDS, Shop


class Seller(Shop):
    """A shop of a mall names itself when it speaks with the sandbox."""

    def __post_init__(self) -> None:
        named = {"seller": self.world.sid}
        self.papers = self.http.get("/sandbox/state", params=named).json()


@pytest.fixture(scope="module")
def mall() -> Iterator[list[Seller]]:
    worlds = [World(seed=seed, skus=5, days=3) for seed in (11, 12, 13)]
    with (
        SandboxServer(worlds[0], neighbours=worlds[1:]) as server,
        httpx.Client(base_url=server.base_url, verify=False) as http,
    ):
        yield [Seller(http, world) for world in worlds]


def cards(seller: Seller, headers: dict[str, str]) -> list[int]:
    body = {"settings": {"cursor": {"limit": 100}, "filter": {"withPhoto": -1}}}
    reply = seller.http.post(CARDS, headers=headers, json=body)
    return [card["nmID"] for card in reply.json()["cards"]] if reply.status_code == 200 else []


def test_the_papers_shown_decide_whose_goods_are_told(mall: list[Seller]) -> None:
    told = [cards(seller, seller.wb) for seller in mall]
    assert all(told)
    assert len({nm_id for each in told for nm_id in each}) == sum(map(len, told))
    lists = [seller.post_ozon("/v3/product/list", {"filter": {}, "limit": 100}).json() for seller in mall]
    offers = [{item["product_id"] for item in each["result"]["items"]} for each in lists]
    assert all(offers)
    assert offers[0] != offers[1] != offers[2]


def test_one_sellers_key_does_not_open_anothers_account(mall: list[Seller]) -> None:
    first, second = mall[0].ozon, mall[1].ozon
    mixed = {"Client-Id": first["Client-Id"], "Api-Key": second["Api-Key"]}
    assert mall[0].http.post("/ozon/v1/roles", headers=mixed).status_code == 403
    head, _, signature = mall[0].wb["Authorization"].split(".")
    forged = ".".join((head, mall[1].wb["Authorization"].split(".")[1], signature))
    assert mall[0].http.post(CARDS, headers={"Authorization": forged}).status_code == 401


@pytest.mark.parametrize("token", ["", "a.b.c", "e30.W10.x", "nonsense"])
def test_a_stranger_is_refused(mall: list[Seller], token: str) -> None:
    assert mall[0].http.post(CARDS, headers={"Authorization": token}).status_code == 401
    assert mall[0].http.post("/ozon/v1/roles", headers={"Client-Id": "1"}).status_code == 401


def test_a_fault_strikes_one_seller_only(mall: list[Seller]) -> None:
    struck = {"seller": mall[1].world.sid}
    mall[1].http.post("/sandbox/fault", params=struck, json={"path": "roles", "kind": "500", "times": 1})
    answers = [seller.http.post("/ozon/v1/roles", headers=seller.ozon).status_code for seller in mall]
    assert answers == [200, 500, 200]


def test_sellers_whom_nobody_could_tell_apart_are_refused() -> None:
    worlds = [World(seed=seed, skus=2, days=1) for seed in (5, 10_005)]
    with pytest.raises(ValueError, match="one name"):
        SandboxServer(worlds[0], neighbours=worlds[1:])
