"""Advertising at Ozon: a key of its own, one set of statistics in four shapes, money that is not ours to
book twice."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.marketplaces.errors import Garbled, NotOffered, NotReady, RateLimited, TokenUnfit
from app.marketplaces.ozon import ads
from app.marketplaces.ozon.ads.rows import normalise_ads, normalise_expense
from app.marketplaces.ozon.client import OzonClient
from app.marketplaces.ozon.key import AdsKey, OzonKey, read_ads_key, read_key
from app.marketplaces.ozon.performance import HOST, AdsKeyRefused, PerformanceClient, open_performance
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.source import Normalised, Page, RequestKey, Source
from app.marketplaces.transport import Breakers, Endpoint, MemoryRateBudget
from tests.http.server import Answer, Stage, serving
from tests.marketplaces.ozon.reading import SAMPLES, sample, told

D = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
RUB = Decimal
API_KEY = "9bbbde0b-f304-5915-8dfa-3dd70bb8397e"
ADS = AdsKey(
    "88123456-1700000000001@advertising.performance.ozon.ru", "b1u5XXDQW3wEqQ7dG_ancMyuhQtMNBI-1234567"
)
UUID = "0c159c60-ab92-46d9-9a6b-d225dbf5c7b1"
SIGNED_IN = told({"access_token": "a.b.c", "expires_in": 1800, "token_type": "Bearer"})
NOTHING = told({"list": []})


@contextmanager
def advertised(
    *script: Answer, polls: int = 2
) -> Iterator[tuple[Stage, dict[str, Source], PerformanceClient]]:
    """Advertising on a scripted server, at five in the morning of the 21st in Moscow."""
    clock = FixedClock(NOW)
    with serving(*script) as stage:
        client = open_performance(
            ADS,
            address=stage.address,
            budget=MemoryRateBudget(clock, {}),
            clock=clock,
            breakers=Breakers(clock),
        )
        client.transport.sleep = lambda _seconds: None
        with client.transport as transport:
            cabinet = OzonClient(transport, client)
            yield (
                stage,
                {each.name: each for each in ads.sources(cabinet, OzonPolicy(polls=polls))},
                client,
            )


def page(path: str, body: Any, asked: str = "") -> Page:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Page(RequestKey("GET", HOST, f"/api/client/{path}", asked), text, "")


def report(*pages: Page, day: date | None = None) -> Normalised:
    return normalise_ads(pages, day)


def by_sku(found: Normalised) -> dict[tuple[date, int, int], Decimal]:
    sums: dict[tuple[date, int, int], Decimal] = {}
    for row in found.ad_stats:
        key = (row.d, row.campaign_id, row.card_id)
        sums[key] = sums.get(key, RUB(0)) + row.spend
    return sums


def campaigns(*numbers: int, kind: str = "SKU") -> Answer:
    listed = [{"id": str(n), "title": f"№{n}", "advObjectType": kind} for n in numbers]
    return told({"list": listed})


def spent(*numbers: int, money: str = "10,00") -> Answer:
    return told({"rows": [{"id": str(n), "date": "2026-11-20", "moneySpent": money} for n in numbers]})


def told_by_sku(*numbers: int) -> Answer:
    row = {"date": "2026-11-20", "sku": "7", "expense": "5.00"}
    return told({"rows": [{**row, "campaignId": str(n)} for n in numbers]})


def asked(stage: Stage) -> list[str]:
    """Methods, without the client's part of the path and the query."""
    return [path.removeprefix("/api/client/").partition("?")[0] for _, path, _ in stage.seen]


# The key


@pytest.mark.parametrize(
    "pasted",
    [
        f"1230007 {API_KEY} {ADS.client_id} {ADS.client_secret}",
        f"ID: {ADS.client_id}\nSecret: {ADS.client_secret}\nApi-Key {API_KEY}\nClient-Id 1230007",
    ],
)
def test_all_four_parts_are_told_apart_in_any_order(pasted: str) -> None:
    key = read_key(pasted)
    assert key == OzonKey("1230007", API_KEY, ADS)
    assert read_key(key.secret) == key
    assert ADS.client_secret not in repr(key)
    assert read_ads_key(pasted) is None, "the seller's key is there as well"


