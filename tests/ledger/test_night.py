"""The ledger's night as the scheduler asks for it and the worker does it; what it finds is known after it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from app.core.clock import SystemClock
from app.core.config import Settings
from app.db.install import Urls
from app.db.session import Database
from app.domain.warehouse.movements import Line, Reason
from app.queue.postgres import PostgresQueue
from app.queue.states import State
from app.queue.worker import Worker
from app.scheduler.clock import KEEP_LEDGER
from app.scheduler.jobs import on_fire
from app.services.ledger.night import LEDGER, LedgerWork, open_keeper
from tests.conftest import fresh_database
from tests.services.conftest import few_logs  # noqa: F401
from tests.support.databases import superuser
from tests.support.shelf import Shelf

ZONE = "Europe/Moscow"


@pytest.fixture
def urls(server_url: URL, template: str) -> Iterator[Urls]:
    """A database for each test: the clock fires for every organisation there is."""
    with fresh_database(server_url, template) as made:
        yield made


@pytest.fixture
def db(urls: Urls) -> Iterator[Database]:
    database = Database(urls.app, pool_size=4)
    yield database
    database.close()


@dataclass
class Nights:
    """Fires and works, as the processes do."""

    shelf: Shelf
    urls: Urls
    settings: Settings

    def pass_one(self) -> Any:
        """The job of the organisation's night, after one try."""
        queue = PostgresQueue(clock=SystemClock())
        with self.shelf.db.platform() as tx:
            on_fire(queue, self.settings)(tx, KEEP_LEDGER, datetime.now(UTC))
        work = {LEDGER: LedgerWork(keep=open_keeper(self.shelf.db, ZONE))}
        Worker(self.shelf.db, work, SystemClock(), threads=1).run_until_idle()
        with self.shelf.db.platform() as tx:
            asked = "SELECT state, result, error FROM job WHERE tenant_id = :tenant ORDER BY id DESC LIMIT 1"
            return tx.run(asked, tenant=self.shelf.tenant_id).one()

    def deed(self, sql: str) -> None:
        """What nobody of ours may do; ``{t}`` is the tenant."""
        with superuser(self.urls.admin) as connection:
            assert connection.execute(text(sql.format(t=f"tenant_id = {self.shelf.tenant_id}"))).rowcount > 0

    def audited(self) -> list[str]:
        with self.shelf.db.tenant(self.shelf.tenant_id) as tx:
            sql = (
                "SELECT action FROM audit_entry WHERE tenant_id = :tenant_id AND action LIKE 'ledger.%'"
                " ORDER BY id"
            )
            return list(tx.run(sql).scalars())


@pytest.fixture
def nights(shelf: Shelf, urls: Urls, settings: Settings) -> Nights:
    return Nights(shelf, urls, settings)


def lived_in(nights: Nights, days: int) -> tuple[int, int]:
    """Goods that came so many days ago, two of them promised until yesterday, one for ever: item, place."""
    shelf = nights.shelf
    item, place = shelf.item(), shelf.place()
    shelf.receive(item, place, 10)
    over = datetime.now(UTC) - timedelta(days=1)
    for until in (over, over, None):
        shelf.do(Reason.RESERVE, Line(item_id=item, qty=2, location_id=place), expires_at=until)
    nights.deed(f"UPDATE stock_ledger SET posted_at = posted_at - interval '{days} days' WHERE {{t}}")
    return item, place


def test_a_night_releases_seals_and_proves_and_the_next_has_nothing_to_do(nights: Nights) -> None:
    item, place = lived_in(nights, 3)
    done = nights.pass_one()
    assert (done.state, done.result["released"], done.result["sealed"]) == (State.DONE, 2, 3)
    assert "Снято истёкших резервов: 2" in done.result["summary"]
    balance = nights.shelf.balance(item, place)
    assert balance is not None
    assert (balance.on_hand, balance.reserved) == (10, 2)
    again = nights.pass_one()
    assert (again.state, again.result["released"], again.result["sealed"]) == (State.DONE, 0, 0)
    assert nights.audited() == []


def test_days_are_sealed_one_by_one_and_a_killed_night_is_made_up_for(nights: Nights) -> None:
    lived_in(nights, 4)
    keep = open_keeper(nights.shelf.db, ZONE)
    last = datetime.now(UTC).date() - timedelta(days=1)
    assert keep._seal_next(nights.shelf.tenant_id, last)  # and then the power went
    assert keep.seal(nights.shelf.tenant_id) == 3
    assert keep.seal(nights.shelf.tenant_id) == 0


def test_more_promises_than_a_batch_are_all_released(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.ledger.allocate.LAPSED_AT_ONCE", 1)
    lived_in(nights, 1)
    assert open_keeper(nights.shelf.db, ZONE).release_lapsed(nights.shelf.tenant_id) == 2


def test_a_ledger_that_does_not_add_up_fails_its_night_until_it_does(nights: Nights) -> None:
    lived_in(nights, 1)
    nights.deed("UPDATE stock_document_line SET delta = 9 WHERE {t} AND reason = 'RECEIPT'")
    failed = nights.pass_one()
    assert failed.state == State.TODO, "it will be looked at again"
    assert f"verify --org {nights.shelf.tenant_id}" in failed.error
    assert nights.audited() == ["ledger.broken"]
    nights.deed("UPDATE stock_document_line SET delta = 10 WHERE {t} AND reason = 'RECEIPT'")
    nights.deed("UPDATE job SET run_at = now() WHERE {t}")
    assert nights.pass_one().state == State.DONE
    assert nights.audited() == ["ledger.broken", "ledger.sound"]


def test_every_organisation_is_asked_for_once_a_night(
    nights: Nights, settings: Settings, db: Database
) -> None:
    Shelf(db)
    queue = PostgresQueue(clock=SystemClock())
    for _ in range(2):
        with db.platform() as tx:
            on_fire(queue, settings)(tx, KEEP_LEDGER, datetime.now(UTC))
    with db.platform() as tx:
        asked = list(tx.run("SELECT job_type FROM job").scalars())
    assert asked == [LEDGER, LEDGER]
