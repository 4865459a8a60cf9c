"""Advertising of Wildberries as rows: cards alone are summed, money is never lost and never doubled."""

import json
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.marketplaces.errors import RateLimited
from app.marketplaces.rows import AdStatRow, CampaignRow
from app.marketplaces.source import Normalised
from app.marketplaces.wb.ads.rows import normalise_campaigns, normalise_charges, normalise_stats
from tests.http.server import Answer
from tests.marketplaces.wb.reading import opened, page, sample, told

D = date(2026, 11, 20)
RUB = Decimal
COUNT, ADVERTS, FULLSTATS = "/adv/v1/promotion/count", "/api/advert/v2/adverts", "/adv/v3/fullstats"


def spend(found: Normalised) -> dict[tuple[date, int, int], Decimal]:
    sums: dict[tuple[date, int, int], Decimal] = defaultdict(Decimal)
    for row in found.ad_stats:
        sums[row.d, row.campaign_id, row.card_id] += row.spend
    return dict(sums)


def stats(*campaigns: Any) -> Normalised:
    return normalise_stats([json.dumps(campaigns).encode()])


def charges(*rows: Any) -> Normalised:
    return normalise_charges([json.dumps(rows).encode()], D)


def charge(**changes: Any) -> dict[str, Any]:
    return {
        "updNum": 0,
        "updTime": "2026-11-19T12:12:54.060536+03:00",
        "updSum": 24.5,
        "advertId": 5,
        "paymentType": "Баланс",
        **changes,
    }


# What was brought


def test_of_the_published_tree_only_cards_are_summed() -> None:
    """10.19 + 230.08 + 138.23 = 378.50, where the day itself says 378.49."""
    body = json.dumps(sample("official_examples/08_get_adv_v3_fullstats_200.json")).encode()
    found = normalise_stats([body])
    first = {key: amount for key, amount in spend(found).items() if key[1] == 22161678}
    assert first == {
        (date(2025, 9, 7), 22161678, 221725278): RUB("378.50"),
        (date(2025, 9, 8), 22161678, 221725278): RUB("282.76"),
    }
    yellow = [row for row in found.ad_stats if row.card_id == 398309059 and row.orders]
    assert [(row.orders, row.pieces, row.revenue, row.views) for row in yellow] == [
        (1, 1, RUB("500.00"), 260)
    ]
    assert found.unplaced == []


def test_spend_of_a_day_without_cards_stands_under_card_0() -> None:
    bundle = sample("real/advert_bundle_2026-09.json")
    found = stats(*bundle["fullstats"])
    d = date(2026, 9, 1)
    assert spend(found) == {(d, 1001, 2001): RUB("1.50"), (d, 1002, 0): RUB("0.50")}
    assert found.ad_stats[-1] == AdStatRow(d, 1002, 0, "RUB", 0, 0, 0, 0, 0, RUB("0.50"), RUB("0.00"))


def test_a_card_that_others_ordered_beside_counts_without_spend() -> None:
    nms = [{"nmId": 7, "sum": 0, "orders": 2, "shks": 2, "sum_price": 900}]
    day = {"date": "2026-11-19T00:00:00Z", "sum": 0, "apps": [{"appType": 1, "nms": nms}]}
    (row,) = stats({"advertId": 5, "currency": "kzt", "days": [day]}).ad_stats
    assert (row.d, row.spend, row.orders, row.revenue) == (date(2026, 11, 19), 0, 2, RUB("900.00"))
    assert row.currency == "KZT"


def test_statistics_that_cannot_be_read_are_set_aside_with_their_money() -> None:
    found = stats({"advertId": 5, "sum": 12.5, "days": [{"date": "вчера"}]}, {"advertId": 6, "days": None})
    (note,) = found.unplaced
    assert (note.row_key, note.amount) == ("5", RUB("12.50"))
    assert normalise_stats([b"null", b""]).unplaced == []


def test_campaigns_by_status_with_their_names() -> None:
    bundle = sample("real/advert_bundle_2026-09.json")
    found = normalise_campaigns([page(COUNT, bundle["promotion"]), page(ADVERTS, bundle["adverts"])])
    first, second = found.campaigns
    assert first._replace(changed_at=None) == CampaignRow(1001, "campaign-a", "cpm", "active", None)
    assert first.changed_at == datetime(2026, 9, 1, 6, tzinfo=UTC)
    assert (second.campaign_id, second.name, second.kind, second.status) == (1002, "", "8", "paused")


