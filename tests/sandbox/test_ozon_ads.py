"""The sandbox's Performance API: its door, its replies as published, one set of books with the accruals."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import jsonschema
import pytest

from app.sandbox.ozon.ads.promotion import SEARCH_PROMO, Promotion
from app.sandbox.world import World
from tests.sandbox.conftest import TODAY, Shop, open_shop
from tests.sandbox.specs import PERFORMANCE, performance_reply

CLIENT = "/performance/api/client"
FIRST, LAST = TODAY - timedelta(days=30), TODAY - timedelta(days=1)


@dataclass
class Ads:
    """Asks for advertising as a seller's program would."""

    shop: Shop
    token: str = ""

    def sign_in(self, **changes: str) -> httpx.Response:
        papers = self.shop.papers
        pair = {"client_id": papers["ozon_ads_client_id"], "client_secret": papers["ozon_ads_client_secret"]}
        asked = {**pair, "grant_type": "client_credentials", **changes}
        return self.shop.http.post(f"{CLIENT}/token", json=asked)

    def ask(self, verb: str, path: str, **asked: Any) -> httpx.Response:
        self.token = self.token or self.sign_in().json()["access_token"]
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.shop.http.request(verb, f"{CLIENT}/{path}", headers=headers, **asked)

    def expense(self, first: date = FIRST, last: date = LAST) -> list[dict[str, str]]:
        days = {"dateFrom": first.isoformat(), "dateTo": last.isoformat()}
        return self.ask("GET", "statistics/expense/json", params=days).json()["rows"]

    def numbers(self, kind: str = "SKU") -> list[str]:
        listed = self.ask("GET", "campaign", params={"page": "1", "pageSize": "100"}).json()["list"]
        return [each["id"] for each in listed if each["advObjectType"] == kind]

    def by_sku(self, d: date, **body: Any) -> httpx.Response:
        asked = {"campaignIds": self.numbers(), "date_from": d.isoformat(), "date_to": d.isoformat()}
        return self.ask("POST", "statistics/products/sku", json=asked | body)

    def order(self, first: date = LAST, last: date = LAST, **body: Any) -> httpx.Response:
        days = {"dateFrom": first.isoformat(), "dateTo": last.isoformat(), "groupBy": "DATE"}
        return self.ask("POST", "statistics/json", json={"campaigns": self.numbers(), **days} | body)


@pytest.fixture(scope="module")
def ads() -> Iterator[Ads]:
    for shop in open_shop(World(7, skus=80, days=30, today=TODAY)):
        yield Ads(shop)


def rub(told: str) -> Decimal:
    return Decimal(told.replace(",", "."))


def valid(value: Any, schema: dict[str, Any]) -> None:
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
    assert not errors, errors[0]


def test_only_the_pair_opens_the_door(ads: Ads) -> None:
    assert ads.sign_in(client_secret="x").json() == {"error": "invalid_client"}
    assert ads.sign_in(grant_type="password").status_code == 400
    told = ads.sign_in().json()
    assert (told["expires_in"], told["token_type"]) == (1800, "Bearer")
    assert ads.ask("GET", "campaign").status_code == 200
    for headers in ({}, ads.shop.ozon, {"Authorization": "Bearer a.b.c"}):
        assert ads.shop.http.get(f"{CLIENT}/campaign", headers=headers).status_code == 401


def test_a_token_ends_with_its_time() -> None:
    for shop in open_shop(World(11, skus=20, days=5, today=TODAY)):
        ads = Ads(shop)
        assert ads.ask("GET", "campaign").status_code == 200
        shop.http.post("/sandbox/expire")
        assert ads.ask("GET", "campaign").json() == {"error": "token is expired"}


