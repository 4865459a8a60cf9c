"""A marketplace's bad days: each ends in a clear sentence, the others go on, and nothing is lost.

After every fault the next good night brings the facts to the books.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import NotNow
from app.db.install import Urls
from app.db.session import Database
from app.marketplaces.ozon.accruals import OzonAccruals
from app.marketplaces.ozon.accruals.rows import normalise_accruals
from app.marketplaces.source import Normalised
from app.marketplaces.wb import sources as wb_sources
from app.marketplaces.wb.money import WbFinance
from app.queue.port import ClaimedJob
from app.sandbox.server import SandboxServer
from app.sandbox.wb.tokens import Tokens
from app.sandbox.world import World
from app.services.analytics.pnl import pnl
from app.services.analytics.reports import SourceStatus
from app.services.analytics.status import EXPECTED, ShowStatus, StatusQuery
from app.services.analytics.today import ShowToday, TodayQuery
from app.services.night import NightReport
from app.services.work import CollectWork
from tests.support.shop import (
    CORE,
    Shop,
    all_books,
    books,
    connect,
    make_house,
    open_shop,
    our_books,
    quiet,
    sandbox,
)

DAYS = 2
BOTH = "accrual/by-day|sales-reports/detailed"
MONEY = {"wb.finance", "ozon.accruals"}


@pytest.fixture(scope="module")
def only() -> frozenset[str]:
    return CORE | {"wb.reports"}


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox(skus=20, days=DAYS) as server:
        yield server


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between a failed call and its repetition; how long they are is tests/http's business."""
    monkeypatch.setattr("app.marketplaces.transport.client.Retry.pause", lambda *_: 0.0)


@pytest.fixture(autouse=True)
def good_before_and_after(shop: Shop) -> Iterator[None]:
    """A new day with the day before it in order; afterwards the marketplace is well again."""
    shop.advance()
    yield
    shop.heal()
    assert shop.night(days=DAYS).errors == {}
    last = shop.d - timedelta(days=DAYS - 1)
    ours = {key: book for key, book in our_books(shop).items() if key[1] >= last}
    assert ours == all_books(shop.world, last, shop.d)
    assert shop.value("SELECT count(*) FROM unplaced_row") == 0
    assert _status(shop) == {}


def _status(shop: Shop) -> dict[str, SourceStatus]:
    """/status: the sources that are not as they should be."""
    with shop.db.tenant(shop.tenant_id) as tx:
        report = ShowStatus(shop.house.clock, shop.house.settings)(tx, StatusQuery())
    return {each.source: each for each in report.sources if each.last_error or each.complete_to != shop.d}


def _failed(shop: Shop, report: NightReport, sources: set[str], sentence: str) -> None:
    """These sources failed with this sentence, and everybody who looks is told; the others did not."""
    assert set(report.errors) == sources
    shown = sources & {name for names in EXPECTED.values() for name in names}
    assert shown
    for source, told in report.errors.items():
        assert sentence in told
        assert told.isprintable()
        assert told.endswith(".")
        if source in shown:
            assert _status(shop)[source].last_error == told
    with shop.db.tenant(shop.tenant_id) as tx:
        today = ShowToday(shop.house.clock, shop.house.settings)(tx, TodayQuery())
    assert shown <= set(today.missing_sources)
    assert set(report.sources) - sources == {
        name for name, done in report.sources.items() if done.error is None
    }


@pytest.mark.parametrize(
    ("kind", "times", "sentence"),
    [
        ("garbage", 2, "непонятный ответ"),
        ("half_page", 2, "непонятный ответ"),
        pytest.param("empty", 2, "непонятный ответ", marks=pytest.mark.soak),
        ("500", 6, "сейчас не отвечает (код 500)"),
        pytest.param("reset", 6, "не отвечает (соединение оборвалось)", marks=pytest.mark.soak),
    ],
)
def test_a_bad_answer_ends_its_source_with_a_sentence(
    shop: Shop, kind: str, times: int, sentence: str
) -> None:
    shop.fault(BOTH, kind, times)
    before = our_books(shop)
    report = shop.night(days=DAYS)
    _failed(shop, report, MONEY, sentence)
    assert our_books(shop) == before, "a bad answer must not touch what is known"


