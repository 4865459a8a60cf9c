"""A refresh is asked for by postings, nights and administrators: one in five minutes, and none too early."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from typer.testing import CliRunner

import app
from app.cli import dw as commands
from app.core.clock import FixedClock, SystemClock
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.port import ClaimedJob
from app.queue.postgres import PostgresQueue
from app.queue.relay import Relay
from app.queue.worker import Worker
from app.repositories import dw
from app.services.dw import DW, DwWork
from app.services.ledger.told import STOCK_POSTED, TellPosting
from app.services.night import Night, NightReport
from app.services.tell import Teller
from app.services.work import CollectWork
from tests.support.shelf import Shelf

NOON = datetime(2026, 11, 20, 9, 1, tzinfo=UTC)


@dataclass
class House:
    """The relay and the worker of one machine, whose clock goes when it is told to."""

    db: Database
    shelf: Shelf
    clock: FixedClock
    queue: PostgresQueue
    consumer: TellPosting

    def tell(self) -> None:
        Relay(self.db, {STOCK_POSTED: self.consumer}, SystemClock()).run_until_idle()

    def work(self) -> None:
        Worker(self.db, {DW: DwWork(db=self.db)}, self.clock, threads=1).run_until_idle()

    def jobs(self) -> list[tuple[str, datetime]]:
        with self.db.platform() as tx:
            rows = tx.run("SELECT state, run_at FROM job WHERE job_type = :dw ORDER BY id", dw=DW)
            return [(row.state, row.run_at) for row in rows]

    def seen(self) -> list[int]:
        with self.db.tenant(self.shelf.tenant_id) as tx:
            return [each.on_hand for each in dw.list_shelf(tx)]


@pytest.fixture
def house(db: Database) -> House:
    with db.platform() as tx:
        tx.run("DELETE FROM job")
        tx.run("DELETE FROM outbox_event")
    clock = FixedClock(NOON)
    queue = PostgresQueue(clock=clock)
    return House(db, Shelf(db), clock, queue, TellPosting(db, queue, clock))


def test_many_postings_of_five_minutes_are_one_refresh_when_they_are_over(house: House) -> None:
    item, place = house.shelf.item(), house.shelf.place()
    for minute in range(3):
        house.shelf.receive(item, place, 1)
        house.clock.instant = NOON + timedelta(minutes=minute)
        house.tell()
    due = NOON.replace(minute=5)
    assert house.jobs() == [("todo", due)]
    house.work()
    assert (house.jobs(), house.seen()) == ([("todo", due)], [])
    house.clock.instant = due
    house.work()
    assert (house.jobs(), house.seen()) == ([("done", due)], [3])


def test_a_posting_during_a_refresh_is_for_the_next_one(house: House) -> None:
    """The one that runs may have looked before it."""
    house.shelf.receive(house.shelf.item(), house.shelf.place(), 1)
    house.tell()
    house.clock.instant = NOON.replace(minute=5)
    with house.db.platform() as tx:
        assert house.queue.claim(tx, [DW])
    house.shelf.receive(house.shelf.item(), house.shelf.place(), 1)
    house.tell()
    assert house.jobs() == [("doing", NOON.replace(minute=5)), ("todo", NOON.replace(minute=10))]


def test_two_relays_ask_for_one(house: House) -> None:
    for _ in range(2):
        house.shelf.receive(house.shelf.item(), house.shelf.place(), 1)
        house.tell()
        house.consumer = TellPosting(house.db, house.queue, house.clock)
    assert len(house.jobs()) == 1


def test_an_hour_of_postings_is_twelve_refreshes(house: House) -> None:
    item, place = house.shelf.item(), house.shelf.place()
    for step in range(60):
        house.clock.instant = NOON.replace(minute=0) + timedelta(minutes=step)
        if step % 2:
            house.shelf.receive(item, place, 1)
            house.tell()
    times = [at for _, at in house.jobs()]
    assert len(times) == len(set(times)) == 12
    assert min(b - a for a, b in pairwise(times)) == timedelta(minutes=5)


class QuietNight:
    """A night that had nothing to collect."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def run(self, tenant_id: int, d: date, *_: Any, **__: Any) -> NightReport:
        return NightReport(tenant_id=tenant_id, d=d)


def test_a_night_ends_with_asking_for_a_refresh(house: House) -> None:
    work = CollectWork(
        night=cast(Night, QuietNight(house.db)),
        teller=Teller(db=house.db, outbox=PostgresOutbox(clock=house.clock)),
        queue=house.queue,
    )
    job = ClaimedJob(
        id=1, tenant_id=house.shelf.tenant_id, job_type="collect", payload={"d": "2026-11-19"}, attempt=1,
        max_attempt=5, lease_token="", trace_id="t",
    )  # fmt: skip
    before = datetime.now(UTC)
    work(job, lambda *_: None)
    ((state, due),) = house.jobs()
    assert state == "todo"
    assert before < due <= datetime.now(UTC) + timedelta(minutes=5)
    assert due.timestamp() % 300 == 0


def test_the_command_refreshes_now(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Door:
        db = house.db

        def __enter__(self) -> "Door":
            return self

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(commands, "open_door", lambda _settings: Door())
    house.shelf.receive(house.shelf.item(), house.shelf.place(), 4)
    cli = typer.Typer()
    commands.register(cli)
    said = CliRunner().invoke(cli, ["dw", "refresh"])
    assert "Свод для аналитики обновлён" in said.output
    assert house.seen() == [4]


IN_SQL = re.compile(r"(?i)\b(?:FROM|JOIN|INTO|UPDATE|SELECT)\s+dw\.\w+")
USERS = re.compile(r"repositories import (?:\([^)]*\bdw\b|[^\n(]*\bdw\b)|repositories\.dw\b")


def test_nothing_that_moves_goods_reads_what_may_be_five_minutes_old() -> None:
    product = Path(app.__file__).parent
    files = {
        path.relative_to(product).as_posix(): path.read_text(encoding="utf-8")
        for path in product.rglob("*")
        if path.suffix in (".py", ".sql")
    }
    sql = {name for name, told in files.items() if IN_SQL.search(told)}
    assert sql == {"repositories/dw.sql"}
    users = {name for name, told in files.items() if USERS.search(told)}
    assert users == {"services/dw.py", "services/analytics/slow.py", "services/analytics/valuation.py"}
