"""Reviews, prices, rates and deliveries of a night are the sandbox's books; what stayed is not touched."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from app.core.trace import new_trace
from app.db.install import Urls
from app.db.session import Database
from app.repositories.accounts import find_account
from app.sandbox.wb.areas.rates import box_terms, fees
from app.sandbox.wb.feedback import NAMES
from app.sandbox.wb.remains import PLACES
from app.services.ingestion.collect import Account, Collector
from tests.support.oracle.book import Row
from tests.support.oracle.wb_goods import (
    booked_prices,
    booked_reviews,
    booked_supplies,
    our_prices,
    our_reviews,
    our_supplies,
)
from tests.support.shop import DAY, Shop, open_shop, quiet, sandbox

DAYS = 14
TABLES = ("reviews", "price", "supply", "supply_line", "tariff", "commission_rules")
MARKET = ("wb.cards", "wb.prices", "wb.supplies", "wb.reviews", "wb.commission", "wb.tariffs")


@contextmanager
def first_night(db: Database, urls: Urls, folder: Path) -> Iterator[Shop]:
    """A world of its own after its first night."""
    with (
        sandbox(skus=50, days=20, seed=5) as server,
        open_shop(db, urls, folder, server, marketplaces=("WB",)) as shop,
    ):
        night(shop)
        yield shop


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path) -> Iterator[Shop]:
    """Nobody moves its days on."""
    with first_night(db, urls, folder) as shop:
        yield shop


@pytest.fixture
def living(db: Database, urls: Urls, folder: Path) -> Iterator[Shop]:
    """For a test that lives on: what it leaves behind is no other test's."""
    with first_night(db, urls, folder) as shop:
        yield shop


def night(shop: Shop) -> int:
    """What a night does for these feeds; the rows that it moved."""
    account_id, written = shop.accounts["WB"], 0
    with shop.db.tenant(shop.tenant_id) as tx:
        account = find_account(tx, account_id)
    assert account is not None
    mine = Account(shop.tenant_id, account_id, "WB", account.name)
    collector = Collector(db=shop.db, clock=shop.house.clock, account=mine, trace_id=new_trace())
    with shop.house.gateway.sources(account) as sources:
        found = {source.name: source for source in sources}
        for name in MARKET:
            done = collector.collect(found[name], since(shop), shop.d, quiet)
            assert (done.error, done.wait_until, done.unplaced) == (None, None, 0), name
            written += done.count.written
    return written


def since(shop: Shop) -> date:
    return shop.d - (DAYS - 1) * DAY


def told(shop: Shop, sql: str) -> list[Row]:
    return [tuple(row) for row in shop.rows(sql)]


def written_by(shop: Shop) -> dict[str, set[Row]]:
    """Every row of every table by where it lies and which transaction wrote it."""
    return {
        name: set(told(shop, f"SELECT ctid::text, xmin::text FROM {name} WHERE tenant_id = :tenant_id"))
        for name in TABLES
    }


def check_books(shop: Shop, given: dict[str, str]) -> None:
    assert our_reviews(shop) == booked_reviews(shop.world, since(shop), given)
    assert our_prices(shop) == booked_prices(shop.world)
    assert our_supplies(shop) == booked_supplies(shop.world, since(shop))


def test_a_night_brings_the_books(shop: Shop) -> None:
    check_books(shop, {})
    assert {row[6] for row in our_reviews(shop)} == {"new", "answered", "archived"}
    heads, lines = our_supplies(shop)
    assert {row[1] for row in heads} >= {"accepted", "accepting"}
    assert len(lines) > 10


def test_rates_hold_from_the_day_they_were_seen(shop: Shop) -> None:
    rows = told(shop, "SELECT d, kind, place, terms FROM tariff WHERE tenant_id = :tenant_id")
    assert {row[0] for row in rows} == {shop.d}
    assert {(row[1], row[2]) for row in rows} == {(k, p) for k in ("box", "pallet", "return") for p in PLACES}
    (first,) = [row[3] for row in rows if row[1:3] == ("box", PLACES[0])]
    asked = box_terms(shop.d, 0)["boxStorageLiter"]
    assert (first["storage_liter"], first["delivery_base"]) == (asked.replace(",", "."), "46")
    assert "fbs_base" not in first
    ((since, rule),) = told(
        shop,
        "SELECT dt_from, rule_json FROM commission_rules WHERE tenant_id = :tenant_id AND marketplace = 'WB'",
    )
    assert since == shop.d
    for fee in fees(shop.world.today):
        ours = rule["subjects"][str(fee["subjectID"])]
        assert Decimal(ours["fbw"]) == Decimal(str(fee["paidStorageKgvp"]))
        assert Decimal(ours["fbs"]) == Decimal(str(fee["kgvpMarketplace"]))


def test_no_name_of_a_buyer_is_kept(shop: Shop) -> None:
    kept = "SELECT body FROM raw_payload WHERE tenant_id = :tenant_id AND source = 'wb.reviews'"
    bodies = [zlib.decompress(row[0]).decode() for row in told(shop, kept)]
    assert any('"userName"' in body for body in bodies)
    assert [name for name in NAMES for body in bodies if f'"{name}"' in body] == []


def test_the_same_night_again_changes_nothing(shop: Shop) -> None:
    before = written_by(shop)
    assert night(shop) == 0
    assert written_by(shop) == before


def test_days_that_pass_move_exactly_what_moved(living: Shop) -> None:
    shop = living
    waiting = sorted(row[0] for row in our_reviews(shop) if row[6] == "new")
    given = {waiting[0]: "Спасибо за отзыв!"}
    writer = shop.control.get("/sandbox/token", params={"readonly": 0}).json()["token"]
    httpx.post(
        shop.house.settings.wb_api_url.format(host="feedbacks-api") + "/api/v1/feedbacks/answer",
        headers={"Authorization": writer},
        json={"id": waiting[0], "text": given[waiting[0]]},
    ).raise_for_status()
    before, gone = written_by(shop), our_supplies(shop)[0]
    # Over the end of November: FBS commission and the storage of the first warehouse change.
    shop.advance(12)
    assert shop.d == date(2026, 12, 1)
    night(shop)
    fresh = booked_reviews(shop.world, since(shop), given)
    assert fresh <= our_reviews(shop)
    assert {row[7] for row in our_reviews(shop) if row[0] == waiting[0]} == {given[waiting[0]]}
    assert our_prices(shop) == booked_prices(shop.world)
    # Deliveries accepted before the days asked about stay as they were; a draft is a delivery by now.
    old = {row for row in gone if row[1] == "accepted"}
    assert our_supplies(shop)[0] == booked_supplies(shop.world, since(shop))[0] | old
    rows = told(shop, "SELECT d, kind, place FROM tariff WHERE tenant_id = :tenant_id")
    assert [row[1:] for row in rows if row[0] == shop.d] == [("box", PLACES[0])]
    rules = told(shop, "SELECT dt_from FROM commission_rules WHERE tenant_id = :tenant_id ORDER BY 1")
    assert rules == [(date(2026, 11, 19),), (shop.d,)]
    after = written_by(shop)
    assert before["tariff"] < after["tariff"]
    assert before["commission_rules"] < after["commission_rules"]
    assert night(shop) == 0
    assert written_by(shop) == after
