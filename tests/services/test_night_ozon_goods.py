"""The key's papers, names, prices and stock of an Ozon night: the sandbox's own, and nothing moves twice."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.bot import views
from app.db.install import Urls
from app.db.session import Database
from app.repositories import sku_identity
from app.repositories.accounts import StoredAccount, find_account
from app.repositories.catalogue import find_by_article
from app.sandbox.ozon.areas.goods import AT_OZON, final_prices, own_pieces
from app.sandbox.ozon.own_places import own_places
from app.sandbox.ozon.stocks import PLACES, by_place
from app.sandbox.server import SandboxServer
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.expiry import expiry_warning
from app.services.night import NightReport
from tests.support.shop import DAY, Shop, open_shop, sandbox

GOODS = frozenset({"ozon.access", "ozon.catalogue", "ozon.stock", "ozon.own_stock", "ozon.prices"})
TABLES = ("sku", "card", "sku_identity", "price", "daily_stock", "commission_rules", "marketplace_account")
ANALYTICS = "/v1/analytics/stocks"
Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=60, days=5, seed=11, schemes=("FBO", "FBS", "rFBS")) as server:
        server.world.put_away.add(0)
        yield server


@pytest.fixture(scope="module")
def first(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    """After its first night; the tests go on from each other's days."""
    with open_shop(db, urls, folder, server, marketplaces=("OZON",), only=GOODS) as shop:
        night(shop)
        yield shop


@pytest.fixture
def shop(first: Shop) -> Iterator[Shop]:
    yield first
    stand(first)


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


def prices(shop: Shop) -> dict[int, tuple[Decimal, Decimal]]:
    rows = shop.rows(
        "SELECT k.ozon_id, p.price, p.final_price FROM price p JOIN sku k ON k.tenant_id = p.tenant_id"
        " AND k.id = p.sku_id WHERE p.tenant_id = :tenant_id"
    )
    return {row.ozon_id: (row.price, row.final_price) for row in rows}


def booked_prices(shop: Shop) -> dict[int, tuple[Decimal, Decimal]]:
    market, away = shop.world.ozon, shop.world.put_away
    both = zip(market.price_on(shop.world.today).tolist(), final_prices(shop.world).tolist(), strict=True)
    told = zip(market.shelf.item_id.tolist(), both, strict=True)
    return {
        sku: (Decimal(was) / 100, Decimal(now) / 100)
        for i, (sku, (was, now)) in enumerate(told)
        if i not in away
    }


def stock(shop: Shop, *, own: bool) -> dict[tuple[int, str, str], int]:
    """What lies somewhere: (sku, warehouse, its name) → pieces, of the last day."""
    rows = shop.rows(
        "SELECT k.ozon_id, w.code, w.name, t.on_hand FROM daily_stock t"
        " JOIN sku k ON k.tenant_id = t.tenant_id AND k.id = t.sku_id"
        " JOIN warehouse w ON w.tenant_id = t.tenant_id AND w.id = t.warehouse_id"
        " WHERE t.tenant_id = :tenant_id AND t.d = :d AND w.is_own = :own AND t.on_hand > 0",
        d=shop.d,
        own=own,
    )
    return {(row.ozon_id, row.code, row.name): row.on_hand for row in rows}


def booked_stock(shop: Shop) -> dict[tuple[int, str, str], int]:
    market = shop.world.ozon
    lying = zip(market.shelf.item_id.tolist(), by_place(market.stock).tolist(), strict=True)
    return {
        (sku, str(place.warehouse_id), place.name): pieces
        for i, (sku, row) in enumerate(lying)
        for place, pieces in zip(PLACES, row, strict=True)
        if pieces and i not in shop.world.put_away
    }  # fmt: skip


def booked_own(shop: Shop) -> dict[tuple[int, str, str], int]:
    skus = shop.world.ozon.shelf.item_id.tolist()
    return {
        (sku, str(place.warehouse_id), place.name): free
        for place in own_places(shop.world)
        for i, (sku, free) in enumerate(zip(skus, own_pieces(shop.world, place)[0].tolist(), strict=True))
        if free and i not in shop.world.put_away
    }


def test_the_nights_goods_are_the_sandboxs(shop: Shop) -> None:
    assert prices(shop) == booked_prices(shop)
    assert len(prices(shop)) == 29, "thirty cards, one of them in the archive"
    assert stock(shop, own=False) == booked_stock(shop)
    assert stock(shop, own=True) == booked_own(shop)
    assert {name for _, _, name in stock(shop, own=True)} == {"Склад на Складочной", "Склад своей доставки"}
    assert shop.value("SELECT count(*) FROM sku_identity WHERE tenant_id = :tenant_id") == 30
    rule = shop.value("SELECT rule_json FROM commission_rules WHERE tenant_id = :tenant_id")
    told = {sku: each["percent"] for each in rule["groups"] for sku in each["skus"]}
    shelf = shop.world.ozon.shelf
    percents = {
        sku: Decimal(int(c)) / 100 for sku, c in zip(shelf.item_id.tolist(), shelf.commission, strict=True)
    }
    del percents[int(shelf.item_id[0])]
    assert {sku: Decimal(each["fbo"]) for sku, each in told.items()} == percents