@pytest.mark.parametrize("kind", ["new_field", "wrong_type"])
def test_a_drifting_format_costs_nothing(shop: Shop, kind: str) -> None:
    shop.fault("(by-day|detailed|sales|orders|feed|adv|balance|product|stocks|cards)", kind, 1000)
    assert shop.night(days=DAYS).errors == {}
    assert {key: b for key, b in our_books(shop).items() if key[1] == shop.d} == all_books(
        shop.world, shop.d, shop.d
    )


def test_a_marketplace_that_hangs_is_left_alone_in_time(shop: Shop, urls: Urls, folder: Path) -> None:
    settings = shop.house.settings.model_copy(update={"http_timeout_seconds": 0.4})
    house = make_house(shop.db, urls, folder, settings, shop.house.clock, shop.wall, CORE)
    shop.fault("sales-reports/detailed", "timeout", 3)
    report = house.night.run(shop.tenant_id, shop.d, "hangs", quiet, days=DAYS)
    _failed(shop, report, {"wb.finance"}, "сейчас не отвечает (не дождались ответа)")


def test_after_many_500s_nobody_asks_for_a_while(shop: Shop) -> None:
    shop.fault("/wb/finance-api/", "500", 1000)
    for _ in range(2):
        report = shop.night(days=DAYS)
    shop.heard()
    report = shop.night(days=DAYS)
    # The sources of one host.
    _failed(shop, report, {"wb.finance", "wb.reports"}, "делаем паузу")
    assert shop.heard("finance-api") == []


def test_a_day_whose_report_did_not_come_is_preliminary(shop: Shop) -> None:
    shop.fault("sales-reports/detailed", "garbage", 1)
    shop.night(days=DAYS)
    with shop.db.tenant(shop.tenant_id) as tx:
        report = pnl(tx, shop.d, shop.d)
        open_rows = tx.run("SELECT count(*) FROM metrics_daily WHERE d = :d AND is_preliminary", d=shop.d)
        assert open_rows.scalar_one() > 0
    assert report.days_preliminary == (shop.d,)
    assert shop.night(days=DAYS).errors == {}
    with shop.db.tenant(shop.tenant_id) as tx:
        report = pnl(tx, shop.d, shop.d)
        open_rows = tx.run("SELECT count(*) FROM metrics_daily WHERE d = :d AND is_preliminary", d=shop.d)
        assert open_rows.scalar_one() == 0, "the report came: nothing of the day is preliminary any more"
    assert report.days_preliminary == ()
    assert report.totals[0].payout == sum(books(shop.world, m, shop.d).payout for m in ("WB", "OZON"))


def job(shop: Shop, attempt: int) -> ClaimedJob:
    return ClaimedJob(
        id=1,
        tenant_id=shop.tenant_id,
        job_type="collect",
        payload={"d": shop.d.isoformat(), "days": DAYS},
        attempt=attempt,
        max_attempt=3,
        lease_token="",
        trace_id=f"down-{shop.d}",
    )


def test_a_night_of_500s_is_tried_again_and_told_of_at_last(shop: Shop) -> None:
    work = CollectWork(night=shop.house.night, teller=shop.house.teller)
    shop.fault("by-day", "500", 1000)
    for attempt in (1, 2):
        with pytest.raises(NotNow, match="начисления Ozon: Ozon сейчас не отвечает"):
            work(job(shop, attempt), quiet)
    assert "начисления Ozon: Ozon сейчас не отвечает" in work(job(shop, 3), quiet)["summary"]


def test_an_answer_that_breaks_us_does_not_stop_the_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("with a secret in it")

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules[WbFinance.__module__], "normalise_finance", broken)
        report = shop.night(days=DAYS)
    _failed(shop, report, {"wb.finance"}, "Внутренняя ошибка (ZeroDivisionError)")
    assert "secret" not in report.errors["wb.finance"]


def _token(shop: Shop, token: str) -> None:
    connect(shop.house, shop.tenant_id, "WB", shop.world.sid, token)


def _states(shop: Shop) -> dict[str, str]:
    return {
        row.marketplace: row.state for row in shop.rows("SELECT marketplace, state FROM marketplace_account")
    }


@pytest.fixture
def good_token(shop: Shop) -> Iterator[str]:
    token = shop.control.get("/sandbox/token").json()["token"]
    yield token
    _token(shop, token)


