"""Deliveries, clusters and reviews of an Ozon night are the sandbox's books; what stayed is not touched."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.db.install import Urls
from app.db.session import Database
from app.repositories.catalogue import ensure_warehouse
from app.sandbox.ozon.areas.clusters import STRANGERS
from app.sandbox.ozon.deliveries import orders
from app.sandbox.ozon.feedback import comments, review_id, reviews, status
from app.sandbox.ozon.stocks import PLACES
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.night import NightReport
from tests.support.shop import DAY, NO_LIMITS, Shop, open_shop
from tests.support.tap import Answer, Exchange, Tap, tapped

ONLY = frozenset({"ozon.catalogue", "ozon.stock", "ozon.supplies", "ozon.reviews", "ozon.clusters"})
TABLES = ("supply", "supply_line", "reviews", "warehouse")
STATUSES = {
    "DATA_FILLING": "draft",
    "READY_TO_SUPPLY": "planned",
    "IN_TRANSIT": "allowed",
    "ACCEPTANCE_AT_STORAGE_WAREHOUSE": "accepting",
    "REPORTS_CONFIRMATION_AWAITING": "accepting",
    "COMPLETED": "accepted",
    "CANCELLED": "cancelled",
}
Row = tuple[Any, ...]


@pytest.fixture(scope="module")
def unheard() -> SandboxServer:
    return SandboxServer(World(seed=5, skus=50, days=20), pace=NO_LIMITS)


@pytest.fixture(scope="module")
def tap(unheard: SandboxServer) -> Tap:
    return tapped(unheard, "ozon")


@pytest.fixture(scope="module")
def server(unheard: SandboxServer, tap: Tap) -> Iterator[SandboxServer]:
    """Its day moves on from test to test, always forward."""
    with unheard:
        yield unheard


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> Iterator[Shop]:
    with open_shop(db, urls, folder, server, marketplaces=("OZON",), only=ONLY) as shop:
        night(shop)
        yield shop


def night(shop: Shop) -> NightReport:
    """A night without an error."""
    shop.heal()
    report = shop.night()
    assert (report.errors, report.wait_until) == ({}, None)
    return report


# The books, from the event log


def booked_supplies(world: World, since: date) -> tuple[set[Row], set[Row]]:
    shelf, heads, lines = world.ozon.shelf, set(), set()
    for order in orders(world):
        if order.state == "COMPLETED" and world.day(order.moved) < since:
            continue
        for each in order.supplies:
            number = str(each.number)
            sent, taken = (sum(line[at] for line in each.goods) for at in (1, 2))
            agreed = taken if each.state == "COMPLETED" else 0
            code = str(each.place.warehouse_id) if each.is_direct else f"cluster:{each.place.macrolocal}"
            days = (world.day(order.created), world.day(order.monday))
            arrived = world.day(each.arrived) if each.is_direct and each.arrived >= 0 else None
            counted = (taken, agreed) if taken else (None, None)
            heads.add((number, STATUSES[each.state], code, *days, arrived, sent, *counted))
            for row, n, accepted in each.goods:
                ready = accepted if each.state == "COMPLETED" else 0
                lines.add((number, int(shelf.item_id[row]), n, accepted, ready))
    return heads, lines


def booked_reviews(world: World, given: dict[str, str]) -> set[Row]:
    found = set()
    for each in reviews(world):
        own = [said for said in comments(world, each, given) if said.is_owner]
        taken = [said.text for said in own if not said.is_rejected]
        is_aside = status(world, each, given) == "PROCESSED" and not own
        state = "answered" if taken else "archived" if is_aside or (each.is_bare and not own) else "new"
        sku = int(world.ozon.shelf.item_id[each.row])
        answer = taken[-1] if taken else ""
        found.add((review_id(each), sku, each.at, each.rating, each.text, bool(each.photos), state, answer))
    return found


# What we have


def told(shop: Shop, sql: str) -> set[Row]:
    return {tuple(row) for row in shop.rows(sql)}


_SKU = "JOIN sku k ON k.tenant_id = t.tenant_id AND k.id = t.sku_id WHERE t.tenant_id = :tenant_id"


def our_supplies(shop: Shop) -> tuple[set[Row], set[Row]]:
    heads = (
        "SELECT supply_id, status, w.code, created_on, planned_on, fact_on, quantity, accepted, ready"
        " FROM supply t JOIN warehouse w ON w.tenant_id = t.tenant_id AND w.id = t.warehouse_id"
        " WHERE t.tenant_id = :tenant_id"
    )
    lines = f"SELECT supply_id, k.ozon_id, quantity, accepted, ready FROM supply_line t {_SKU}"
    return told(shop, heads), told(shop, lines)


def our_reviews(shop: Shop) -> set[Row]:
    columns = "review_id, k.ozon_id, created_at_utc, rating, text, has_media, reply_status, answer"
    return told(shop, f"SELECT {columns} FROM reviews t {_SKU}")


def written_by(shop: Shop) -> dict[str, set[Row]]:
    """Every row of every table by where it lies and which transaction wrote it."""
    return {
        name: told(shop, f"SELECT ctid::text, xmin::text FROM {name} WHERE tenant_id = :tenant_id")
        for name in TABLES
    }


def answer(shop: Shop, review: str, text: str) -> None:
    key = {"Client-Id": shop.world.ozon_client_id, "Api-Key": shop.world.ozon_api_key}
    url = f"{shop.house.settings.ozon_api_url}/v1/review/comment/create"
    httpx.post(url, headers=key, json={"review_id": review, "text": text}).raise_for_status()


def test_a_night_brings_the_books(shop: Shop) -> None:
    assert our_supplies(shop) == booked_supplies(shop.world, date.min)
    assert our_reviews(shop) == booked_reviews(shop.world, {})
    heads, lines = our_supplies(shop)
    assert {row[1] for row in heads} >= {"accepted", "accepting", "cancelled"}
    assert {row[6] for row in our_reviews(shop)} == {"new", "answered", "archived"}
    assert len(lines) > 20


def test_warehouses_stand_in_their_clusters_and_strangers_are_not_made(shop: Shop) -> None:
    rows = told(shop, "SELECT code, name, cluster_id, cluster FROM warehouse WHERE tenant_id = :tenant_id")
    known = {row[0]: row[1:] for row in rows}
    for place in PLACES:
        assert known[str(place.warehouse_id)] == (place.name, place.macrolocal, place.cluster)
    sent_to = {place for place in PLACES if f"cluster:{place.macrolocal}" in known}
    assert sent_to
    for place in sent_to:
        there = (place.cluster, place.macrolocal, place.cluster)
        assert known[f"cluster:{place.macrolocal}"] == there
    assert len(known) < STRANGERS


def test_the_same_night_again_changes_nothing(shop: Shop) -> None:
    before = written_by(shop)
    night(shop)
    assert written_by(shop) == before


def test_an_answer_given_elsewhere_moves_its_review_alone(shop: Shop) -> None:
    waiting = sorted(row[0] for row in our_reviews(shop) if row[6] == "new")
    before, given = written_by(shop), {waiting[0]: "Спасибо за отзыв!"}
    answer(shop, waiting[0], given[waiting[0]])
    night(shop)
    assert our_reviews(shop) == booked_reviews(shop.world, given)
    after = written_by(shop)
    assert len(before["reviews"] - after["reviews"]) == len(after["reviews"] - before["reviews"]) == 1
    assert {name for name in TABLES if after[name] != before[name]} == {"reviews"}


def test_days_that_pass_move_exactly_what_moved(shop: Shop) -> None:
    gone, old_lines = our_supplies(shop)
    shop.advance(9)
    night(shop)
    since = shop.d - 13 * DAY
    fresh, lines = booked_supplies(shop.world, since)
    heads, our_lines = our_supplies(shop)
    # What ended before the days that were asked about stays as it was.
    numbers = {row[0] for row in fresh}
    assert heads == fresh | {row for row in gone if row[0] not in numbers}
    assert our_lines == lines | {row for row in old_lines if row[0] not in numbers}
    assert {row for row in gone if row[0] not in numbers}
    assert booked_reviews(shop.world, our_given(shop)) == our_reviews(shop)
    before = written_by(shop)
    night(shop)
    assert written_by(shop) == before


def our_given(shop: Shop) -> dict[str, str]:
    """The answers of this module's tests, as we know them."""
    return {row[0]: row[7] for row in our_reviews(shop) if row[7] == "Спасибо за отзыв!"}


