"""Paid storage, acceptance, deductions and returns of the sandbox: they explain its finance report."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import jsonschema
import pytest

from app.sandbox.wb.lumps import FINES
from app.sandbox.wb.tokens import BASE
from app.sandbox.world import World
from tests.sandbox.conftest import TODAY, Shop, open_shop, rub
from tests.sandbox.specs import WB, wb_reply

ANALYTICS = "/wb/seller-analytics-api"
STORAGE, ACCEPTANCE = "/api/v1/paid_storage", "/api/v1/acceptance_report"
DEDUCTIONS, MEASUREMENTS = "/api/analytics/v1/deductions", "/api/analytics/v1/measurement-penalties"
SELF_BUYOUTS, RETURNS = "/api/v1/analytics/antifraud-details", "/api/analytics/v1/item-returns"
FIRST, LAST = "2026-10-21", "2026-11-19"
needs_specs = pytest.mark.skipif(not WB.exists(), reason="the specs are not beside the repository")


def ask(shop: Shop, path: str, headers: dict[str, str] | None = None, **asked: Any) -> httpx.Response:
    return shop.http.get(ANALYTICS + path, headers=headers or shop.wb, params=asked)


def report(shop: Shop, path: str, first: str, last: str) -> list[dict[str, Any]]:
    """All three steps."""
    made = ask(shop, path, dateFrom=first, dateTo=last)
    assert made.status_code == 200, made.text
    task = f"{path}/tasks/{made.json()['data']['taskId']}"
    assert ask(shop, f"{task}/status").json()["data"]["status"] == "done"
    told = ask(shop, f"{task}/download")
    return told.json() if told.status_code == 200 else []


def fines(shop: Shop, path: str, **asked: Any) -> dict[str, Any]:
    usual = {"dateFrom": f"{FIRST}T00:00:00Z", "dateTo": f"{LAST}T23:59:59Z", "limit": 1_000}
    told = ask(shop, path, **(usual | asked))
    assert told.status_code == 200, told.text
    return told.json()


def days(first: str, last: str, step: int) -> list[tuple[str, str]]:
    """Spans of ``step`` days."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    spans = []
    while start <= end:
        until = min(start + timedelta(days=step - 1), end)
        spans.append((start.isoformat(), until.isoformat()))
        start = until + timedelta(days=1)
    return spans


@pytest.fixture(scope="module")
def finance(shop: Shop) -> list[dict[str, Any]]:
    """The rows that everything here explains."""
    return shop.finance(FIRST, LAST)