def test_the_key_of_advertising_may_come_alone() -> None:
    assert read_ads_key(f"{ADS.client_id} {ADS.client_secret}") == ADS
    assert read_ads_key(f"1230007 {API_KEY}") is None


@pytest.mark.parametrize(
    "pasted", [f"1230007 {API_KEY} {ADS.client_id}", f"1230007 {API_KEY} {ADS.client_secret}"]
)
def test_half_of_advertising_is_refused_in_a_sentence_and_never_dropped(pasted: str) -> None:
    with pytest.raises(TokenUnfit, match="Client Secret"):
        read_key(pasted)


def test_an_api_key_that_lost_a_letter_is_not_taken_for_advertising() -> None:
    with pytest.raises(TokenUnfit, match="Seller API"):
        read_key(f"1230007 {API_KEY[:-1]}")


# The door


def test_a_token_serves_half_an_hour_and_is_got_anew_before_its_end() -> None:
    with advertised(SIGNED_IN, NOTHING, NOTHING, SIGNED_IN, NOTHING) as (stage, _, client):
        call = Endpoint("x", "GET", HOST, "/api/client/campaign")
        client.call(call)
        for minutes in (28, 29):
            client.transport.clock = FixedClock(NOW + timedelta(minutes=minutes))
            client.call(call)
        assert asked(stage) == ["token", "campaign", "campaign", "token", "campaign"]
        assert [seen.get("authorization") for *_, seen in stage.seen] == [
            None, *["Bearer a.b.c"] * 2, None, "Bearer a.b.c",
        ]  # fmt: skip


def test_a_token_that_died_early_is_renewed_once() -> None:
    dead = told({"error": "token is expired"}, 401)
    with advertised(SIGNED_IN, dead, SIGNED_IN, NOTHING) as (stage, _, client):
        client.call(Endpoint("x", "GET", HOST, "/api/client/campaign"))
        assert asked(stage) == ["token", "campaign", "token", "campaign"]
    with advertised(SIGNED_IN, dead, SIGNED_IN, dead) as (_, _, client), pytest.raises(AdsKeyRefused):
        client.call(Endpoint("x", "GET", HOST, "/api/client/campaign"))


@pytest.mark.parametrize(
    "refusal", [told({"error": "invalid_client"}, 401), told({"error": "invalid_client"}, 400), told({}, 403)]
)
def test_a_key_that_is_not_taken_closes_advertising_and_nothing_else(refusal: Answer) -> None:
    with advertised(refusal) as (_, sources, _):
        for source in sources.values():
            with pytest.raises(NotOffered, match="ключ рекламы"):
                list(source.fetch(source.units(D, D)[0], ""))


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/api/client/campaign/all_sku_promo/activate"),
        ("POST", "/api/client/campaign/7/activate"),
        ("GET", "/api/client/statistics/all_sku_promo/orders/generate"),
        ("GET", "/api/client/statistics/list"),
        ("POST", f"/api/client/statistics/{UUID}"),
        ("GET", f"/api/client/statistics/{UUID}/../../campaign/all_sku_promo/activate"),
    ],
)
def test_what_is_not_on_the_list_is_never_asked(verb: str, path: str) -> None:
    with advertised(SIGNED_IN, NOTHING) as (stage, _, client):
        with pytest.raises(ValueError, match="not on the list"):
            client.call(Endpoint("x", verb, HOST, path))
        assert stage.seen == []


def test_without_a_key_there_are_no_feeds_of_advertising() -> None:
    with advertised(NOTHING) as (_, _, client):
        assert ads.sources(OzonClient(client.transport), OzonPolicy()) == []


# Which campaigns are asked about


