"""The key's papers, names, prices and stock of an Ozon night: the sandbox's own, and nothing moves twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.bot import views
from app.db.install import Urls
from app.db.session import Database
from app.repositories import sku_identity
from app.repositories.accounts import StoredAccount, find_account
from app.repositories.catalogue import find_by_article
from app.sandbox.ozon.areas.goods import AT_OZON
from app.sandbox.server import SandboxServer
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.expiry import expiry_warning
from app.services.night import NightReport
from tests.support.oracle.book import Row
from tests.support.oracle.ozon_goods import (
    booked_commissions,
    booked_own_stock,
    booked_prices,
    booked_stock,
    our_commissions,
    our_own_stock,
    our_prices,
    our_stock,
)
from tests.support.shop import DAY, Shop, open_shop, sandbox

GOODS = frozenset({"ozon.access", "ozon.catalogue", "ozon.stock", "ozon.own_stock", "ozon.prices"})
TABLES = ("sku", "card", "sku_identity", "price", "daily_stock", "commission_rules", "marketplace_account")
ANALYTICS = "/v1/analytics/stocks"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=60, days=5, seed=11, schemes=("FBO", "FBS", "rFBS")) as server:
        server.world.put_away.add(0)
        yield server


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    """After its first night."""
    with open_shop(db, urls, folder, server, marketplaces=("OZON",), only=GOODS) as shop:
        night(shop)
        yield shop


def night(shop: Shop, *names: str) -> NightReport:
    """Of all sources, or of these alone."""
    report = shop.night(only=lambda source: not names or source in names)
    assert (report.errors, report.closed, report.wait_until) == ({}, {}, None)
    assert report.sources.keys() == (set(names) or GOODS)
    return report


def stand(shop: Shop, **how: Any) -> None:
    shop.control.post("/sandbox/ozon", json=how).raise_for_status()


def account_of(shop: Shop) -> StoredAccount:
    with shop.db.tenant(shop.tenant_id) as tx:
        found = find_account(tx, shop.accounts["OZON"])
    assert found is not None
    return found


def status(shop: Shop) -> str:
    with shop.db.tenant(shop.tenant_id) as tx:
        return repr(views.status(ShowStatus(shop.house.clock, shop.house.settings)(tx, StatusQuery())))


def written_by(shop: Shop) -> dict[str, set[Row]]:
    """Which transaction wrote each row."""
    sql = "SELECT ctid::text, xmin::text FROM {} WHERE tenant_id = :tenant_id"
    return {name: {tuple(row) for row in shop.rows(sql.format(name))} for name in TABLES}


def agree(shop: Shop) -> None:
    """Prices of today, and stock of yesterday at Ozon and in the seller's own warehouses."""
    world = shop.world
    assert set(our_prices(shop)) == booked_prices(world)
    assert last_stock(shop) == booked_stock(world, shop.d)
    assert {row for row in our_own_stock(shop) if row[0] == shop.d} == booked_own_stock(world, shop.d)


def last_stock(shop: Shop) -> set[Row]:
    return {row for row in our_stock(shop) if row[0] == shop.d}


def test_the_nights_goods_are_the_sandboxs(shop: Shop) -> None:
    agree(shop)
    assert len(our_prices(shop)) == 29, "thirty cards, one of them in the archive"
    assert {row[3] for row in our_own_stock(shop)} == {"Склад на Складочной", "Склад своей доставки"}
    assert shop.value("SELECT count(*) FROM sku_identity WHERE tenant_id = :tenant_id") == 30
    assert set(our_commissions(shop)) == booked_commissions(shop.world)


def test_the_same_night_again_writes_nothing(story: Shop) -> None:
    before = written_by(story)
    report = night(story)
    assert sum(done.count.written for done in report.sources.values()) == 0
    assert written_by(story) == before


def test_the_keys_end_and_the_sellers_subscription_are_told(shop: Shop) -> None:
    account = account_of(shop)
    assert account.expires_at is not None
    # The sandbox's key ends at noon in Moscow, ninety days after its today.
    assert (account.expires_at.date(), account.expires_at.hour) == (shop.world.today + 90 * DAY, 9)
    assert account.scopes == ("Admin read only",)
    assert (account.subscription, account.seller, account.missing) == ("PREMIUM_LITE", "Тёплый Дом", ())
    assert "подписка Premium Lite" in status(shop)