def test_the_published_lists_of_campaigns() -> None:
    listed = sample("official_examples/08_get_adv_v1_promotion_count_200.json")
    named = sample("official_examples/08_get_api_advert_v2_adverts_200.json")
    found = normalise_campaigns([page(COUNT, listed), page(ADVERTS, named)])
    assert [(row.campaign_id, row.status) for row in found.campaigns] == [
        (6485174, "declined"),
        (6500443, "declined"),
        (7936341, "declined"),
    ]
    assert found.unplaced == []


def test_a_status_nobody_knows_stays_visible() -> None:
    told_of = {"adverts": [{"type": 9, "status": 77, "advert_list": [{"advertId": 5}]}]}
    (row,) = normalise_campaigns([page(COUNT, told_of)]).campaigns
    assert row.status == "77"


# What was taken


def test_the_published_charges() -> None:
    body = json.dumps(sample("official_examples/08_get_adv_v1_upd_200.json")).encode()
    first, second = normalise_charges([body], D).ad_charges
    assert (first.d, first.amount, first.paid_from, first.document) == (
        date(2023, 7, 31),
        RUB("24.00"),
        "balance",
        "",
    )
    assert (second.d, second.amount, second.paid_from, second.charged_at) == (
        D,
        RUB("107.00"),
        "account",
        None,
    )


def test_two_equal_charges_stay_two_and_are_the_same_two_tomorrow() -> None:
    found, again = charges(charge(), charge(), charge(advertId=6)), charges(charge(), charge())
    keys = [row.row_key for row in found.ad_charges]
    assert len(set(keys)) == 3
    assert [row.row_key for row in again.ad_charges] == keys[:2]
    assert sum(row.amount for row in found.ad_charges) == RUB("73.50")


def test_a_charge_without_a_time_stands_with_its_document_or_under_the_last_day() -> None:
    found = charges(
        charge(updTime=None),
        charge(updTime=None, updNum=9),
        charge(updNum=9, updTime="2026-11-17T10:00:00+03:00"),
        charge(updNum=9, updTime="2026-11-18T10:00:00+03:00"),
        charge(updTime="", updNum=8),
    )
    assert [row.d.day for row in found.ad_charges] == [20, 18, 17, 18, 20]


@pytest.mark.parametrize(
    ("told_at", "day"),
    [
        ("2026-11-18T22:30:00Z", 19),
        ("2026-11-19T01:30:00.5+05:00", 18),
        ("2026-11-19T23:59:59", 19),
        ("2026-11-19T23:59:59.123456+03:00", 19),
    ],
)
def test_the_day_of_a_charge_is_moscows_whatever_its_zone(told_at: str, day: int) -> None:
    assert charges(charge(updTime=told_at)).ad_charges[0].d == date(2026, 11, day)


def test_an_unknown_way_of_paying_keeps_its_money_and_is_noted() -> None:
    bundle = sample("real/advert_bundle_2026-09.json")
    found = charges(*bundle["upd"])
    assert [(row.amount, row.paid_from, row.document) for row in found.ad_charges] == [
        (RUB("1.50"), "unknown", "7001"),
        (RUB("0.50"), "unknown", "7001"),
    ]
    assert len({row.row_key for row in found.ad_charges}) == 2, "one document covers both campaigns"
    assert all("«cpm»" in note.reason for note in found.unplaced)


def test_charges_that_cannot_be_read_are_set_aside_with_their_money() -> None:
    found = charges(charge(updTime="вчера"), charge(updSum="рубль"), 5, charge(updSum=0), charge())
    assert [row.amount for row in found.ad_charges] == [RUB("24.50")]
    assert [note.amount for note in found.unplaced] == [RUB("-24.50"), None, None]


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("Баланс", "balance"),
        ("бонусы", "bonus"),
        ("Счёт", "account"),
        ("Счет", "account"),
        ("КЭШБЭК", "cashback"),
    ],
)
def test_ways_of_paying(word: str, ours: str) -> None:
    assert charges(charge(paymentType=word)).ad_charges[0].paid_from == ours