def test_only_campaigns_by_the_click_that_cost_anything_are_asked_about() -> None:
    script = (
        SIGNED_IN,
        campaigns(1, 2),
        campaigns(3, kind="SEARCH_PROMO"),
        NOTHING,
        spent(2, 3, 4, 5),
        told_by_sku(2, 5),
    )
    with advertised(*script) as (stage, sources, _):
        (unit,) = sources["ozon.ads"].units(D, D)
        pages = list(sources["ozon.ads"].fetch(unit, ""))
        found = sources["ozon.ads"].normalise(unit, pages)
    assert asked(stage)[1:] == [*["campaign"] * 3, "statistics/expense/json", "statistics/products/sku"]
    assert json.loads(pages[-1].key.params)["body"] == {
        "campaignIds": ["2", "4", "5"], "date_from": "2026-11-20", "date_to": "2026-11-20",
    }  # fmt: skip
    assert pages[-1].cursor == ""
    assert [row.campaign_id for row in found.campaigns] == [1, 2, 3]
    # For which goods the fourth was nobody knows: its part must not go to the others'. The third is paid by
    # the order, and is no click's money.
    assert by_sku(found) == {(D, 2, 7): RUB(5), (D, 5, 7): RUB(5), (D, 4, 0): RUB(10)}


def test_a_list_that_repeats_itself_ends() -> None:
    with advertised(SIGNED_IN, campaigns(1), campaigns(1), spent()) as (stage, sources, _):
        (unit,) = sources["ozon.ads"].units(D, D)
        pages = list(sources["ozon.ads"].fetch(unit, ""))
        assert asked(stage) == ["token", "campaign", "campaign", "statistics/expense/json"]
        assert len(sources["ozon.ads"].normalise(unit, pages).campaigns) == 1


def test_thirty_campaigns_a_call_and_an_interrupted_night_goes_on_where_it_stood() -> None:
    numbers = list(range(100, 140))
    busy = Answer(429, b"{}", {"Retry-After": "3600"})
    script = (SIGNED_IN, campaigns(*numbers), NOTHING, spent(*numbers), told_by_sku(*numbers[:30]), busy)
    with advertised(*script) as (_, sources, _):
        (unit,) = sources["ozon.ads"].units(D, D)
        pages = sources["ozon.ads"].fetch(unit, "")
        kept = [next(pages) for _ in range(3)]
        with pytest.raises(RateLimited):
            next(pages)
    with advertised(SIGNED_IN, told_by_sku(*numbers[30:])) as (stage, sources, _):
        kept += sources["ozon.ads"].fetch(unit, kept[-1].cursor)
        assert asked(stage) == ["token", "statistics/products/sku"]
        assert len(by_sku(sources["ozon.ads"].normalise(unit, kept))) == 40


# A night that was missed


def test_yesterday_is_a_unit_of_its_own_and_older_days_are_as_long_as_a_report() -> None:
    with advertised(NOTHING) as (_, sources, _):
        units = sources["ozon.ads"].units(date(2026, 9, 1), D)
    assert [unit.name for unit in units] == ["2026-09-01..2026-09-18", "2026-09-19..2026-11-19", "2026-11-20"]


READY, WAITING = told({"UUID": UUID, "state": "OK"}), told({"UUID": UUID, "state": "IN_PROGRESS"})
ORDERED = told({"UUID": UUID, "vendor": False})


def rows_of(*numbers: int) -> Answer:
    row = {"date": "19.11.2026", "sku": "7", "moneySpent": "1 005,50"}
    return told({str(n): {"title": "", "report": {"rows": [row]}} for n in numbers})


def test_a_missed_day_comes_by_report_ten_campaigns_at_a_time() -> None:
    numbers = list(range(100, 112))
    other = told({"UUID": UUID.replace("0c15", "1d26")})
    script = (SIGNED_IN, campaigns(*numbers), NOTHING, spent(*numbers), ORDERED, WAITING, READY,
              rows_of(*numbers[:10]), other, READY, rows_of(*numbers[10:]))  # fmt: skip
    with advertised(*script) as (stage, sources, _):
        d = D - timedelta(days=1)
        (*_, unit) = sources["ozon.ads"].units(d, d)
        pages = list(sources["ozon.ads"].fetch(unit, ""))
        found = sources["ozon.ads"].normalise(unit, pages)
    assert asked(stage).count("statistics/json") == 2
    assert [each.is_receipt for each in pages] == [False, False, True, False, True, False]
    assert by_sku(found)[d, 111, 7] == RUB("1005.50")
    assert len([row for row in found.ad_stats if row.card_id == 7]) == 12