@pytest.mark.needs_shared
@pytest.mark.skipif(not PERFORMANCE.exists(), reason="the specs are not beside the repository")
def test_replies_are_as_published(ads: Ads) -> None:
    client = "/api/client"
    listed = ads.ask("GET", "campaign", params={"page": "1", "pageSize": "3"}).json()
    assert len(listed["list"]) == 3
    valid(listed, performance_reply("get", f"{client}/campaign"))
    told = ads.by_sku(LAST).json()
    assert told["rows"]
    valid(told, performance_reply("post", f"{client}/statistics/products/sku"))
    ordered = ads.order().json()
    valid(ordered, performance_reply("post", f"{client}/statistics"))
    state = ads.ask("GET", f"statistics/{ordered['UUID']}").json()
    assert state["state"] == "OK"
    valid(state, performance_reply("get", f"{client}/statistics/{{UUID}}"))


def test_what_clicks_cost_without_bonuses_is_the_days_accrual_to_the_kopeck(ads: Ads) -> None:
    """And pay per order is that of the goods: the same money stands in both, once each."""
    spent: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    orders = set(ads.numbers(SEARCH_PROMO))
    for row in ads.expense():
        spent[row["date"], row["id"] in orders] += rub(row["moneySpent"]) - rub(row["bonusSpent"])
    services = {day: page["ozon"]["services"] for day, page in ads.shop.books().items()}
    days = [day for day in services if FIRST.isoformat() <= day <= LAST.isoformat()]
    assert len(days) == 30
    for day in days:
        assert spent[day, False] == -Decimal(services[day]["41"])
        assert spent[day, True] == -Decimal(services[day].get("54", "0"))
    assert any(rub(row["bonusSpent"]) for row in ads.expense())


def test_the_report_of_a_day_is_what_was_told_at_once(ads: Ads) -> None:
    at_once: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in ads.by_sku(LAST).json()["rows"]:
        at_once[row["campaignId"], row["sku"]] += rub(row["expense"])
    ordered = ads.order().json()["UUID"]
    report = ads.ask("GET", "statistics/report", params={"UUID": ordered}).json()
    later: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for number, campaign in report.items():
        for row in campaign["report"]["rows"]:
            assert row["date"] == LAST.strftime("%d.%m.%Y")
            later[number, row["sku"]] += rub(row.get("moneySpent", "0"))
    assert {key: money for key, money in later.items() if money} == {k: m for k, m in at_once.items() if m}
    assert at_once


def test_statistics_at_once_are_of_today_and_yesterday_only(ads: Ads) -> None:
    assert ads.by_sku(TODAY).json() == {"rows": []}
    assert ads.by_sku(TODAY - timedelta(days=2)).status_code == 400
    assert ads.by_sku(LAST, campaignIds=[], campaigns=ads.numbers()).json() == {"error": "empty campaigns"}
    assert ads.by_sku(LAST, campaignIds=[str(n) for n in range(1, 32)]).status_code == 400


def test_reports_have_their_limits_and_are_made_one_at_a_time(ads: Ads) -> None:
    assert ads.order(LAST - timedelta(days=61)).status_code == 200
    assert ads.order(LAST - timedelta(days=62)).status_code == 400
    assert ads.order(campaigns=[str(n) for n in range(1, 12)]).status_code == 400
    for shop in open_shop(World(11, skus=20, days=5, today=TODAY), pace=20.0):
        slow = Ads(shop)
        first = slow.order().json()["UUID"]
        assert slow.order().status_code == 429
        assert slow.ask("GET", "statistics/report", params={"UUID": first}).status_code == 404
        assert slow.ask("GET", f"statistics/{first}").json()["state"] == "NOT_STARTED"


def test_bonuses_reckoned_late_change_a_day_that_was_told_already() -> None:
    for shop in open_shop(World(7, skus=40, days=30, today=TODAY)):
        ads = Ads(shop)
        before = {(row["id"], row["date"]): row for row in ads.expense()}
        shop.advance(4)
        after = {(row["id"], row["date"]): row for row in ads.expense()}
        late = {key for key in before if before[key]["bonusSpent"] != after[key]["bonusSpent"]}
        assert late
        assert all(key[1] >= (TODAY - timedelta(days=4)).isoformat() for key in late)


def test_campaigns_hang_on_the_seed_alone() -> None:
    one, two = (Promotion(World(5, skus=40, days=10, today=TODAY)) for _ in range(2))
    assert one.campaigns == two.campaigns
    assert one.days(one.world.now_t - 1) == two.days(two.world.now_t - 1)