def test_a_delivery_told_no_more_is_gone_and_a_warehouse_met_later_finds_its_cluster(shop: Shop) -> None:
    """Both are put there by hand: Ozon itself never told of this delivery."""
    stranger = str(PLACES[1].warehouse_id + 1)
    with shop.db.tenant(shop.tenant_id) as tx:
        place = ensure_warehouse(tx, "OZON", stranger)
        tx.run(
            "INSERT INTO supply"
            " (tenant_id, account_id, supply_id, status, warehouse_id, created_on, src_hash) VALUES"
            " (:tenant_id, :account, 'ghost', 'planned', :place, :d, 'x')",
            account=shop.accounts["OZON"],
            place=place,
            d=shop.d,
        )
    shop.advance()
    night(shop)
    assert "ghost" not in {row[0] for row in our_supplies(shop)[0]}
    (found,) = told(
        shop,
        "SELECT name, cluster_id, cluster FROM warehouse WHERE tenant_id = :tenant_id"
        f" AND code = '{stranger}'",
    )
    assert found == (f"{PLACES[1].cluster} 1", PLACES[1].macrolocal, PLACES[1].cluster)


def test_without_the_subscription_reviews_are_a_note_and_the_rest_comes(shop: Shop, tap: Tap) -> None:
    said = {"code": 7, "message": "method is not available with existing subscription", "details": []}

    def instead(seen: Exchange) -> Answer | None:
        return Answer(403, json.dumps(said).encode()) if seen.path == "/v2/review/list" else None

    shop.advance()
    before = our_reviews(shop)
    tap.instead = instead
    try:
        report = night(shop)
    finally:
        tap.leave()
    assert list(report.closed) == ["ozon.reviews"]
    assert "подпиской" in next(iter(report.closed.values()))
    assert our_reviews(shop) == before
    assert our_supplies(shop)[0] >= booked_supplies(shop.world, shop.d - 13 * DAY)[0]