# How they are asked


def listing(*statuses: int, each: int = 1) -> Answer:
    groups = [
        {"type": 9, "status": s, "advert_list": [{"advertId": s * 1000 + n} for n in range(each)]}
        for s in statuses
    ]
    return told({"adverts": groups})


NAMES = told({"adverts": []})


def stat(campaign: int, amount: float) -> dict[str, Any]:
    apps = [{"appType": 1, "nms": [{"nmId": 7, "sum": amount}]}]
    return {"advertId": campaign, "days": [{"date": "2026-11-19T00:00:00Z", "apps": apps}]}


def test_statistics_are_asked_by_fifty_of_campaigns_that_have_them() -> None:
    script = listing(9, 4, 8, 11, each=40), NAMES, told([stat(9001, 5)]), NAMES, told([stat(11005, 7)])
    with opened(*script) as (stage, sources):
        source = sources["wb.ads"]
        (unit,) = source.units(D, D)
        pages = list(source.fetch(unit, ""))
        found = source.normalise(unit, pages)
    asked = [path.partition("ids=")[2].partition("&")[0].split("%2C") for _, path, _ in stage.seen]
    assert [len(ids) for ids in asked[1:]] == [50, 50, 30, 30]
    assert {number[:-3] for ids in asked[1:] for number in ids} == {"9", "11"}
    assert len(found.campaigns) == 160
    assert spend(found) == {(date(2026, 11, 19), 9001, 7): 5, (date(2026, 11, 19), 11005, 7): 7}
    assert "beginDate=2026-11-20&endDate=2026-11-20" in stage.seen[2][1]


def test_interrupted_statistics_go_on_and_are_not_counted_twice() -> None:
    busy = Answer(429, b"{}", {"X-Ratelimit-Retry": "3600"})
    with opened(listing(9, 11, each=40), NAMES, told([stat(9001, 5)]), NAMES, busy) as (_, sources):
        (unit,) = sources["wb.ads"].units(D, D)
        pages = sources["wb.ads"].fetch(unit, "")
        kept = [next(pages) for _ in range(4)]
        with pytest.raises(RateLimited):
            next(pages)
    with opened(NAMES, told([stat(11005, 7)])) as (stage, sources):
        kept += sources["wb.ads"].fetch(unit, kept[-1].cursor)
        assert len(stage.seen) == 2
        assert kept[-1].cursor == ""
        # The same question once more, as after a kill between a reply and its being kept.
        found = sources["wb.ads"].normalise(unit, [*kept, kept[2]])
    assert spend(found) == {(date(2026, 11, 19), 9001, 7): 5, (date(2026, 11, 19), 11005, 7): 7}
    assert len(found.campaigns) == 80


def test_without_campaigns_there_is_nothing_to_ask() -> None:
    with opened(told({"adverts": None, "all": 0})) as (stage, sources):
        (unit,) = sources["wb.ads"].units(D, D)
        (only,) = sources["wb.ads"].fetch(unit, "")
        found = sources["wb.ads"].normalise(unit, [only])
        assert len(stage.seen) == 1
    assert (only.cursor, found.campaigns, found.ad_stats) == ("", [], [])


@pytest.mark.parametrize("name", ["wb.ads", "wb.ad_money"])
def test_as_many_days_at_once_as_may_be_asked_for(name: str) -> None:
    with opened(told([])) as (_, sources):
        units = sources[name].units(date(2026, 9, 15), D)
    assert [unit.name for unit in units] == [
        "2026-09-15..2026-09-19",
        "2026-09-20..2026-10-20",
        "2026-10-21..2026-11-20",
    ]


def test_money_is_one_page_a_unit() -> None:
    with opened(told([charge(updTime=None)])) as (stage, sources):
        (unit,) = sources["wb.ad_money"].units(D, D)
        pages = list(sources["wb.ad_money"].fetch(unit, ""))
        (row,) = sources["wb.ad_money"].normalise(unit, pages).ad_charges
    assert ([p.cursor for p in pages], row.d) == ([""], D)
    assert "from=2026-11-20&to=2026-11-20" in stage.seen[0][1]
