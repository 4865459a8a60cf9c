"""A recalculation by command goes month by month: killed between two, it neither repeats nor loses any."""

from collections.abc import Callable
from datetime import date

import pytest

from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.document import Document
from app.core.errors import BadInput
from app.db.session import Database
from app.queue.port import ClaimedJob, Interrupted
from app.queue.postgres import PostgresQueue
from app.queue.states import State
from app.queue.worker import Worker
from app.repositories import checkpoints, chunks
from app.services.jobs import RECALC, recalc_job
from app.services.work import RecalcWork
from tests.support.worlds import Cabinet, make_cabinet, make_tenant

FROM, TO = date(2026, 9, 29), date(2026, 11, 2)
"""Parts of three months: 2, 31 and 2 days."""


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    """Two SKUs, each sold every day."""
    with db.platform() as tx:
        tx.run("DELETE FROM job")
    cabinet = make_cabinet(db, "OZON", make_tenant(db))
    with db.tenant(cabinet.tenant_id) as tx:
        tx.run(
            "INSERT INTO sku (tenant_id, account_id, marketplace, ozon_id, first_sold) "
            "SELECT :tenant_id, :account, 'OZON', n, :d FROM generate_series(1, 2) n",
            account=cabinet.id,
            d=FROM,
        )
        tx.run(
            "INSERT INTO daily_sales (tenant_id, account_id, d, sku_id, warehouse_id, channel, currency, qty,"
            " revenue_gross, src_hash) SELECT :tenant_id, :account, d::date, sku.id, 1, 'FBO', 'RUB', 1, 10,"
            " '' FROM sku, generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 day') d",
            account=cabinet.id,
            first=FROM,
            last=TO,
        )
    return cabinet


@pytest.fixture
def queue(clock: FixedClock) -> PostgresQueue:
    return PostgresQueue(clock=clock)


def asked(db: Database, queue: PostgresQueue, cabinet: Cabinet) -> int:
    with db.tenant(cabinet.tenant_id) as tx:
        return queue.enqueue(tx, recalc_job(cabinet.tenant_id, FROM, TO, "t")).job_id


def run(
    db: Database, clock: FixedClock, report: Callable[[str, int, int], None] | None = None
) -> tuple[list[tuple[int, int]], RecalcWork]:
    """Let a worker do what is due; what the work reported (done, total)."""
    work, told = RecalcWork(db=db, settings=Settings(_env_file=None)), []  # type: ignore[call-arg]

    def handle(job: ClaimedJob, note: Callable[[str, int, int], None], /) -> Document:
        def heard(stage: str, done: int, total: int) -> None:
            told.append((done, total))
            if report is not None:
                report(stage, done, total)
            note(stage, done, total)

        return work(job, heard)

    Worker(db, {RECALC: handle}, clock, threads=1).run_until_idle()
    return told, work


def written(db: Database, cabinet: Cabinet) -> dict[int, str]:
    """By month: the transactions that wrote its metrics."""
    with db.tenant(cabinet.tenant_id) as tx:
        rows = tx.run(
            "SELECT extract(month FROM d)::int AS month, string_agg(DISTINCT xmin::text, ',') AS hands "
            "FROM metrics_daily GROUP BY 1"
        )
        return {row.month: row.hands for row in rows}