def test_a_refused_token_is_told_and_the_other_marketplace_goes_on(shop: Shop, good_token: str) -> None:
    _token(shop, Tokens(World(seed=99, skus=2, days=1)).issue())
    shop.heard()
    report = shop.night(days=DAYS)
    assert _states(shop) == {"WB": "refused", "OZON": "active"}
    assert {name.partition(".")[0] for name in report.errors} == {"wb"}
    assert set(report.errors.values()) == {
        "Wildberries не принимает токен: он неверный, отозван или истёк. Подключите кабинет заново: /connect."
    }
    assert len(shop.heard("/wb/")) == 1, "a refused token is shown once, not at every door"
    assert _status(shop)["wb.cards"].last_error in report.errors.values()
    _token(shop, good_token)
    assert shop.night(days=DAYS).errors == {}
    assert _states(shop) == {"WB": "active", "OZON": "active"}


def test_an_expired_token_is_told_without_asking_anybody(shop: Shop, good_token: str) -> None:
    _token(shop, shop.control.get("/sandbox/token", params={"expires_in_days": -1}).json()["token"])
    shop.heard()
    report = shop.night(days=DAYS)
    assert list(report.errors) == ["wb.token"]
    assert "Срок токена истёк" in report.errors["wb.token"]
    assert shop.heard("/wb/") == []
    assert _states(shop)["WB"] == "refused"


def test_a_missing_right_is_named(shop: Shop, good_token: str) -> None:
    asked = {"scopes": "content,analytics,statistics"}
    _token(shop, shop.control.get("/sandbox/token", params=asked).json()["token"])
    report = shop.night(days=DAYS)
    _failed(shop, report, {"wb.finance", "wb.reports"}, "токену не хватает прав")
    assert _states(shop)["WB"] == "active"


def test_a_wrong_ozon_key_is_refused(db: Database, urls: Urls, folder: Path, server: SandboxServer) -> None:
    with open_shop(db, urls, folder, server, only=CORE, marketplaces=()) as shop:
        key = f"{server.world.ozon_client_id} 00000000-0000-0000-0000-000000000000"
        connect(shop.house, shop.tenant_id, "OZON", "wrong", key)
        report = shop.night(days=1)
        assert set(report.errors.values()) == {
            "Ozon не принимает токен: он неверный, отозван или истёк. Подключите кабинет заново: /connect."
        }
        assert _states(shop) == {"OZON": "refused"}


@pytest.mark.parametrize(("year", "reason"), [("2087", "вне всяких границ"), ("1999", "не читается")])
def test_a_sale_of_an_impossible_year_is_set_aside_with_its_money(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, year: str, reason: str
) -> None:
    """The other rows of the same answer are placed; when the marketplace mends it, so is this one."""
    read, today = wb_sources.normalise_sales, shop.d.isoformat()
    spoiled: list[dict[str, object]] = []

    def aged(bodies: Sequence[bytes], zone: ZoneInfo) -> Normalised:
        rows = json.loads(bodies[0], parse_float=Decimal)
        spoiled.append(next(row for row in rows if row["date"].startswith(today)))
        spoiled[0]["date"] = f"{year}{today[4:]}T12:00:00"
        return read([json.dumps(rows, default=str).encode()], zone)

    with monkeypatch.context() as patched:
        patched.setattr(wb_sources, "normalise_sales", aged)
        report = shop.night(days=DAYS)
    assert report.errors == {}
    (row,) = shop.rows("SELECT reason, amount, currency, d FROM unplaced_row")
    assert reason in row.reason
    assert (row.amount, row.currency) == (spoiled[0]["priceWithDisc"], "RUB")
    assert shop.value("SELECT count(*) FROM sale_event WHERE d = :d", d=shop.d) > 0
    shop.rows("DELETE FROM unplaced_row RETURNING 1")
    shop.rows("DELETE FROM source_unit WHERE source = 'wb.sales' RETURNING 1")


def test_a_row_that_could_not_be_read_leaves_the_heap_when_it_can(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoiled(bodies: Sequence[bytes], *how: Any) -> Normalised:
        first = re.sub(rb'"accrual_id":\s*\d+', b'"accrual_id":"?"', bodies[0], count=1)
        return normalise_accruals([first, *bodies[1:]], *how)

    # Whatever other stories collected of this day, it is read anew.
    shop.rows("DELETE FROM source_unit WHERE source = 'ozon.accruals' RETURNING 1")
    with monkeypatch.context() as patched:
        patched.setitem(OzonAccruals.normalise.__globals__, "normalise_accruals", spoiled)
        shop.night(days=1)
    assert shop.value("SELECT count(*) FROM unplaced_row") == 1
    shop.rows("DELETE FROM source_unit WHERE source = 'ozon.accruals' RETURNING 1")
