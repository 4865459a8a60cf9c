"""Two Ozon cabinets of one organisation side by side, with the same articles: each has its own books, and
the organisation their sum."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.analytics.pnl import pnl
from tests.support.oracle.book import Row
from tests.support.oracle.ozon_accrued import booked_money, our_money
from tests.support.oracle.ozon_goods import booked_orders, booked_returns, our_orders, our_returns
from tests.support.shop import Shop, connect, open_shop, sandbox

DAYS = 7
ONLY = frozenset(
    {
        *("ozon.catalogue", "ozon.accruals", "ozon.stock"),
        *("ozon.fbo", "ozon.fbs", "ozon.returns", "ozon.rfbs_returns"),
    }
)
FACTS = ("buyer_order", "item_return", "settlement_line", "sale_event", "daily_sales", "daily_stock")


class Side(NamedTuple):
    """A cabinet and the world it is of."""

    account_id: int
    world: World


@pytest.fixture(scope="module")
def other() -> World:
    """The second seller: by FBO alone."""
    return World(seed=6, skus=40, days=DAYS, schemes=("FBO",))


@pytest.fixture(scope="module")
def server(other: World) -> Iterator[SandboxServer]:
    schemes = ("FBO", "FBS", "rFBS")
    with sandbox(skus=40, days=DAYS, seed=3, schemes=schemes, neighbours=[other]) as server:
        yield server


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path, server: SandboxServer, other: World) -> Iterator[Shop]:
    """Both connected, after their first night."""
    with open_shop(db, urls, folder, server, marketplaces=(), only=ONLY) as shop:
        for world in (shop.world, other):
            seller = world.ozon_client_id
            secret = f"{seller} {world.ozon_api_key}"
            shop.accounts[seller] = connect(shop.house, shop.tenant_id, "OZON", seller, secret)
        report = shop.night(days=DAYS)
        first, second = sides_of(shop, other)
        assert report.errors == {}
        assert set(report.sources) == {
            f"{source}#{side.account_id}" for source in ONLY for side in (first, second)
        }
        assert set(report.closed) == {
            f"{name}#{second.account_id}" for name in ("ozon.fbs", "ozon.rfbs_returns")
        }
        yield shop


@pytest.fixture(scope="module")
def sides(shop: Shop, other: World) -> tuple[Side, Side]:
    return sides_of(shop, other)


@pytest.fixture
def twins(shop: Shop, other: World) -> SandboxServer:
    return SandboxServer(deepcopy(shop.world), neighbours=[deepcopy(other)])


def sides_of(shop: Shop, other: World) -> tuple[Side, Side]:
    """Our two cabinets there."""
    first, second = (Side(shop.accounts[world.ozon_client_id], world) for world in (shop.world, other))
    return first, second


def check(shop: Shop, sides: tuple[Side, Side]) -> None:
    for side in sides:
        assert our_orders(shop, side.account_id) == booked_orders(side.world)
        assert our_returns(shop, side.account_id) == booked_returns(side.world)
        assert our_money(shop, side.account_id) == booked_money(side.world)


def test_each_cabinet_has_the_books_of_its_own_seller(shop: Shop, sides: tuple[Side, Side]) -> None:
    check(shop, sides)
    assert len({len(our_orders(shop, side.account_id)) for side in sides}) == 2


def test_no_row_names_a_sku_of_the_other_cabinet(shop: Shop, sides: tuple[Side, Side]) -> None:
    shared = set(sides[0].world.ozon.shelf.article) & set(sides[1].world.ozon.shelf.article)
    assert len(shared) >= 5, "the story is of the same articles in both"
    for table in FACTS:
        rows = shop.rows(
            f"SELECT t.account_id, k.account_id AS owner FROM {table} t JOIN sku k"
            " ON k.tenant_id = t.tenant_id AND k.id = t.sku_id WHERE t.tenant_id = :tenant_id"
        )
        assert {row.account_id for row in rows} == {side.account_id for side in sides}, table
        assert [row for row in rows if row.account_id != row.owner] == [], table


def test_the_organisation_has_their_sum(shop: Shop, sides: tuple[Side, Side], db: Database) -> None:
    with db.tenant(shop.tenant_id) as tx:
        (totals,) = pnl(tx, shop.d, shop.d).totals
    assert totals.payout == sum(booked_money(side.world)[shop.d] for side in sides)


def test_the_same_night_again_changes_nothing(story: Shop) -> None:
    report = story.night(days=DAYS)
    assert (report.errors, report.written) == ({}, 0)


def test_a_day_that_passes_for_one_leaves_the_other_alone(story: Shop, other: World) -> None:
    first, second = sides_of(story, other)
    before = {table: written_by(story, second, table) for table in FACTS}
    story.advance()
    assert story.night(account_id=first.account_id, days=DAYS + 1).errors == {}
    check(story, (first, second))
    assert {table: written_by(story, second, table) for table in FACTS} == before


def written_by(shop: Shop, side: Side, table: str) -> set[Row]:
    """Where each row of a cabinet lies and which transaction wrote it."""
    rows = shop.rows(
        f"SELECT tableoid::regclass::text, ctid::text, xmin::text FROM {table}"
        " WHERE tenant_id = :tenant_id AND account_id = :account_id",
        account_id=side.account_id,
    )
    return {tuple(row) for row in rows}