def test_killed_between_months_it_goes_on_at_the_first_undone_one(
    db: Database, queue: PostgresQueue, cabinet: Cabinet, clock: FixedClock
) -> None:
    job_id = asked(db, queue, cabinet)

    def killed(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt  # no handler outlives it, nothing is settled: as after kill -9

    with pytest.raises(KeyboardInterrupt):
        run(db, clock, killed)
    first = written(db, cabinet)
    assert set(first) == {9}
    clock.advance(queue.lease)  # nobody answers for the job any more

    told, _ = run(db, clock)
    assert told == [(2, 3), (3, 3)]
    after = written(db, cabinet)
    assert set(after) == {9, 10, 11}
    assert after[9] == first[9], "the month that was done is not done again"
    with db.platform() as tx:
        status = queue.status(tx, job_id)
    assert status is not None
    assert (status.state, status.attempt) == (State.DONE, 2)
    # 35 days of 2 SKUs, whoever did them.
    assert status.result == {"summary": "Пересчитано дней: 35, изменилось строк: 70.", "written": 70}


def test_stopped_between_months_it_costs_no_attempt(
    db: Database, queue: PostgresQueue, cabinet: Cabinet, clock: FixedClock
) -> None:
    job_id, looks = asked(db, queue, cabinet), []

    def stopping(stage: str, done: int, total: int) -> None:
        if not looks:
            looks.append(done)
            raise Interrupted

    told, _ = run(db, clock, stopping)
    assert told == [(1, 3), (2, 3), (3, 3)]
    with db.platform() as tx:
        status = queue.status(tx, job_id)
    assert status is not None
    assert status.attempt == 1
    assert status.result is not None
    assert status.result["written"] == 70


def test_a_month_whose_note_is_lost_is_lost_with_it(
    db: Database, queue: PostgresQueue, cabinet: Cabinet, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(db, queue, cabinet)

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(chunks, "mark_done", broken)
        with pytest.raises(KeyboardInterrupt):
            run(db, clock)
    assert written(db, cabinet) == {}
    clock.advance(queue.lease)
    run(db, clock)
    assert set(written(db, cabinet)) == {9, 10, 11}


def test_a_plan_is_made_once_and_each_job_has_its_own(db: Database, cabinet: Cabinet) -> None:
    with db.tenant(cabinet.tenant_id) as tx:
        assert chunks.plan(tx, 1, [{"n": 1}, {"n": 2}]) == 2
        chunks.mark_done(tx, 1, 1, {"rows": 5})
        assert chunks.plan(tx, 1, [{"n": 7}]) == 2
        assert chunks.plan(tx, 2, [{"n": 7}]) == 1
        left = chunks.next_undone(tx, 1)
        assert left == chunks.Chunk(2, 2, {"n": 2})
        chunks.mark_done(tx, 1, 2, {"rows": 6})
        chunks.mark_done(tx, 1, 2, {"rows": 600})  # who came too late
        assert chunks.next_undone(tx, 1) is None
        assert chunks.results(tx, 1) == [{"rows": 5}, {"rows": 6}]
        assert chunks.results(tx, 2) == []


def test_a_unit_in_somebodys_hands_is_nobody_elses(db: Database, cabinet: Cabinet) -> None:
    """A worker that lost its lease may still be inside: the second waits, and finds the next unit."""
    with db.tenant(cabinet.tenant_id) as tx:
        chunks.plan(tx, 3, [{"n": 1}, {"n": 2}])

    def impatient() -> chunks.Chunk | None:
        with db.tenant(cabinet.tenant_id) as other:
            other.run("SET LOCAL lock_timeout = '50ms'")
            return chunks.next_undone(other, 3)

    with db.tenant(cabinet.tenant_id) as tx:
        assert chunks.next_undone(tx, 3) is not None
        with pytest.raises(Exception, match="lock timeout"):
            impatient()
        chunks.mark_done(tx, 3, 1, {})
    assert impatient() == chunks.Chunk(2, 2, {"n": 2})


def test_a_checkpoint_is_where_the_job_stood_last(db: Database, cabinet: Cabinet) -> None:
    def break_off() -> None:
        with db.tenant(cabinet.tenant_id) as tx:
            checkpoints.put(tx, 1, "page", {"after": 30})
            raise RuntimeError

    with db.tenant(cabinet.tenant_id) as tx:
        assert checkpoints.get(tx, 1, "page") is None
        checkpoints.put(tx, 1, "page", {"after": 10})
        checkpoints.put(tx, 1, "page", {"after": 20})
        checkpoints.put(tx, 2, "page", {"after": 99})
    with pytest.raises(RuntimeError):
        break_off()
    with db.tenant(cabinet.tenant_id) as tx:
        assert checkpoints.get(tx, 1, "page") == {"after": 20}
    other = make_cabinet(db, "OZON", make_tenant(db))
    with db.tenant(other.tenant_id) as tx:
        assert checkpoints.get(tx, 1, "page") is None


def test_a_recalculation_is_an_organisations_work(db: Database) -> None:
    job = ClaimedJob(
        id=1,
        tenant_id=None,
        job_type=RECALC,
        payload={},
        attempt=1,
        max_attempt=1,
        lease_token="",
        trace_id="",
    )
    with pytest.raises(BadInput):
        RecalcWork(db=db, settings=Settings(_env_file=None))(job, lambda *_: None)  # type: ignore[call-arg]