def test_a_report_that_takes_long_is_found_again_and_not_ordered_twice() -> None:
    with advertised(SIGNED_IN, campaigns(1), NOTHING, spent(1), ORDERED, WAITING) as (_, sources, _):
        d = D - timedelta(days=1)
        (*_, unit) = sources["ozon.ads"].units(d, d)
        pages = sources["ozon.ads"].fetch(unit, "")
        kept = [next(pages) for _ in range(3)]
        with pytest.raises(NotReady):
            next(pages)
    with advertised(SIGNED_IN, READY, rows_of(1)) as (stage, sources, _):
        kept += sources["ozon.ads"].fetch(unit, kept[-1].cursor)
        assert asked(stage) == ["token", f"statistics/{UUID}", "statistics/report"]
        assert by_sku(sources["ozon.ads"].normalise(unit, kept))[d, 1, 7] == RUB("1005.50")
    with advertised(SIGNED_IN, told({"error": "report not found"}, 404), ORDERED, READY, rows_of(1)) as (
        stage,
        sources,
        _,
    ):
        again = list(sources["ozon.ads"].fetch(unit, kept[2].cursor))
        assert asked(stage)[2] == "statistics/json", "one that is gone is ordered anew"
        assert again[-1].cursor == ""


def test_a_day_that_ozon_tells_no_more_falls_back_to_the_report() -> None:
    late = told({"error": "statistics are available for today and yesterday only"}, 400)
    script = (SIGNED_IN, campaigns(1), NOTHING, spent(1), late, ORDERED, READY, rows_of(1))
    with advertised(*script) as (stage, sources, _):
        (unit,) = sources["ozon.ads"].units(D, D)
        list(sources["ozon.ads"].fetch(unit, ""))
        assert asked(stage)[-4:] == [
            "statistics/products/sku", "statistics/json", f"statistics/{UUID}", "statistics/report",
        ]  # fmt: skip


def test_a_report_that_could_not_be_made_or_read_is_no_truth() -> None:
    failed = told({"UUID": UUID, "state": "ERROR"})
    with advertised(SIGNED_IN, campaigns(1), NOTHING, spent(1), ORDERED, failed) as (_, sources, _):
        d = D - timedelta(days=1)
        (*_, unit) = sources["ozon.ads"].units(d, d)
        with pytest.raises(Garbled):
            list(sources["ozon.ads"].fetch(unit, ""))
    with pytest.raises(Garbled):
        report(page("statistics/report", b"PK\x03\x04 cut"))
    with pytest.raises(Garbled):
        report(page("statistics/report", b"<html>"))


# The shapes


def test_the_published_csv_is_read_by_its_columns_without_its_total() -> None:
    path = SAMPLES / "live" / "perf_statistics_report_cpc_LIVE_2026-04.csv"
    if not path.exists():
        pytest.skip("../shared with the published examples is not beside the repository")
    body = path.read_bytes()
    found = report(page("statistics/report", body))
    assert by_sku(found) == {
        (date(2026, 4, 17), 14275771, 286085455): RUB("1152.19"),
        (date(2026, 4, 18), 14275771, 286085455): RUB("1375.50"),
    }
    assert [(row.views, row.clicks, row.carts, row.orders) for row in found.ad_stats] == [
        (4399, 218, 14, 0),
        (5000, 250, 20, 1),
    ]
    assert not found.unplaced, "«Всего» is no row"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("14275771.csv", body)
        archive.writestr("9.csv", body.replace("№ 14275771".encode(), b""))
    zipped = by_sku(report(page("statistics/report", packed.getvalue())))
    assert {campaign for _, campaign, _ in zipped} == {9, 14275771}
    assert sum(zipped.values()) == 2 * RUB("2527.69")


