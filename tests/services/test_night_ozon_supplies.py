"""Deliveries, clusters and reviews of an Ozon night are the sandbox's books; what stayed is not touched."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from app.db.install import Urls
from app.db.session import Database
from app.repositories.catalogue import ensure_warehouse
from app.sandbox.ozon.areas.clusters import STRANGERS
from app.sandbox.ozon.stocks import PLACES
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.night import NightReport
from tests.support.oracle.book import Row
from tests.support.oracle.ozon_goods import booked_reviews, booked_supplies, our_reviews, our_supplies
from tests.support.shop import DAY, Shop, open_shop
from tests.support.tap import Answer, Exchange, Tap, tapped

ONLY = frozenset({"ozon.catalogue", "ozon.stock", "ozon.supplies", "ozon.reviews", "ozon.clusters"})
TABLES = ("supply", "supply_line", "reviews", "warehouse")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(World(seed=5, skus=50, days=20)) as server:
        yield server


@pytest.fixture
def tap(twins: SandboxServer) -> Tap:
    """On the story's sandbox."""
    return tapped(twins, "ozon")


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


def told(shop: Shop, sql: str) -> set[Row]:
    return {tuple(row) for row in shop.rows(sql)}


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


def test_the_same_night_again_moves_an_answer_given_elsewhere_and_nothing_more(story: Shop) -> None:
    waiting = sorted(row[0] for row in our_reviews(story) if row[6] == "new")
    before, given = written_by(story), {waiting[0]: "Спасибо за отзыв!"}
    answer(story, waiting[0], given[waiting[0]])
    night(story)
    assert our_reviews(story) == booked_reviews(story.world, given)
    after = written_by(story)
    assert len(before["reviews"] - after["reviews"]) == len(after["reviews"] - before["reviews"]) == 1
    assert {name for name in TABLES if after[name] != before[name]} == {"reviews"}


def test_days_that_pass_move_exactly_what_moved(story: Shop) -> None:
    gone, old_lines = our_supplies(story)
    story.advance(9)
    night(story)
    since = story.d - 13 * DAY
    fresh, lines = booked_supplies(story.world, since)
    heads, our_lines = our_supplies(story)
    # What ended before the days that were asked about stays as it was.
    numbers = {row[0] for row in fresh}
    assert heads == fresh | {row for row in gone if row[0] not in numbers}
    assert our_lines == lines | {row for row in old_lines if row[0] not in numbers}
    assert {row for row in gone if row[0] not in numbers}
    assert booked_reviews(story.world, {}) == our_reviews(story)


def test_a_delivery_told_no_more_is_gone_and_a_warehouse_met_later_finds_its_cluster(story: Shop) -> None:
    """Both are put there by hand: Ozon itself never told of this delivery."""
    stranger = str(PLACES[1].warehouse_id + 1)
    with story.db.tenant(story.tenant_id) as tx:
        place = ensure_warehouse(tx, "OZON", stranger)
        tx.run(
            "INSERT INTO supply"
            " (tenant_id, account_id, supply_id, status, warehouse_id, created_on, src_hash) VALUES"
            " (:tenant_id, :account, 'ghost', 'planned', :place, :d, 'x')",
            account=story.accounts["OZON"],
            place=place,
            d=story.d,
        )
    story.advance()
    night(story)
    assert "ghost" not in {row[0] for row in our_supplies(story)[0]}
    (found,) = told(
        story,
        "SELECT name, cluster_id, cluster FROM warehouse WHERE tenant_id = :tenant_id"
        f" AND code = '{stranger}'",
    )
    assert found == (f"{PLACES[1].cluster} 1", PLACES[1].macrolocal, PLACES[1].cluster)


def test_without_the_subscription_reviews_are_a_note_and_the_rest_comes(tap: Tap, story: Shop) -> None:
    said = {"code": 7, "message": "method is not available with existing subscription", "details": []}

    def instead(seen: Exchange) -> Answer | None:
        return Answer(403, json.dumps(said).encode()) if seen.path == "/v2/review/list" else None

    story.advance()
    before = our_reviews(story)
    tap.instead = instead
    try:
        report = night(story)
    finally:
        tap.leave()
    assert list(report.closed) == ["ozon.reviews"]
    assert "подпиской" in next(iter(report.closed.values()))
    assert our_reviews(story) == before
    assert our_supplies(story)[0] >= booked_supplies(story.world, story.d - 13 * DAY)[0]
