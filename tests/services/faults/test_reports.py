"""Reports that are ordered, looked after and taken: gone, failed, or not to be had, they are ordered anew."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from app.sandbox.ozon.areas import realization
from tests.support.bench import MOST_PASSES, Bench
from tests.support.faults import Killed, mortal, soaked
from tests.support.meddlers import Once, method_of
from tests.support.tap import Answer, Exchange

TOO_OLD = b"<Error><Code>AccessDenied</Code><Message>validate error: signature is too old</Message></Error>"


# Wildberries


def wb_gone(kind: str) -> Once:
    """Each report's first status says so, or is not found; or its file is not there."""
    step = "download" if kind == "file" else "status"

    def answer(asked: Exchange) -> Answer:
        if kind in ("purged", "canceled"):
            body = {"data": {"id": asked.path.split("/")[-2], "status": kind}}
            return Answer(200, json.dumps(body).encode())
        return Answer(404, b'{"title": "Not Found", "detail": "not found"}')

    def kind_of(asked: Exchange) -> str:
        return method_of(asked) if "/tasks/" in asked.path and asked.path.endswith(f"/{step}") else ""

    return Once(kind_of, answer)


@pytest.mark.parametrize("kind", ["purged", *soaked("canceled", "missing", "file")])
def test_a_report_of_wildberries_that_is_gone_is_ordered_anew(wb_reports: Bench, kind: str) -> None:
    shop, gone = wb_reports.victim(), wb_gone(kind)
    wb_reports.tap.instead = gone
    failed = wb_reports.run(shop)
    assert len(gone.struck) == len(failed) > 0
    assert all("\n" not in told and told.endswith(".") for told in failed.values())
    shop.heal()
    assert wb_reports.run(shop) == {}
    wb_reports.check(shop)


def test_a_report_that_expires_while_nobody_was_there_is_ordered_anew(wb_reports: Bench) -> None:
    shop = wb_reports.victim()
    for page in range(MOST_PASSES):
        with pytest.raises(Killed):
            wb_reports.run(shop, mortal(shop, 0), "one-job")
        if any(step.path.endswith("warehouse_remains") for step in wb_reports.tap.heard):
            break
        assert page < MOST_PASSES - 1
    wb_reports.tap.instead = wb_gone("missing")
    assert "wb.stock" not in wb_reports.run(shop, trace="one-job")
    shop.heal()
    assert wb_reports.run(shop, trace="one-job") == {}
    wb_reports.check(shop)


# Ozon


@pytest.fixture
def by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every month is too large to be told at once: its realization comes as a file too."""
    monkeypatch.setattr(realization, "LARGEST_BY_POSTING", 0)


OZON_REPORTS = {
    "ozon.placement": "placement",
    "ozon.compensations": "compensation",
    "ozon.realization_postings": "realization",
}
"""Sources, and the word in the number of their report. Nothing was taken back that month: of that there is
no report."""


def ozon_gone(kind: str) -> Once:
    """Each report is so once."""
    answers = {
        "missing": Answer(404, b'{"code": 5, "message": "report not found", "details": []}'),
        "failed": Answer(200, b'{"result": {"code": "", "status": "failed", "error": "internal"}}'),
        "no link": Answer(200, b'{"result": {"code": "", "status": "success", "file": ""}}'),
        "link": Answer(403, TOO_OLD),
        "empty": Answer(200, b""),
    }

    def kind_of(asked: Exchange) -> str:
        is_file = asked.path.endswith(".xlsx")
        is_ours = is_file if kind in ("link", "empty") else asked.path == "/v1/report/info"
        told = asked.path + asked.sent.decode()
        return next(word for word in OZON_REPORTS.values() if word in told) if is_ours else ""

    return Once(kind_of, lambda _: answers[kind])


@pytest.mark.usefixtures("by_file")
@pytest.mark.parametrize("kind", ["link", *soaked("failed", "missing", "no link", "empty")])
def test_a_report_of_ozon_that_is_not_to_be_had_is_ordered_anew(ozon_reports: Bench, kind: str) -> None:
    """Each kind of report, once; the seller's file tells the same as the page that it stands for."""
    shop, gone = ozon_reports.victim(), ozon_gone(kind)
    ozon_reports.tap.instead = gone
    failed = ozon_reports.run(shop)
    assert set(failed) == OZON_REPORTS.keys()
    assert all("\n" not in told and told.endswith(".") for told in failed.values())
    shop.heal()
    assert ozon_reports.run(shop) == {}
    assert gone.struck == Counter(OZON_REPORTS.values())
    ozon_reports.check(shop)


@pytest.mark.usefixtures("by_file")
def test_reports_and_links_that_expire_while_nobody_was_there_are_asked_for_anew(ozon_reports: Bench) -> None:
    """The job dies at every page; what it has just ordered is forgotten, once of each kind."""
    shop, forgotten = ozon_reports.victim(), set[str]()
    for _ in range(MOST_PASSES):
        try:
            assert ozon_reports.run(shop, mortal(shop, 0), "one-job") == {}
            break
        except Killed:
            last = ozon_reports.heard()[-1].path
            if last in ORDERED - forgotten:
                forgotten.add(last)
                shop.control.post("/sandbox/expire").raise_for_status()
    assert forgotten == ORDERED
    ozon_reports.check(shop)


ORDERED = {
    "/v1/report/placement/by-products/create",
    "/v1/finance/compensation",
    "/v1/report/realization/posting/create",
}


# A last_id of accruals lives for a quarter of an hour


def _last_id(asked: Exchange) -> str:
    if not asked.path.endswith("/accrual/by-day"):
        return ""
    told = json.loads(asked.sent)
    return str(told["date"]) if told.get("last_id") else ""


def test_a_last_id_that_ozon_has_forgotten_begins_its_day_anew(ozon_accruals: Bench) -> None:
    """Of every day that has a second page."""
    shop = ozon_accruals.victim()
    forgotten = Once(_last_id, lambda _: Answer(400, b'{"code": 3, "message": "last_id has expired"}'))
    ozon_accruals.tap.instead = forgotten
    assert ozon_accruals.run(shop) == {}
    assert len(forgotten.struck) > 3
    ozon_accruals.check(shop)


def test_a_last_id_that_is_too_old_is_not_even_tried(ozon_accruals: Bench) -> None:
    """The job comes back after a quarter of an hour, to a page whose last_id nobody knows any more."""
    shop, died, heard = ozon_accruals.victim(), 0, list[Exchange]()
    while died < MOST_PASSES:
        try:
            assert ozon_accruals.run(shop, mortal(shop, 4), "one-job") == {}
            break
        except Killed:
            died += 1
            heard += ozon_accruals.heard()
            shop.wall.skip(timedelta(minutes=16))
            shop.control.post("/sandbox/expire").raise_for_status()
    assert died > 3
    assert {seen.status for seen in heard if _last_id(seen)} == {200}, "an old one was tried"
    ozon_accruals.check(shop)