def charged(finance: list[dict[str, Any]], field: str) -> dict[str, Decimal]:
    """A money column of the finance report by day."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in finance:
        found[row["rrDate"]] += rub(row[field])
    return {d: amount for d, amount in found.items() if amount}


def test_storage_of_a_day_is_the_lump_of_the_finance_report_but_for_rounding(
    shop: Shop, finance: list[dict[str, Any]]
):
    """Half a kopeck for each row, and less than one that the lump drops."""
    lumps = charged(finance, "paidStorage")
    rows = [row for span in days(FIRST, LAST, 8) for row in report(shop, STORAGE, *span)]
    by_day = defaultdict(list)
    for row in rows:
        by_day[row["date"]].append(rub(row["warehousePrice"]))
    assert by_day.keys() == lumps.keys()
    assert len(lumps) == 30
    gaps = {d: abs(sum(told) - lumps[d]) for d, told in by_day.items()}
    assert all(gap <= Decimal("0.005") * len(by_day[d]) + Decimal("0.01") for d, gap in gaps.items())
    assert any(gaps.values()), "rounded row by row, as in life"
    assert sum(gaps.values()) < sum(lumps.values()) * Decimal("0.0067"), "facts 7.2: 0.67 % on full coverage"


def test_storage_is_of_what_lay_there(shop: Shop):
    market = shop.world.wb
    pieces: dict[int, int] = defaultdict(int)
    for row in report(shop, STORAGE, LAST, LAST):
        assert (row["officeId"], row["warehouse"]) == (0, "Склад WB РФ")
        pieces[row["chrtId"]] += row["barcodesCount"]
    expected = zip(market.shelf.item_id.tolist(), market.stock.tolist(), strict=True)
    assert pieces == {chrt: count for chrt, count in expected if count}


def test_acceptance_is_the_finance_reports_by_card_and_delivery(shop: Shop, finance: list[dict[str, Any]]):
    rows = [row for span in days(FIRST, LAST, 31) for row in report(shop, ACCEPTANCE, *span)]
    told: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        told[row["shkCreateDate"]] += rub(row["total"])
        assert row["giCreateDate"] < row["shkCreateDate"]
    assert told == charged(finance, "paidAcceptance")
    keys = [(row["shkCreateDate"], row["incomeId"], row["nmID"]) for row in rows]
    assert len(keys) == len(set(keys)) > 20


@pytest.mark.parametrize(
    ("path", "words", "money"),
    [(DEDUCTIONS, FINES[2], "bonusSumm"), (MEASUREMENTS, FINES[0], "penaltyAmount")],
)
def test_fines_of_the_finance_report_are_told_one_by_one(
    shop: Shop, finance: list[dict[str, Any]], path: str, words: str, money: str
):
    expected = sorted(
        (row["rrDate"], row["nmId"], rub(row["penalty"])) for row in finance if row["bonusTypeName"] == words
    )
    told = fines(shop, path)["data"]
    assert told["total"] == len(expected) > 0
    assert [
        (row["dtBonus"][:10], row["nmId"], rub(row[money])) for row in reversed(told["reports"])
    ] == expected


def test_fines_are_paged_and_ordered(shop: Shop):
    whole = fines(shop, DEDUCTIONS)["data"]["reports"]
    assert len(whole) > 1
    paged = [fines(shop, DEDUCTIONS, limit=1, offset=n)["data"]["reports"] for n in range(len(whole) + 1)]
    assert paged == [[row] for row in whole] + [[]]
    assert fines(shop, DEDUCTIONS, order="asc")["data"]["reports"] == whole[::-1]


def test_no_week_has_self_buyouts(shop: Shop):
    assert ask(shop, SELF_BUYOUTS).json() == {"details": []}
    assert ask(shop, SELF_BUYOUTS, date="вчера").status_code == 400


def test_a_return_travels_waits_and_is_handed_over(fresh_shop: Shop):
    def told(**asked: Any) -> dict[str, dict[str, Any]]:
        reply = ask(fresh_shop, RETURNS, dateFrom="2026-11-01", dateTo="2026-11-30", **asked)
        return {row["srid"]: row for row in reply.json()["report"]}

    before = told()
    assert {row["returnStatus"] for row in before.values()} == {"В пути в пвз", "Готов к выдаче", "Выдан"}
    for row in before.values():
        assert (row["completedDt"] is not None) == (row["returnStatus"] == "Выдан")
    assert told(status="active").keys() | told(status="archive").keys() == before.keys()
    assert told(status="archive").keys() == {k for k, row in before.items() if row["completedDt"]}
    fresh_shop.advance(10)
    after = told()
    assert before.keys() <= after.keys()
    assert all(after[srid]["returnStatus"] == "Выдан" for srid in before)
    some = ask(fresh_shop, RETURNS, dateFrom="2026-11-01", dateTo="2026-11-30", limit=2, offset=1).json()
    assert some["count"] == len(after)
    assert [row["srid"] for row in some["report"]] == list(after)[1:3]
    none = ask(fresh_shop, RETURNS, dateFrom="2026-01-01", dateTo="2026-01-30")
    assert (none.status_code, none.content) == (204, b"")


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        (STORAGE, {"dateFrom": "2026-11-01", "dateTo": "2026-11-09"}),
        (STORAGE, {"dateFrom": "2026-11-02", "dateTo": "2026-11-01"}),
        (STORAGE, {"dateFrom": "2026-11-02"}),
        (ACCEPTANCE, {"dateFrom": "2026-10-01", "dateTo": "2026-11-01"}),
        (ACCEPTANCE, {"dateFrom": "давно", "dateTo": "2026-11-01"}),
        (DEDUCTIONS, {"limit": "10"}),
        (DEDUCTIONS, {"dateTo": "2026-11-01T00:00:00Z"}),
        (MEASUREMENTS, {"dateTo": "2026-11-01T00:00:00Z", "limit": "1001"}),
        (RETURNS, {"dateFrom": "2026-10-01", "dateTo": "2026-11-01"}),
        (RETURNS, {"dateFrom": "2026-11-01", "dateTo": "2026-11-02", "limit": "1001"}),
    ],
)
def test_what_cannot_be_told_is_refused(shop: Shop, path: str, asked: dict[str, str]):
    assert ask(shop, path, **asked).status_code == 400


def test_a_task_is_made_kept_and_forgotten():
    hands = [1_000.0]
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: hands[0]):

        def step(path: str, shop: Shop = shop, **asked: str) -> httpx.Response:
            shop.http.post("/sandbox/refill")
            return ask(shop, path, **asked)

        made = step(STORAGE, dateFrom="2026-11-18", dateTo="2026-11-19").json()["data"]["taskId"]
        task = f"{STORAGE}/tasks/{made}"
        assert step(f"{task}/status").json()["data"] == {"id": made, "status": "new"}
        assert step(f"{task}/download").status_code == 404
        hands[0] += 10
        assert step(f"{task}/status").json()["data"]["status"] == "processing"
        hands[0] += 20
        assert step(f"{task}/download").status_code == 200
        assert step(f"{ACCEPTANCE}/tasks/{made}/status").status_code == 404, "a task of another report"
        hands[0] += 7_200
        assert step(f"{task}/status").status_code == 404
        other = step(STORAGE, dateFrom="2026-11-18", dateTo="2026-11-19").json()["data"]["taskId"]
        hands[0] += 30
        shop.http.post("/sandbox/expire")
        assert (other != made, step(f"{STORAGE}/tasks/{other}/status").status_code) == (True, 404)
        assert step(f"{STORAGE}/tasks/7/status").status_code == 400


def test_nothing_stored_is_204_and_nothing_accepted_an_empty_list(shop: Shop):
    for path, expected in ((STORAGE, (204, b"")), (ACCEPTANCE, (200, b"[]"))):
        made = ask(shop, path, dateFrom="2026-01-01", dateTo="2026-01-02").json()["data"]["taskId"]
        told = ask(shop, f"{path}/tasks/{made}/download")
        assert (told.status_code, told.content) == expected


def test_a_base_token_waits_as_long_as_in_life():
    span = {"dateFrom": "2026-11-18", "dateTo": "2026-11-19"}
    moments = {"dateTo": "2026-11-19T00:00:00Z", "limit": "1"}
    waits = {
        STORAGE: (span, "3600"),
        ACCEPTANCE: (span, "10800"),
        DEDUCTIONS: (moments, "900"),
        MEASUREMENTS: (moments, "21600"),
        SELF_BUYOUTS: ({}, "3600"),
        RETURNS: (span, "1800"),
    }
    for shop in open_shop(World(7, skus=10, days=3, today=TODAY), pace=1.0, clock=lambda: 0.0):
        base = shop.token(acc=BASE)
        for path, (asked, seconds) in waits.items():
            assert ask(shop, path, base, **asked).status_code in (200, 204)
            again = ask(shop, path, base, **asked)
            assert (again.status_code, again.headers["X-Ratelimit-Retry"]) == (429, seconds), path


@needs_specs
@pytest.mark.needs_shared
def test_replies_are_of_the_published_shape(shop: Shop):
    def valid(value: Any, path: str, status: int = 200) -> None:
        schema = wb_reply("reports", "get", path, status)
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
        assert not errors, errors[0]

    for path, first in ((STORAGE, "2026-11-15"), (ACCEPTANCE, FIRST)):
        made = ask(shop, path, dateFrom=first, dateTo=LAST).json()
        valid(made, path)
        task = made["data"]["taskId"]
        valid(ask(shop, f"{path}/tasks/{task}/status").json(), f"{path}/tasks/{{task_id}}/status")
        rows = ask(shop, f"{path}/tasks/{task}/download").json()
        assert len(rows) > 20
        valid(rows, f"{path}/tasks/{{task_id}}/download")
        valid(ask(shop, path).json(), path, 400)
    for path in (DEDUCTIONS, MEASUREMENTS):
        told = fines(shop, path)
        assert told["data"]["reports"]
        valid(told, path)
        valid(ask(shop, path).json(), path, 400)
    valid(ask(shop, SELF_BUYOUTS).json(), SELF_BUYOUTS)
    back = ask(shop, RETURNS, dateFrom=FIRST, dateTo="2026-11-10").json()
    assert back["report"]
    valid(back, RETURNS)