def test_the_published_report_is_added_up_over_kinds_of_pages() -> None:
    shape = sample("live/perf_statistics_report_json_async_shape.json")
    (row,) = shape["12345678"]["report"]["rows"]
    shape["12345678"]["report"]["rows"] = [row, {**row, "pageType": "Поиск", "moneySpent": "0,35"}]
    found = report(page("statistics/report", shape), day=D)
    assert by_sku(found) == {(D, 12345678, 3378429729): RUB("375.00")}, "one day was asked about: it is its"
    assert not found.unplaced


def test_a_report_asked_for_twice_counts_once_and_two_count_both() -> None:
    one, two = ({str(n): {"report": {"rows": [{"date": "20.11.2026", "sku": "7", "moneySpent": "1,00"}]}}}
                for n in (1, 2))  # fmt: skip
    same = page("statistics/report", one, '{"query":{"UUID":"a"}}')
    other = page("statistics/report", two, '{"query":{"UUID":"b"}}')
    assert by_sku(report(same, same, other)) == {(D, 1, 7): RUB(1), (D, 2, 7): RUB(1)}


def test_a_bad_row_is_set_aside_alone_and_nulls_are_nothing() -> None:
    rows = [
        {"campaignId": "1", "date": "2026-11-20", "sku": "7", "expense": "1.50", "views": None, "orders": ""},
        {"campaignId": "1", "date": "2026-11-20", "sku": "8", "expense": "много"},
        {"campaignId": None, "date": "2026-11-20", "sku": "9", "expense": "2.25"},
        "row",
    ]
    found = report(page("statistics/products/sku", {"rows": rows}))
    assert by_sku(found) == {(D, 1, 7): RUB("1.50")}
    assert [each.amount for each in found.unplaced] == [None, RUB("2.25"), None]
    assert report(page("statistics/products/sku", {"rows": None})).ad_stats == []


def test_campaigns_come_as_a_list_or_as_one_and_with_any_dates() -> None:
    one = {
        "id": 48949,
        "title": "Баннерная кампания",
        "state": "CAMPAIGN_STATE_RUNNING",
        "advObjectType": "BANNER",
        "placement": ["PLACEMENT_PDP"],
        "updatedAt": "2020-10-01T06:28:44.055042Z",
    }
    for body in ({"list": one}, {"list": [{**one, "placement": []}, {"id": "x"}]}):
        found = report(page("campaign", body))
        assert [(row.campaign_id, row.kind, row.status) for row in found.campaigns] == [
            (48949, "BANNER", "running")
        ]
        assert found.campaigns[0].changed_at is not None
    assert len(found.unplaced) == 1
    assert found.unplaced[0].amount in (None, 0)


# The money


def expense(**changes: Any) -> dict[str, Any]:
    return {"id": "5", "date": "2026-11-20", "title": "x", "moneySpent": "701,78", **changes}


def test_bonuses_and_a_prepaid_account_are_parts_of_what_was_spent() -> None:
    rows = [
        expense(bonusSpent="100,00", prepaymentSpent="1,78"),
        expense(id="6", bonusSpent="0,00", prepaymentSpent="0,00"),
    ]
    found = normalise_expense([json.dumps({"rows": rows}).encode()])
    assert {(row.campaign_id, row.paid_from): row.amount for row in found.ad_charges} == {
        (5, "balance"): RUB("600.00"),
        (5, "account"): RUB("1.78"),
        (5, "bonus"): RUB("100.00"),
        (6, "balance"): RUB("701.78"),
    }
    assert len({row.row_key for row in found.ad_charges}) == 4


def test_parts_that_are_more_than_the_whole_are_shown_and_the_whole_is_kept() -> None:
    rows = [expense(bonusSpent="800,00"), expense(id="7", moneySpent="-")]
    found = normalise_expense([json.dumps({"rows": rows}).encode()])
    assert [(row.campaign_id, row.paid_from, row.amount) for row in found.ad_charges] == [
        (5, "balance", RUB("701.78"))
    ]
    assert [each.reason for each in found.unplaced] == ["бонусы и предоплата не умещаются в расход"]
