"""What is let go, what stays, and that nothing that is still needed goes with it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import URL
from structlog.testing import capture_logs

from app.cli.doctor import housekeep
from app.core.clock import FixedClock, SystemClock
from app.core.config import Settings
from app.db.install import Urls
from app.db.partitions import PARTITIONED, shift_month
from app.db.session import Database
from app.marketplaces.source import Page, RequestKey, Unit
from app.queue.postgres import PostgresQueue
from app.queue.worker import Worker
from app.repositories import runs, upkeep
from app.repositories.runs import RunKey
from app.scheduler.clock import HOUSEKEEP
from app.scheduler.jobs import on_fire
from app.services.housekeeping import HOUSEKEEPING, Housekeeper, HousekeepingWork, in_words
from app.services.work import handlers
from tests.conftest import fresh_database
from tests.support.shop import CORE, Shop, content, open_shop, sandbox
from tests.support.worlds import make_cabinet, make_tenant

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def urls(server_url: URL, template: str) -> Iterator[Urls]:
    """A database for each test: the house is cleaned whole."""
    with fresh_database(server_url, template) as made:
        yield made


@pytest.fixture
def db(urls: Urls) -> Iterator[Database]:
    database = Database(urls.app, pool_size=10)
    yield database
    database.close()


def clean(db: Database, keep: int = 18) -> dict[str, int]:
    return Housekeeper(db=db, clock=SystemClock(), raw_keep_months=keep)().gone


def ago(days: float) -> datetime:
    return NOW - DAY * days


def put(db: Database, sql: str, **params: Any) -> None:
    with db.platform() as tx:
        tx.run(sql, **params)


def left(urls: Urls, sql: str) -> list[Any]:
    """Asked over the walls."""
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        return list(connection.execute(text(sql)).scalars())


def put_job(db: Database, name: str, state: str, finished: datetime | None, tenant: int | None = None) -> int:
    with db.platform() as tx:
        made: int = tx.run(
            "INSERT INTO job (tenant_id, job_type, state, uniq, finished_at, trace_id) "
            "VALUES (:tenant, 'x', :state, :name, :at, 'x') RETURNING id",
            tenant=tenant,
            state=state,
            name=name,
            at=finished,
        ).scalar_one()
        return made


def test_work_goes_a_month_after_it_was_done_and_never_before(db: Database, urls: Urls) -> None:
    for name, state, days in (("new", "done", 29), ("old", "done", 31), ("failed", "failed", 31)):
        put_job(db, name, state, ago(days))
    put_job(db, "waits", "todo", None)
    put_job(db, "runs", "doing", None)
    assert clean(db) == {"job": 1}
    assert left(urls, "SELECT uniq FROM job ORDER BY 1") == ["failed", "new", "runs", "waits"]


def test_work_that_was_given_up_stays_until_somebody_has_looked_at_it(db: Database, urls: Urls) -> None:
    open_letter = put_job(db, "open", "failed", ago(100))
    dropped = put_job(db, "dropped", "failed", ago(100))
    put_letter = (
        "INSERT INTO dead_letter (job_id, job_type, error, trace_id, resolution, resolved_at) "
        "VALUES (:job, 'x', 'x', 'x', :resolution, :at)"
    )
    put(db, put_letter, job=open_letter, resolution=None, at=None)
    put(db, put_letter, job=dropped, resolution="dropped", at=ago(91))
    assert clean(db) == {"failed_job": 1, "dead_letter": 1}
    assert left(urls, "SELECT uniq FROM job") == ["open"]
    assert left(urls, "SELECT job_id FROM dead_letter") == [open_letter]


def test_what_a_job_left_of_itself_goes_with_it(db: Database, urls: Urls) -> None:
    mine, others = make_tenant(db), make_tenant(db)
    kept, gone = put_job(db, "kept", "done", ago(5), mine), put_job(db, "gone", "done", ago(40), mine)
    theirs = put_job(db, "theirs", "failed", ago(40), others)
    for tenant, job in ((mine, kept), (mine, gone), (others, theirs)):
        with db.tenant(tenant) as tx:
            tx.run("INSERT INTO chunk (tenant_id, job_id, n) VALUES (:tenant_id, :job, 1)", job=job)
            tx.run(
                "INSERT INTO job_checkpoint (tenant_id, job_id, name, at) "
                "VALUES (:tenant_id, :job, 'x', :at)",
                job=job,
                at=ago(40),
            )
    assert clean(db) == {"job": 1, "chunk": 1, "job_checkpoint": 1}
    for table in ("chunk", "job_checkpoint"):
        assert left(urls, f"SELECT job_id FROM {table} ORDER BY 1") == [kept, theirs]


def test_told_events_go_and_untold_ones_wait_for_ever(db: Database, urls: Urls) -> None:
    put_event = (
        "INSERT INTO outbox_event (topic, key, trace_id, created_at, published_at, given_up_at) "
        "VALUES ('x', :key, 'x', :created, :published, :given_up)"
    )
    for key, created, published, given_up in (
        ("told", 40, 31, None),
        ("told lately", 40, 29, None),
        ("untold", 400, None, None),
        ("given up", 100, None, 91),
        ("given up lately", 100, None, 60),
    ):
        put(
            db,
            put_event,
            key=key,
            created=ago(created),
            published=published and ago(published),
            given_up=given_up and ago(given_up),
        )
    assert clean(db) == {"outbox_event": 2}
    assert left(urls, "SELECT key FROM outbox_event ORDER BY 1") == [
        "given up lately",
        "told lately",
        "untold",
    ]


def test_conversations_invites_codes_and_answers_go_in_their_time(db: Database, urls: Urls) -> None:
    tenant = make_tenant(db)
    for days in (29, 31):
        put(db, "INSERT INTO fsm_entry (key, at) VALUES (:key, :at)", key=f"{days}", at=ago(days))
    put_invite = (
        "INSERT INTO invite (tenant_id, code_hash, role, expires_at, used_at) "
        "VALUES (:tenant, :code, 'analyst', :expires, :used)"
    )
    for code, expires, used in (
        ("valid", -1, None),
        ("expired", 91, None),
        ("used", 80, 95),
        ("late", 89, None),
    ):
        put(db, put_invite, tenant=tenant, code=code.encode(), expires=ago(expires), used=used and ago(used))
    put(db, "INSERT INTO admin_code (code_hash, created_at) VALUES ('old', :at), ('new', now())", at=ago(91))
    with db.tenant(tenant) as tx:
        for name, days in (("fresh", -1), ("stale", 1)):
            tx.run(
                "INSERT INTO idempotency_key (tenant_id, operation, key, request_hash, trace_id, expires_at) "
                "VALUES (:tenant_id, 'x', :name, '', 'x', :at)",
                name=name,
                at=ago(days),
            )
            tx.run(
                "INSERT INTO report (tenant_id, kind, name, trace_id, expires_at) "
                "VALUES (:tenant_id, 'x', :name, 'x', :at)",
                name=name,
                at=ago(days),
            )
        tx.run(
            "INSERT INTO report (tenant_id, kind, name, trace_id) VALUES (:tenant_id, 'x', 'ageless', 'x')"
        )
    assert clean(db) == {"fsm_entry": 1, "invite": 2, "admin_code": 1, "idempotency_key": 1, "report": 1}
    assert left(urls, "SELECT key FROM fsm_entry") == ["29"]
    assert sorted(map(bytes, left(urls, "SELECT code_hash FROM invite"))) == [b"late", b"valid"]
    assert left(urls, "SELECT code_hash FROM admin_code") == ["new"]
    assert left(urls, "SELECT key FROM idempotency_key") == ["fresh"]
    assert left(urls, "SELECT name FROM report ORDER BY 1") == ["ageless", "fresh"]


def test_a_movement_that_nobody_confirmed_goes_and_one_that_was_posted_stays(
    db: Database, urls: Urls
) -> None:
    with db.tenant(make_tenant(db)) as tx:
        for kind, state, days in (
            ("a", "drawn", 29),
            ("b", "drawn", 31),
            ("c", "dropped", 31),
            ("d", "posted", 99),
        ):
            tx.run(
                "INSERT INTO stock_draft (tenant_id, kind, state, document, drawn_at)"
                " VALUES (:tenant_id, :kind, :state, '{}', :at)",
                kind=kind,
                state=state,
                at=ago(days),
            )
    assert clean(db) == {"stock_draft": 2}
    assert left(urls, "SELECT kind FROM stock_draft ORDER BY 1") == ["a", "d"]


def test_the_last_firing_of_a_job_stays_however_old(db: Database, urls: Urls) -> None:
    for job, days in (("daily", 100), ("daily", 95), ("daily", 1), ("long ago", 400), ("long ago", 300)):
        put(db, "INSERT INTO firing (job, fire_time) VALUES (:job, :at)", job=job, at=ago(days))
    assert clean(db) == {"firing": 3}
    assert left(urls, "SELECT job FROM firing ORDER BY 1") == ["daily", "long ago"]


def test_more_than_a_batch_goes_in_several(db: Database, urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    for number in range(5):
        put_job(db, str(number), "done", ago(31))
    assert clean(db) == {"job": 5}


def test_what_was_done_is_in_the_audit_and_nothing_is_not(db: Database) -> None:
    put_job(db, "old", "done", ago(31))
    for _ in range(2):
        clean(db)
    with db.platform() as tx:
        noted = tx.run("SELECT action, tenant_id, actor, after FROM audit_entry").all()
    assert [tuple(row) for row in noted] == [("house.cleaned", None, "Амбар", {"job": 1})]


def test_months_are_made_ahead_for_every_table(db: Database, urls: Urls) -> None:
    ahead = f"{shift_month(NOW.date().replace(day=1), 3):%Y_%m}"
    with create_engine(urls.admin, poolclass=pool.NullPool).begin() as connection:
        for parent in PARTITIONED:
            connection.execute(text(f"DROP TABLE IF EXISTS {parent}_{ahead}"))
    done = Housekeeper(db=db, clock=SystemClock(), raw_keep_months=18)()
    assert done.months_made >= len(PARTITIONED)
    found = left(urls, f"SELECT relname FROM pg_class WHERE relname LIKE '%\\_{ahead}' AND relkind = 'r'")
    assert sorted(found) == sorted(f"{parent}_{ahead}" for parent in PARTITIONED)
    assert "Новых месяцев" in in_words(done)


def raw_months(urls: Urls) -> set[str]:
    return set(
        left(
            urls, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'raw_payload'::regclass"
        )
    )


def test_raw_months_go_whole_and_only_when_their_time_is_over(db: Database, urls: Urls) -> None:
    this = NOW.date().replace(day=1)
    with db.platform() as tx:
        for parent in ("raw_payload", "daily_sales"):
            tx.run("SELECT ambar_make_partitions(:p, :a, :b)", p=parent, a=shift_month(this, -7), b=this)
    before = raw_months(urls)
    with capture_logs() as logs:
        gone = clean(db, keep=6)
    assert gone == {"raw_month": 1}, logs
    assert before - raw_months(urls) == {f"raw_payload_{shift_month(this, -7):%Y_%m}"}
    facts = left(urls, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'daily_sales'::regclass")
    assert facts[0] >= 8, "facts are kept for ever"


def test_a_month_that_somebody_reads_waits_and_the_rest_is_done(db: Database, urls: Urls) -> None:
    this = NOW.date().replace(day=1)
    with db.platform() as tx:
        tx.run("SELECT ambar_make_partitions('raw_payload', :a, :b)", a=shift_month(this, -7), b=this)
    put_job(db, "old", "done", ago(31))
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as reader:
        reader.execute(text("SELECT count(*) FROM raw_payload"))
        done = Housekeeper(db=db, clock=SystemClock(), raw_keep_months=6)()
        reader.rollback()
    assert done.left == ("raw_month",)
    assert done.gone == {"job": 1}
    assert clean(db, keep=6) == {"raw_month": 1}


def test_the_clock_asks_for_it_once_and_the_worker_does_it(
    db: Database, urls: Urls, settings: Settings, tmp_path: Path
) -> None:
    clock = FixedClock(NOW)
    queue = PostgresQueue(clock=clock)
    put_job(db, "old", "done", ago(31))
    for _ in range(2):
        with db.platform() as tx:
            on_fire(queue, settings)(tx, HOUSEKEEP, NOW)
    with db.platform() as tx:
        asked = tx.run("SELECT tenant_id, job_type FROM job WHERE state = 'todo'").all()
    assert [tuple(row) for row in asked] == [(None, HOUSEKEEPING)]
    work = HousekeepingWork(cleaner=Housekeeper(db=db, clock=clock, raw_keep_months=18))
    worker = Worker(db, {HOUSEKEEPING: work}, clock, threads=1)
    assert worker.run_until_idle() == 1
    with db.platform() as tx:
        result = tx.run("SELECT state, result FROM job WHERE job_type = :t", t=HOUSEKEEPING).one()
    assert result.state == "done"
    assert result.result["gone"] == {"job": 1}
    assert "законченных работ 1" in result.result["summary"]


def test_a_reply_that_comes_again_is_kept_with_the_month_it_came_in(db: Database, urls: Urls) -> None:
    """Deduplicated against a copy of long ago, tonight's reply would go with that copy's month."""
    cabinet = make_cabinet(db)
    key, unit = RunKey(cabinet.id, "wb.sales", "x"), Unit("x", date(2026, 11, 1), date(2026, 11, 1))
    this = NOW.date().replace(day=1)
    old = datetime.combine(shift_month(this, -7), datetime.min.time(), UTC) + DAY
    page = Page(RequestKey(*("x" for _ in RequestKey._fields)), b"[]", "")
    with db.tenant(cabinet.tenant_id) as tx:
        first = runs.open_run(tx, key, "then", old, old - DAY)
        assert first is not None
        known = runs.keep_page(tx, key, first.id, page, old)
        runs.finish_run(tx, key, first.id, runs.unit_digest([known]), {}, old, "then")
    with db.tenant(cabinet.tenant_id) as tx:
        second = runs.open_run(tx, key, "now", NOW, NOW - DAY)
        assert second is not None
        assert runs.keep_page(tx, key, second.id, page, NOW) == known
        assert runs.keep_page(tx, key, second.id, page, NOW) == known  # killed, and told again
    assert left(urls, "SELECT count(*) FROM raw_payload") == [2]
    assert clean(db, keep=6) == {"raw_month": 1}
    with db.tenant(cabinet.tenant_id) as tx:
        assert [page.body for page in runs.read_pages(tx, cabinet.id, [known])] == [b"[]"]
        assert runs.is_known(tx, key, unit, runs.unit_digest([known]))


def test_a_night_after_its_raw_replies_were_let_go_knows_what_it_knew(
    db: Database, urls: Urls, tmp_path: Path
) -> None:
    """The digest of a unit outlives its pages: what is said again is skipped, what is new is read."""
    with (
        sandbox(skus=6, days=3) as server,
        open_shop(db, urls, tmp_path, server, only=CORE, marketplaces=("WB",)) as shop,
    ):
        shop.night()
        said = content(shop)
        drop_all_raw(urls)
        again = shop.night()
        assert not again.errors
        assert again.written == 0
        assert content(shop) == said
        assert sum(done.units_known for done in again.sources.values()) > 2, "nothing was skipped"
        forget_digests(shop)
        read_anew = shop.night()  # every unit is normalised once more, from replies that came again
        assert not read_anew.errors
        assert sum(done.units_known for done in read_anew.sources.values()) == 0
        assert content(shop) == said


def drop_all_raw(urls: Urls) -> None:
    """As if all of it were older than RAW_KEEP_MONTHS."""
    with create_engine(urls.admin, poolclass=pool.NullPool).begin() as connection:
        connection.execute(text("TRUNCATE raw_payload"))


def forget_digests(shop: Shop) -> None:
    with shop.db.tenant(shop.tenant_id) as tx:
        tx.run("DELETE FROM source_unit WHERE tenant_id = :tenant_id")


def test_the_worker_of_the_house_knows_the_work(db: Database, urls: Urls, tmp_path: Path) -> None:
    with sandbox(skus=2, days=1) as server, open_shop(db, urls, tmp_path, server, only=CORE) as shop:
        assert isinstance(handlers(shop.house.night, shop.house.teller)[HOUSEKEEPING], HousekeepingWork)


def test_the_command_cleans_now_and_says_what_went(
    db: Database,
    urls: Urls,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = Settings(_env_file=None, database_url=urls.app, ambar_data=tmp_path)  # type: ignore[call-arg]
    monkeypatch.setattr("app.cli.doctor.get_settings", lambda: settings)
    monkeypatch.setattr("app.cli.doctor.logging.configure", lambda _level: None)
    put_job(db, "old", "done", ago(31))
    housekeep()
    assert "Убрано: законченных работ 1." in capsys.readouterr().out
    housekeep()
    assert "Убирать нечего." in capsys.readouterr().out
