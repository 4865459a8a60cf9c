"""What a marketplace does not offer to the seller is a note: no failure, no coverage, asked once a night."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from app.bot import views
from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.errors import AmbarError
from app.db.session import Database
from app.marketplaces.errors import NotOffered, RateLimited
from app.marketplaces.ozon.refusals import not_offered
from app.marketplaces.rows import AccessRow
from app.marketplaces.source import Kind, Normalised, Page, RequestKey, Unit
from app.marketplaces.transport import Endpoint
from app.repositories import accounts
from app.services.analytics.reports import StatusReport
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.ingestion.collect import Account, Collected, Collector
from app.services.night import NightReport
from tests.support.worlds import make_cabinet

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
D = date(2026, 11, 19)
DAY = timedelta(days=1)
OFF = "Схема FBS у кабинета не подключена."


@dataclass(slots=True)
class Window:
    """A feed of days behind a window that may be shut."""

    name: str = "ozon.orders_fbs"
    replaces: bool = True
    brings: frozenset[Kind] = frozenset({"orders"})
    shut: AmbarError | None = None
    asked: list[str] = field(default_factory=list)

    def units(self, d_from: date, d_to: date) -> list[Unit]:
        days = (d_from + DAY * n for n in range((d_to - d_from).days + 1))
        return [Unit(d.isoformat(), d, d) for d in days]

    def fetch(self, unit: Unit, cursor: str) -> Iterator[Page]:
        self.asked.append(unit.name)
        if self.shut:
            raise self.shut
        yield Page(RequestKey("POST", "ozon", "/x", unit.name), b"{}", "")

    def normalise(self, unit: Unit, pages: Sequence[Page]) -> Normalised:
        return Normalised()


@dataclass(slots=True)
class Desk:
    """An Ozon cabinet and who collects it."""

    db: Database
    account: Account

    def collect(self, window: Window, trace: str) -> Collected:
        collector = Collector(db=self.db, clock=FixedClock(NOW), account=self.account, trace_id=trace)
        return collector.collect(window, D - DAY, D, lambda *_: None)

    def status(self) -> StatusReport:
        with self.db.tenant(self.account.tenant_id) as tx:
            return ShowStatus(FixedClock(NOW), Settings(_env_file=None))(tx, StatusQuery())

    def covered(self) -> list[date]:
        with self.db.tenant(self.account.tenant_id) as tx:
            sql = "SELECT d FROM coverage WHERE tenant_id = :tenant_id ORDER BY d"
            return [row.d for row in tx.run(sql)]


@pytest.fixture
def desk(db: Database) -> Desk:
    cabinet = make_cabinet(db, "OZON")
    return Desk(db, Account(cabinet.tenant_id, cabinet.id, "OZON", "Тёплый Дом"))


def test_a_closed_source_is_done_with_a_note_and_claims_no_day(desk: Desk) -> None:
    window = Window(shut=NotOffered("/v4/posting/fbs/list", OFF))
    done = desk.collect(window, "night")
    assert (done.closed, done.error, done.is_down, done.wait_until) == (OFF, None, False, None)
    assert window.asked == ["2026-11-18"]  # its other days would say the same
    assert desk.covered() == []


def test_a_night_is_not_failed_by_it(desk: Desk) -> None:
    done = desk.collect(Window(shut=NotOffered("/v4/posting/fbs/list", OFF)), "night")
    report = NightReport(tenant_id=desk.account.tenant_id, d=D, sources={done.source: done})
    assert report.errors == {}
    assert report.wait_until is None
    assert report.closed == {"ozon.orders_fbs": OFF}


def test_it_is_asked_once_a_night_and_again_the_next(desk: Desk) -> None:
    window = Window(shut=NotOffered("/v4/posting/fbs/list", OFF))
    desk.collect(window, "night")
    assert desk.collect(window, "night").closed == OFF
    assert window.asked == ["2026-11-18"]
    desk.collect(window, "next night")
    assert window.asked == ["2026-11-18", "2026-11-18"]


def test_a_source_that_waits_first_may_turn_out_closed(desk: Desk) -> None:
    """The run that waited is the one that is closed: nothing is left to be resumed."""
    window = Window(shut=RateLimited(NOW, "ozon.orders_fbs"))
    assert desk.collect(window, "night").wait_until == NOW
    window.shut = NotOffered("/v4/posting/fbs/list", OFF)
    assert desk.collect(window, "night").closed == OFF
    with desk.db.tenant(desk.account.tenant_id) as tx:
        states = tx.run("SELECT state FROM ingest_run WHERE tenant_id = :tenant_id").scalars().all()
    assert list(states) == ["closed"]


def test_status_says_it_in_a_sentence_until_it_is_offered(desk: Desk) -> None:
    assert OFF not in repr(views.status(desk.status()))
    window = Window(shut=NotOffered("/v4/posting/fbs/list", OFF))
    desk.collect(window, "night")
    [told] = [each for each in desk.status().sources if each.source == window.name]
    assert (told.closed, told.last_error, told.missing_days) == (OFF, None, ())
    assert OFF in repr(views.status(desk.status()))
    window.shut = None
    desk.collect(window, "next night")
    assert desk.covered() == [D - DAY, D]
    assert OFF not in repr(views.status(desk.status()))


def test_what_the_key_lacks_stands_in_the_status_and_its_end_is_kept(desk: Desk) -> None:
    """A night that was told no expiry and no roles leaves what it knew of them."""
    told = AccessRow(NOW, ("Product",), ("/v1/analytics/stocks", "/v1/finance/accrual/by-day"), "")
    with desk.db.tenant(desk.account.tenant_id) as tx:
        assert accounts.keep_access(tx, desk.account.id, told)
        assert not accounts.keep_access(tx, desk.account.id, told), "told again, it is no news"
    assert desk.status().accounts[0].missing_scopes == ("остатки и аналитика", "финансы")
    with desk.db.tenant(desk.account.tenant_id) as tx:
        assert accounts.keep_access(tx, desk.account.id, AccessRow(None, (), (), '{"name": "ИП Ким"}'))
        [kept] = accounts.list_accounts(tx)
    assert (kept.expires_at, kept.scopes, kept.missing, kept.seller) == (NOW, ("Product",), (), "ИП Ким")


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [
        (403, "method is not available with existing subscription", "подпиской"),
        (403, "Api-Key is missing a required role for a method", "роли"),
        (400, "method is not allowed", "роли"),
    ],
)
def test_a_subscription_and_a_role_are_notes(status: int, reason: str, word: str) -> None:
    note = not_offered(Endpoint("ozon.reviews", "POST", "ozon", "/v2/review/list"), status, reason)
    assert note is not None
    assert word in str(note)


@pytest.mark.parametrize("reason", ["Company is blocked", "Offer not signed", "invalid filter", ""])
def test_other_refusals_are_failures(reason: str) -> None:
    endpoint = Endpoint("ozon.reviews", "POST", "ozon", "/v2/review/list")
    assert not_offered(endpoint, 403, reason) is None
    assert not_offered(endpoint, 500, "existing subscription") is None