def test_an_ozon_key_warns_as_a_token_of_wildberries_does(story: Shop) -> None:
    for left, warned in ((15, None), (14, "14"), (8, "14"), (7, "7"), (1, "1")):
        stand(story, key_expires_in_days=left)
        night(story, "ozon.access")
        warning = expiry_warning(account_of(story), story.world.today)
        assert (warning.name.rpartition(":")[2] if warning else None) == warned, left
        assert warning is None or "Ключ кабинета «Кабинет OZON» истекает" in warning.words


def test_a_dead_key_ends_the_night_with_one_question(story: Shop) -> None:
    stand(story, key_expires_in_days=0)
    story.heard()
    report = story.night()
    assert [name for name, done in report.sources.items() if done.is_refused] == ["ozon.access"]
    assert story.heard("/ozon") == ["/ozon/v1/roles"]
    stand(story)
    night(story, "ozon.access")
    assert account_of(story).state == "active"


def test_without_the_analytics_stock_comes_by_warehouse_all_the_same(story: Shop) -> None:
    stand(story, closed=[ANALYTICS])
    night(story, "ozon.stock")
    # This method says nothing of what is on its way.
    lies = {row[:5] for row in booked_stock(story.world, story.d) if row[4]}
    assert {row[:5] for row in last_stock(story)} == lies
    assert any(AT_OZON in path for path in story.heard())


def test_where_both_ways_are_closed_the_night_says_so_and_keeps_what_it_knew(story: Shop) -> None:
    story.advance()
    before = story.value("SELECT count(*) FROM daily_stock WHERE tenant_id = :tenant_id")
    stand(story, closed=[ANALYTICS, AT_OZON])
    report = story.night(only=lambda name: name == "ozon.stock")
    assert report.errors == {}
    assert "подпиской" in report.closed["ozon.stock"]
    assert story.value("SELECT count(*) FROM daily_stock WHERE tenant_id = :tenant_id") == before
    covered = "SELECT max(d) FROM coverage WHERE tenant_id = :tenant_id AND source = 'ozon.stock'"
    assert story.value(covered) == story.d - DAY
    assert "подпиской" in status(story)
    stand(story)
    night(story, "ozon.stock")
    assert story.value(covered) == story.d
    assert "подпиской" not in status(story)


def test_a_renamed_article_keeps_its_sku_and_its_old_name(story: Shop) -> None:
    story.advance()
    shelf = story.world.ozon.shelf
    old, sku = shelf.article[3], int(shelf.item_id[3])
    shelf.article[3] = "НОВЫЙ-3"
    night(story, "ozon.catalogue")
    with story.db.tenant(story.tenant_id) as tx:
        told = sku_identity.names_of(tx, story.accounts["OZON"], sku)
        assert [(each.article, each.seen_to) for each in told] == [(old, story.d), ("НОВЫЙ-3", None)]
        assert [each.article for each in find_by_article(tx, old)] == ["НОВЫЙ-3"]
        assert [each.article for each in find_by_article(tx, "новый-3")] == ["НОВЫЙ-3"]
    assert story.value("SELECT count(*) FROM sku_identity WHERE tenant_id = :tenant_id") == 31


def test_a_card_put_away_leaves_the_price_list_and_nothing_else_moves(story: Shop) -> None:
    before, gone = set(our_prices(story)), int(story.world.ozon.shelf.item_id[5])
    story.world.put_away.add(5)
    report = night(story, "ozon.prices")
    assert set(our_prices(story)) == {row for row in before if row[0] != gone}
    moved = report.sources["ozon.prices"].count
    # Its price, and the rule of commissions that it was a part of.
    assert (moved.inserted, moved.changed, moved.deleted) == (1, 0, 1)
    kept = story.rows("SELECT ozon_id FROM sku WHERE tenant_id = :tenant_id")
    assert gone in {row.ozon_id for row in kept}, "its sales are still its own"


def test_days_of_moving_prices_and_stock_stay_the_books(story: Shop) -> None:
    for _ in range(2):
        story.advance()
        night(story)
        agree(story)
    assert account_of(story).expires_at is not None
    assert timedelta(days=89) < account_of(story).expires_at - story.world.now < timedelta(days=91)  # type: ignore[operator]
