"""Two cabinets of one marketplace, two organisations at one seller: nothing mixes."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.db.install import Urls
from app.db.session import Database
from app.sandbox.server import SandboxServer
from app.services.analytics.pnl import pnl
from app.services.analytics.status import ShowStatus, StatusQuery
from tests.support.shop import CORE, FACTS, Shop, books, connect, content, open_shop, our_books, sandbox

DAYS = 3


@pytest.fixture(scope="module")
def only() -> frozenset[str]:
    """Whoever is compared here is collected from the same sources."""
    return CORE


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=25, days=DAYS) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def night(shop: Shop) -> None:
    assert shop.night(days=DAYS).errors == {}


def test_two_organisations_at_one_seller_have_each_their_own(
    shop: Shop, db: Database, urls: Urls, folder: Path, server: SandboxServer
) -> None:
    with open_shop(db, urls, folder, server, only=CORE) as neighbour:
        said = content(shop)
        assert all(not rows for rows in content(neighbour).values()), "the neighbour has nothing yet"
        assert neighbour.night(days=DAYS).errors == {}
        assert content(neighbour) == said
        assert content(shop) == said
        assert our_books(neighbour) == our_books(shop)
        with db.tenant(shop.tenant_id) as tx:
            owners = tx.run("SELECT DISTINCT tenant_id FROM settlement_line").scalars().all()
            ours = set(tx.run("SELECT id FROM sku").scalars())
        with db.tenant(neighbour.tenant_id) as tx:
            theirs = set(tx.run("SELECT id FROM sku").scalars())
        assert owners == [shop.tenant_id]
        assert not ours & theirs


def test_two_cabinets_of_one_marketplace_stay_apart(
    db: Database, urls: Urls, folder: Path, server: SandboxServer
) -> None:
    """The same seller connected as two cabinets: twice the money, every row its own cabinet's."""
    with open_shop(db, urls, folder, server, only=CORE, marketplaces=("OZON",)) as shop:
        first = shop.accounts["OZON"]
        key = f"{server.world.ozon_client_id} {server.world.ozon_api_key}"
        second = connect(shop.house, shop.tenant_id, "OZON", "the-other", key)
        report = shop.night(days=DAYS)
        assert report.errors == {}
        assert set(report.sources) == {
            f"{source}#{account}"
            for source in ("ozon.catalogue", "ozon.accruals", "ozon.stock")
            for account in (first, second)
        }
        for table in FACTS:
            counts = dict(
                tuple(row) for row in shop.rows(f"SELECT account_id, count(*) FROM {table} GROUP BY 1")
            )
            assert set(counts) == {first, second}, table
            assert counts[first] == counts[second] > 0
            strangers = shop.value(
                f"SELECT count(*) FROM {table} t JOIN sku k ON k.tenant_id = t.tenant_id AND k.id = t.sku_id"
                " WHERE k.account_id <> t.account_id"
            )
            assert strangers == 0, table
        with db.tenant(shop.tenant_id) as tx:
            (totals,) = pnl(tx, shop.d, shop.d).totals
            status = ShowStatus(shop.house.clock, shop.house.settings)(tx, StatusQuery())
        assert totals.payout == 2 * books(shop.world, "OZON", shop.d).payout != Decimal(0)
        assert len(status.sources) == 6
        assert shop.night(days=DAYS).written == 0


def test_one_cabinets_failure_leaves_its_twin_alone(
    db: Database, urls: Urls, folder: Path, server: SandboxServer
) -> None:
    with open_shop(db, urls, folder, server, only=CORE, marketplaces=("OZON",)) as shop:
        wrong = f"{server.world.ozon_client_id} 00000000-0000-0000-0000-000000000000"
        second = connect(shop.house, shop.tenant_id, "OZON", "the-other", wrong)
        report = shop.night(days=1)
        assert {name.partition("#")[2] for name in report.errors} == {str(second)}
        assert our_books(shop)["OZON", shop.d] == books(shop.world, "OZON", shop.d)
