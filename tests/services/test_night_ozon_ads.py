"""Ozon's advertising: a night brings the sandbox's books, its money stands in the P&L once, and the goods
that were advertised bear it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import BadInput
from app.db.install import Urls
from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.repositories import accounts
from app.sandbox.ozon.ads.promotion import SKU, Promotion
from app.sandbox.ozon.books import ozon_page
from app.services.analytics.pnl import pnl
from app.services.analytics.status import NO_ADS, ShowStatus, StatusQuery
from app.services.tenancy.connect import WITH_ADS, CheckedToken, StoreAccount
from tests.support.oracle.book import Row
from tests.support.oracle.ozon_money import (
    booked_ad_money,
    booked_ad_stats,
    booked_campaigns,
    our_ad_money,
    our_ad_stats,
    our_campaigns,
)
from tests.support.shop import DAY, Shop, connect, open_shop, sandbox
from tests.support.worlds import make_tenant

DAYS = 8
ONLY = frozenset({"ozon.catalogue", "ozon.accruals", "ozon.ads", "ozon.ad_money"})
PAIR = "77123456-1700000000001@advertising.performance.ozon.ru b1u5XXDQW3wEqQ7dG_ancMyuhQtMNBI-1234567"
API_KEY = "9bbbde0b-f304-5915-8dfa-3dd70bb8397e"


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A seller on Ozon who gave both keys; the first night is over."""
    folder = tmp_path_factory.mktemp("ads")
    with (
        sandbox(skus=30, days=DAYS) as server,
        open_shop(db, urls, folder, server, marketplaces=("OZON",), only=ONLY) as made,
    ):
        report = made.night(days=DAYS)
        assert report.errors == {}
        yield made


def told_stats(shop: Shop, first: date) -> set[Row]:
    """Ours of the days from that one on."""
    return {row for row in our_ad_stats(shop) if row[0] >= first}


def booked_ads(shop: Shop, d: date) -> Decimal:
    """Types 41 and 54 of a day's accruals, as costs are written."""
    services: Any = ozon_page(shop.world, shop.world.t(d))["services"]
    return Decimal(services.get("41", 0)) + Decimal(services.get("54", 0))


def pnl_ads(shop: Shop, d_from: date, d_to: date) -> Decimal:
    with shop.db.tenant(shop.tenant_id) as tx:
        (totals,) = pnl(tx, d_from, d_to).totals
    return dict(totals.lines)[PnlLine.ADS]


def written_by(shop: Shop) -> dict[str, set[Any]]:
    tables = ("ad_charge", "ad_stat_daily", "ad_campaign", "shared_cost_daily")
    return {
        name: {
            (row.by, row.told)
            for row in shop.rows(
                f"SELECT xmin::text AS by, (to_jsonb(t) - 'updated_at')::text AS told FROM {name} t"
                " WHERE tenant_id = :tenant_id"
            )
        }
        for name in tables
    }


def test_a_night_brings_the_books(shop: Shop) -> None:
    assert our_ad_money(shop) == booked_ad_money(shop.world)
    assert {paid_from for _, _, paid_from, _ in our_ad_money(shop)} == {"balance", "account", "bonus"}
    assert our_ad_stats(shop) == booked_ad_stats(shop.world, shop.world.first_day)
    assert {row[2] == 0 for row in our_ad_stats(shop)} == {True, False}
    assert our_campaigns(shop) == booked_campaigns(shop.world)
    assert shop.value("SELECT count(*) FROM unplaced_row WHERE tenant_id = :tenant_id") == 0


def test_the_money_stands_once_and_is_the_accruals(shop: Shop) -> None:
    """Though Performance tells it as well: neither its clicks nor its bonuses are booked a second time."""
    days = [shop.d - DAY * n for n in range(DAYS)]
    assert pnl_ads(shop, days[-1], days[0]) == sum(booked_ads(shop, d) for d in days)
    assert (
        shop.value("SELECT coalesce(sum(amount), 0) FROM shared_cost_daily WHERE tenant_id = :tenant_id") == 0
    )


def test_goods_bear_the_days_clicks_by_what_was_spent_on_each(shop: Shop) -> None:
    promotion, world = Promotion(shop.world), shop.world
    checked = 0
    for t in range(world.first_t, world.now_t):
        told = [each for each in promotion.days(t) if each.campaign.kind == SKU]
        weights: dict[int, int] = defaultdict(int)
        for each in told:
            if not each.skus:
                weights[0] += each.money + each.bonus
            for sku in each.skus:
                weights[int(world.ozon.shelf.item_id[sku.row])] += sku.spend
        cost = sum(each.money for each in told)
        rows = shop.rows(
            "SELECT coalesce(k.ozon_id, 0) AS item, s.amount * 100 AS part FROM shared_cost_daily s"
            " LEFT JOIN sku k ON k.tenant_id = s.tenant_id AND k.id = s.sku_id"
            " WHERE s.tenant_id = :tenant_id AND s.d = :d AND s.kind = 'ads_deducted'",
            d=world.day(t),
        )
        ours = {row.item: int(row.part) for row in rows}
        goods = {item: part for item, part in ours.items() if item}
        for item, part in goods.items():
            assert abs(part + cost * weights[item] / sum(weights.values())) <= 1
        assert ours[0] == -sum(goods.values())
        assert set(goods) == {item for item, weight in weights.items() if item and weight}
        checked += len(goods)
    assert checked > 3 * DAYS


