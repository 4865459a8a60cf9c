"""How each source turns pages, stops, waits and goes on after an interruption, over a real socket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.marketplaces.errors import Garbled, NotReady, RateLimited, Refused
from app.marketplaces.ozon.client import open_ozon
from app.marketplaces.ozon.key import OzonKey
from app.marketplaces.ozon.policy import OzonPolicy
from app.marketplaces.ozon.sources import ozon_sources
from app.marketplaces.source import Source
from app.marketplaces.transport import Breakers, MemoryRateBudget
from app.marketplaces.wb.client import open_wb
from app.marketplaces.wb.money import calls as finance_calls
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import wb_sources
from app.marketplaces.wb.token import TokenType
from tests.http.server import Answer, Stage, serving

D = date(2026, 11, 20)


def told(body: Any, status: int = 200) -> Answer:
    return Answer(status, b"" if body is None else json.dumps(body).encode())


@contextmanager
def opened(*script: Answer, policy: WbPolicy | None = None) -> Iterator[tuple[Stage, dict[str, Source]]]:
    """A server with a script and all sources on it; waiting takes no time."""
    clock = FixedClock(datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    budget, breakers = MemoryRateBudget(clock, {}), Breakers(clock)
    with serving(*script) as stage:
        wb = open_wb("t", address=stage.address + "/{host}", budget=budget, clock=clock, breakers=breakers)
        ozon = open_ozon(
            OzonKey("1", "k"), address=stage.address, budget=budget, clock=clock, breakers=breakers
        )
        wb.transport.sleep = ozon.transport.sleep = lambda _seconds: None
        every = [*wb_sources(wb, policy or WbPolicy()), *ozon_sources(ozon, OzonPolicy())]
        yield stage, {source.name: source for source in every}
        wb.transport.close()
        ozon.transport.close()


def cursors(source: Source, cursor: str = "") -> list[str]:
    (unit,) = source.units(D, D)
    return [page.cursor for page in source.fetch(unit, cursor)]


def test_cards_are_turned_by_the_reply_s_cursor_until_it_is_short() -> None:
    full = {"cards": [{"nmID": 1}], "cursor": {"updatedAt": "2026-01-01T00:00:00Z", "nmID": 1, "total": 100}}
    short = {"cards": [{"nmID": 2}], "cursor": {"updatedAt": "2026-01-02T00:00:00Z", "nmID": 2, "total": 7}}
    with opened(told(full), told(short)) as (stage, sources):
        first, last = cursors(sources["wb.cards"])
        assert json.loads(first) == {"updatedAt": "2026-01-01T00:00:00Z", "nmID": 1}
        assert last == ""
        assert len(stage.seen) == 2
    with opened(told(short)) as (stage, sources):
        assert cursors(sources["wb.cards"], first) == [""], "goes on where it stopped"


def test_a_cursor_that_stands_still_ends_the_cards() -> None:
    full = {"cards": [{"nmID": 1}], "cursor": {"updatedAt": "x", "nmID": 1, "total": 100}}
    with opened(told(full)) as (stage, sources):
        assert cursors(sources["wb.cards"])[-1] == ""
        assert len(stage.seen) == 2


def test_a_short_page_of_sales_is_the_last_and_costs_no_second_call() -> None:
    with opened(told([{"saleID": "S1", "lastChangeDate": "2026-11-20T10:00:00"}])) as (stage, sources):
        assert cursors(sources["wb.sales"]) == [""]
    assert len(stage.seen) == 1
    assert "dateFrom=2026-11-20T00%3A00%3A00" in stage.seen[0][1]


def test_a_full_page_of_sales_goes_on_from_its_last_change() -> None:
    rows = [{"saleID": "S1", "lastChangeDate": "2026-11-20T10:00:01"}]
    policy = WbPolicy(full_sales_page=1)
    with opened(told(rows), told([]), policy=policy) as (stage, sources):
        assert cursors(sources["wb.sales"]) == ["2026-11-20T10:00:01", ""]
        assert "dateFrom=2026-11-20T10%3A00%3A01" in stage.seen[1][1]
    with opened(told(rows), policy=policy) as (stage, sources), pytest.raises(Garbled, match="повторяется"):
        cursors(sources["wb.sales"])


def test_finance_ends_with_a_short_page_or_with_204(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finance_calls, "PAGE", 2)
    rows = [{"rrdId": 5}, {"rrdId": 9}]
    with opened(told(rows), told(None, 204)) as (stage, sources):
        assert cursors(sources["wb.finance"]) == ["daily:9", ""]
    with opened(told(rows[:1])) as (stage, sources):
        assert cursors(sources["wb.finance"]) == [""]
        assert len(stage.seen) == 1


def test_a_whole_week_is_asked_for_its_weekly_report_and_then_for_its_daily_ones() -> None:
    monday, sunday = date(2026, 11, 9), date(2026, 11, 15)
    policy = WbPolicy(token_type=TokenType.PERSONAL)
    with opened(told(None, 204), told([{"rrdId": 5}]), policy=policy) as (_, sources):
        (unit,) = sources["wb.finance"].units(monday, sunday)
        pages = list(sources["wb.finance"].fetch(unit, ""))
    assert [page.cursor for page in pages] == ["daily:0", ""]
    asked = [json.loads(page.key.params)["body"]["period"] for page in pages]
    assert asked == ["weekly", "daily"]
    with opened(told([{"rrdId": 5}]), policy=policy) as (stage, sources):
        assert [page.cursor for page in sources["wb.finance"].fetch(unit, "")] == [""]
        assert len(stage.seen) == 1


def test_units_of_finance_are_weeks_or_for_a_base_token_what_is_open() -> None:
    with opened(told([]), policy=WbPolicy(token_type=TokenType.PERSONAL)) as (_, sources):
        names = [unit.name for unit in sources["wb.finance"].units(date(2026, 11, 5), date(2026, 11, 20))]
        assert names == ["2026-11-05..2026-11-08", "2026-11-09..2026-11-15", "2026-11-16..2026-11-20"]
    with opened(told([])) as (_, sources):
        units = sources["wb.finance"].units
        (open_days,) = units(date(2026, 11, 5), date(2026, 11, 20))
        assert open_days == ("2026-11-09..2026-11-20 open", date(2026, 11, 9), D)
        # The night of a Monday asks for what is surely published, too.
        assert [unit.name for unit in units(date(2026, 10, 26), date(2026, 11, 16))] == [
            "2026-10-26..2026-11-01",
            "2026-11-02..2026-11-16 open",
        ]


def test_open_days_that_end_on_a_sunday_are_not_taken_for_published_weeks() -> None:
    with opened(told([{"rrdId": 5}])) as (_, sources):
        (unit,) = sources["wb.finance"].units(date(2026, 10, 19), date(2026, 11, 15))
        assert (unit.d_from, unit.d_to) == (date(2026, 11, 2), date(2026, 11, 15))
        (page,) = sources["wb.finance"].fetch(unit, "")
    assert json.loads(page.key.params)["body"]["period"] == "daily"


TASK = told({"data": {"taskId": "t-1"}})
WORKING = told({"data": {"id": "t-1", "status": "processing"}})
DONE = told({"data": {"id": "t-1", "status": "done"}})


def test_a_stock_report_is_ordered_awaited_and_taken() -> None:
    with opened(TASK, WORKING, DONE, told([])) as (stage, sources):
        assert cursors(sources["wb.stock"]) == ["t-1", ""]
    assert [path.rsplit("/", 1)[-1].partition("?")[0] for _, path, _ in stage.seen] == [
        "warehouse_remains",
        "status",
        "status",
        "download",
    ]


def test_a_report_that_takes_long_is_left_and_found_again() -> None:
    with opened(TASK, WORKING) as (stage, sources):
        (unit,) = sources["wb.stock"].units(D, D)
        pages = sources["wb.stock"].fetch(unit, "")
        assert next(pages).cursor == "t-1"
        with pytest.raises(NotReady) as caught:
            next(pages)
        assert caught.value.until == datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
        assert len(stage.seen) == 1 + WbPolicy().polls
    with opened(DONE, told([])) as (stage, sources):
        assert cursors(sources["wb.stock"], "t-1") == [""]
        assert "/tasks/t-1/status" in stage.seen[0][1]


@pytest.mark.parametrize("gone", [told({"data": {"status": "purged"}}), told({"title": "Not Found"}, 404)])
def test_a_report_that_is_gone_is_ordered_anew(gone: Answer) -> None:
    with opened(gone, TASK, DONE, told([])) as (_, sources):
        assert cursors(sources["wb.stock"], "t-0") == ["t-1", ""]


def test_a_limit_on_the_status_leaves_the_task_to_be_found() -> None:
    busy = Answer(429, b"{}", {"X-Ratelimit-Retry": "900"})
    with opened(TASK, busy) as (_, sources):
        (unit,) = sources["wb.stock"].units(D, D)
        pages = sources["wb.stock"].fetch(unit, "")
        assert next(pages).cursor == "t-1"
        with pytest.raises(RateLimited):
            next(pages)


@pytest.mark.parametrize("task", ["../../v1/seller-info", "a/b", "", None, 5])
def test_a_task_id_that_is_no_id_never_becomes_a_path(task: object) -> None:
    with opened(told({"data": {"taskId": task}})) as (stage, sources):
        with pytest.raises(Garbled):
            cursors(sources["wb.stock"])
        assert len(stage.seen) == 1


ONE = {"accruals": [{"accrual_id": 1}], "last_id": "a"}
NONE = {"accruals": [], "last_id": "b"}
EXPIRED = told({"code": 3, "message": "last_id expired"}, 400)


def test_a_day_of_accruals_is_read_until_a_page_is_empty() -> None:
    with opened(told(ONE), told(NONE)) as (_, sources):
        assert cursors(sources["ozon.accruals"]) == ["2026-11-21T02:00:00+00:00 a", ""]


def test_an_expired_cursor_starts_the_day_over_twice_at_most() -> None:
    young = "2026-11-21T01:50:00+00:00 old"
    with opened(EXPIRED, told(ONE), told(NONE)) as (stage, sources):
        assert cursors(sources["ozon.accruals"], young) == ["2026-11-21T02:00:00+00:00 a", ""]
        assert len(stage.seen) == 3
    with opened(told(ONE), EXPIRED) as (stage, sources), pytest.raises(Refused):
        cursors(sources["ozon.accruals"])
    # The page and its expiry, once; then the day is refused from its first page, which is an error.
    assert len(stage.seen) == 3


def test_days_of_accruals_are_units_oldest_first() -> None:
    with opened(told(NONE)) as (_, sources):
        units = sources["ozon.accruals"].units(D - timedelta(days=2), D)
    assert [unit.name for unit in units] == ["2026-11-18", "2026-11-19", "2026-11-20"]


def test_the_catalogue_goes_on_after_the_page_whose_details_came() -> None:
    listed = {"result": {"items": [{"product_id": 1, "sku": 5}], "last_id": "p1"}}
    details = {"items": [{"id": 1}]}
    empty = {"result": {"items": [], "last_id": ""}}
    with opened(told(listed), told(details), told(empty), told(empty)) as (_, sources):
        assert cursors(sources["ozon.catalogue"]) == ["ALL:", "ALL:p1", "ARCHIVED:", ""]
    with opened(told(empty)) as (stage, sources):
        assert cursors(sources["ozon.catalogue"], "ARCHIVED:") == [""]
        assert len(stage.seen) == 1


def test_stock_is_asked_by_the_hundred_and_goes_on_after_the_last_sku() -> None:
    items = [{"product_id": number, "sku": number} for number in range(1, 151)]
    listed = told({"result": {"items": items, "last_id": ""}})
    with opened(listed, told({"items": []})) as (stage, sources):
        assert cursors(sources["ozon.stock"]) == ["100", ""]
        assert len(stage.seen) == 3
    with opened(listed, told({"items": []})) as (stage, sources):
        assert cursors(sources["ozon.stock"], "100") == [""]
        assert len(stage.seen) == 2