def test_the_same_night_again_writes_nothing(shop: Shop) -> None:
    before = written_by(shop)
    report = night(shop)
    assert sum(done.count.written for done in report.sources.values()) == 0
    assert written_by(shop) == before


def test_the_keys_end_and_the_sellers_subscription_are_told(shop: Shop) -> None:
    account = account_of(shop)
    assert account.expires_at is not None
    # The sandbox's key ends at noon in Moscow, ninety days after its today.
    assert (account.expires_at.date(), account.expires_at.hour) == (shop.world.today + 90 * DAY, 9)
    assert account.scopes == ("Admin read only",)
    assert (account.subscription, account.seller, account.missing) == ("PREMIUM_LITE", "Тёплый Дом", ())
    assert "подписка Premium Lite" in status(shop)


@pytest.mark.parametrize(("left", "warned"), [(15, None), (14, 14), (8, 14), (7, 7), (1, 1)])
def test_an_ozon_key_warns_as_a_token_of_wildberries_does(shop: Shop, left: int, warned: int | None) -> None:
    stand(shop, key_expires_in_days=left)
    night(shop, "ozon.access")
    warning = expiry_warning(account_of(shop), shop.world.today)
    assert (warning.name.rpartition(":")[2] if warning else None) == (str(warned) if warned else None)
    assert warning is None or "Ключ кабинета «Кабинет OZON» истекает" in warning.words


def test_a_dead_key_ends_the_night_with_one_question(shop: Shop) -> None:
    stand(shop, key_expires_in_days=0)
    shop.heard()
    report = shop.night()
    assert [name for name, done in report.sources.items() if done.is_refused] == ["ozon.access"]
    assert shop.heard("/ozon") == ["/ozon/v1/roles"]
    stand(shop)
    night(shop, "ozon.access")
    assert account_of(shop).state == "active"


def test_without_the_analytics_stock_comes_by_warehouse_all_the_same(shop: Shop) -> None:
    stand(shop, closed=[ANALYTICS])
    night(shop, "ozon.stock")
    assert stock(shop, own=False) == booked_stock(shop)
    assert any(AT_OZON in path for path in shop.heard())


def test_where_both_ways_are_closed_the_night_says_so_and_keeps_what_it_knew(shop: Shop) -> None:
    shop.advance()
    before = shop.value("SELECT count(*) FROM daily_stock WHERE tenant_id = :tenant_id")
    stand(shop, closed=[ANALYTICS, AT_OZON])
    report = shop.night(only=lambda name: name == "ozon.stock")
    assert report.errors == {}
    assert "подпиской" in report.closed["ozon.stock"]
    assert shop.value("SELECT count(*) FROM daily_stock WHERE tenant_id = :tenant_id") == before
    covered = "SELECT max(d) FROM coverage WHERE tenant_id = :tenant_id AND source = 'ozon.stock'"
    assert shop.value(covered) == shop.d - DAY
    assert "подпиской" in status(shop)
    stand(shop)
    night(shop, "ozon.stock")
    assert shop.value(covered) == shop.d
    assert "подпиской" not in status(shop)


def test_a_renamed_article_keeps_its_sku_and_its_old_name(shop: Shop) -> None:
    shop.advance()
    shelf = shop.world.ozon.shelf
    old, sku = shelf.article[3], int(shelf.item_id[3])
    shelf.article[3] = "НОВЫЙ-3"
    night(shop, "ozon.catalogue")
    with shop.db.tenant(shop.tenant_id) as tx:
        told = sku_identity.names_of(tx, shop.accounts["OZON"], sku)
        assert [(each.article, each.seen_to) for each in told] == [(old, shop.d), ("НОВЫЙ-3", None)]
        assert [each.article for each in find_by_article(tx, old)] == ["НОВЫЙ-3"]
        assert [each.article for each in find_by_article(tx, "новый-3")] == ["НОВЫЙ-3"]
    assert shop.value("SELECT count(*) FROM sku_identity WHERE tenant_id = :tenant_id") == 31


def test_a_card_put_away_leaves_the_price_list_and_nothing_else_moves(shop: Shop) -> None:
    night(shop, "ozon.prices")
    before, gone = prices(shop), int(shop.world.ozon.shelf.item_id[5])
    shop.world.put_away.add(5)
    report = night(shop, "ozon.prices")
    assert prices(shop) == {sku: price for sku, price in before.items() if sku != gone}
    moved = report.sources["ozon.prices"].count
    # Its price, and the rule of commissions that it was a part of.
    assert (moved.inserted, moved.changed, moved.deleted) == (1, 0, 1)
    kept = shop.rows("SELECT ozon_id FROM sku WHERE tenant_id = :tenant_id")
    assert gone in {row.ozon_id for row in kept}, "its sales are still its own"


def test_days_of_moving_prices_and_stock_stay_the_books(shop: Shop) -> None:
    for _ in range(2):
        shop.advance()
        night(shop)
        assert prices(shop) == booked_prices(shop)
        assert stock(shop, own=False) == booked_stock(shop)
        assert stock(shop, own=True) == booked_own(shop)
    assert account_of(shop).expires_at is not None
    assert timedelta(days=89) < account_of(shop).expires_at - shop.world.now < timedelta(days=91)  # type: ignore[operator]