def test_days_read_again_by_report_say_what_they_said_at_once(story: Shop) -> None:
    before = written_by(story)
    report = story.night(days=3)
    assert (report.errors, report.written) == ({}, 0)
    assert written_by(story) == before


def test_yesterday_comes_at_once(story: Shop) -> None:
    story.advance()
    story.heard()
    assert story.night().errors == {}
    assert [path.rpartition("client/")[2] for path in story.heard("statistics")] == [
        "statistics/expense/json", "statistics/products/sku", "statistics/expense/json",
    ]  # fmt: skip
    assert told_stats(story, story.d) == booked_ad_stats(story.world, story.d)


def test_nights_that_were_missed_come_by_report_and_late_bonuses_move_themselves_alone(story: Shop) -> None:
    days = (story.d - 3 * DAY, story.d)
    before = our_ad_money(story)
    story.advance(4)
    assert story.night().errors == {}
    asked = [path.rpartition("client/")[2] for path in story.heard("statistics")]
    assert asked.count("statistics/products/sku") == 1
    assert asked.count("statistics/json") == asked.count("statistics/report") == 1
    first = story.d - 3 * DAY
    ours = told_stats(story, first)
    assert {row[0] for row in ours} == {first + DAY * n for n in range(4)}
    assert ours == booked_ad_stats(story.world, first)
    assert our_ad_money(story) == booked_ad_money(story.world)
    per_order = {each.id for each in Promotion(story.world).campaigns if each.kind != SKU}
    moved = {row for row in before ^ our_ad_money(story) if row[0] <= days[1] and row[1] not in per_order}
    assert {row[2] for row in moved} == {"bonus"}, (
        "pay per order follows its sales, clicks only their bonuses"
    )
    assert pnl_ads(story, *days) == sum(booked_ads(story, days[1] - DAY * n) for n in range(4))


def test_the_status_says_that_both_sides_agree_and_names_the_bonuses(shop: Shop) -> None:
    query = ShowStatus(clock=shop.house.clock, settings=shop.house.settings)
    with shop.db.tenant(shop.tenant_id) as tx:
        (account,) = query(tx, StatusQuery()).accounts
    clicks, orders = account.ads
    assert (clicks.per_order, clicks.residual, orders.per_order, orders.residual) == (False, 0, True, 0)
    days = range((clicks.d_to - shop.world.first_day).days + 1)
    spent = [row for row in booked_ad_money(shop.world) if clicks.d_from <= row[0] <= clicks.d_to]
    assert clicks.bonus == sum(row[3] for row in spent if row[2] == "bonus") > 0
    assert clicks.spent + orders.spent == -sum(booked_ads(shop, clicks.d_to - DAY * n) for n in days)
    assert account.token_kind == WITH_ADS
    assert NO_ADS not in account.closed


def test_a_key_that_is_not_taken_any_more_closes_advertising_alone(
    db: Database, urls: Urls, tmp_path: Path, shop: Shop
) -> None:
    with open_shop(db, urls, tmp_path, shop.server, marketplaces=(), only=ONLY) as other:
        client_id = shop.world.ozon_client_id
        connect(other.house, other.tenant_id, "OZON", client_id,
                f"{client_id} {shop.world.ozon_api_key} {PAIR}")  # fmt: skip
        report = other.night(days=2)
        assert report.errors == {}
        assert set(report.closed) == {"ozon.ads", "ozon.ad_money"}
        assert all("ключ рекламы" in said for said in report.closed.values())
        assert other.value("SELECT count(*) FROM settlement_line WHERE tenant_id = :tenant_id") > 0


# The two keys of a cabinet


def stored(shop: Shop, tenant_id: int, secret: str, seller: str = "1230007") -> str:
    """Store this as the checker would hand it over; the secret that is sealed afterwards."""
    checked = CheckedToken(
        marketplace="OZON",
        seller_key=seller,
        name="",
        kind="",
        scopes=(),
        missing_scopes=(),
        expires_at=None,
        notes=(),
        secret=secret,
    )
    store = StoreAccount(vault=shop.house.vault)
    with shop.db.tenant(tenant_id) as tx:
        done = store(tx, checked)
    assert done.token_tail == API_KEY[-4:], "never the end of advertising's secret"
    with shop.db.tenant(tenant_id) as tx:
        (cabinet,) = (each for each in accounts.list_accounts(tx) if each.id == done.account_id)
        return store._secret(cabinet)


def test_advertising_given_later_stands_beside_the_key_and_outlives_it(shop: Shop) -> None:
    tenant_id = make_tenant(shop.db)
    own = f"1230007 {API_KEY}"
    assert stored(shop, tenant_id, own) == own
    assert stored(shop, tenant_id, PAIR, seller="") == f"{own} {PAIR}"
    renewed = f"1230007 11111111-{API_KEY[9:]}"
    assert stored(shop, tenant_id, renewed) == f"{renewed} {PAIR}", "a new key every three months"


@pytest.mark.parametrize(("cabinets", "why"), [((), "ещё нет"), (("1", "2"), "несколько")])
def test_advertising_alone_needs_to_know_whose_it_is(shop: Shop, cabinets: tuple[str, ...], why: str) -> None:
    tenant_id = make_tenant(shop.db)
    for n in cabinets:
        stored(shop, tenant_id, f"123000{n} {API_KEY}", seller=f"123000{n}")
    with pytest.raises(BadInput, match=why):
        stored(shop, tenant_id, PAIR, seller="")
