"""/metrics tells an operator what waits and what fails, whatever process did it, and names nobody."""

import asyncio
import os
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.core.clock import FixedClock
from app.core.exposition import STALE, Meters, metered, read_files
from app.core.metrics import Metrics, Unmeasured
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.port import NewJob
from app.queue.postgres import PostgresQueue
from tests.support.ports import free_port
from tests.support.shop import until
from tests.support.worlds import make_cabinet, make_tenant
from tests.web.conftest import Open

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clean(db: Database) -> None:
    with db.platform() as tx:
        for table in ("job", "outbox_event", "rate_budget", "dead_letter", "firing", "tenant"):
            tx.run(f"DELETE FROM {table}")


def value(page: str, name: str, **labels: str) -> float | None:
    """Of the one sample with these labels."""
    found = [
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert len(found) <= 1, (name, labels, found)
    return found[0] if found else None


async def page_of(db: Database, pages: Open) -> str:
    async with pages(db) as client:
        reply = await client.get("/metrics")
        assert reply.status == 200
        assert reply.content_type == "text/plain"
        return await reply.text()


async def test_jobs_are_counted_by_type_and_state_and_the_oldest_due_one_tells_the_lag(
    db: Database, clock: FixedClock, pages: Open
) -> None:
    tenant, queue = make_tenant(db), PostgresQueue(clock=clock)
    now = clock.now()
    with db.platform() as tx:
        for name, run_at in (("a", now - 7 * MINUTE), ("b", now - MINUTE), ("c", now + MINUTE)):
            queue.enqueue(
                tx,
                NewJob(
                    job_type="collect", payload={}, tenant_id=tenant, trace_id="t", uniq=name, run_at=run_at
                ),
            )
        queue.enqueue(tx, NewJob(job_type="recalc", payload={}, tenant_id=tenant, trace_id="t"))
        queue.claim(tx, ["recalc"])
        tx.run(
            "INSERT INTO dead_letter (tenant_id, job_id, job_type, error, trace_id, resolution, resolved_at)"
            " VALUES (:t, 1, 'collect', 'x', 't', NULL, NULL),"
            " (:t, 2, 'collect', 'x', 't', 'dropped', now())",
            t=tenant,
        )
        tx.run("INSERT INTO firing VALUES ('collect_yesterday_data', :at, :at)", at=now - 90 * MINUTE)
    page = await page_of(db, pages)
    assert value(page, "ambar_database_up") == 1
    assert value(page, "ambar_jobs", job_type="collect", state="todo") == 3
    assert value(page, "ambar_jobs", job_type="recalc", state="doing") == 1
    assert value(page, "ambar_jobs_due", job_type="collect") == 2
    assert value(page, "ambar_job_lag_seconds", job_type="collect") == 7 * 60
    assert value(page, "ambar_job_lag_seconds", job_type="recalc") == 0
    assert value(page, "ambar_dead_letters_open", job_type="collect") == 1
    fired = value(page, "ambar_last_firing_timestamp_seconds", job="collect_yesterday_data")
    assert fired == (now - 90 * MINUTE).timestamp()


async def test_the_outbox_tells_what_waits_for_how_long_and_what_was_given_up(
    db: Database, clock: FixedClock, pages: Open
) -> None:
    tenant = make_tenant(db)
    with db.platform() as tx:
        for minutes in (30, 2, 1):
            earlier = FixedClock(clock.now() - minutes * MINUTE)
            PostgresOutbox(clock=earlier).append(tx, "telegram", "k", {}, trace_id="t", tenant_id=tenant)
        tx.run(
            "UPDATE outbox_event SET published_at = :at WHERE created_at = :oldest",
            at=clock.now(),
            oldest=clock.now() - 30 * MINUTE,
        )
        tx.run(
            "UPDATE outbox_event SET given_up_at = :at WHERE created_at = :last",
            at=clock.now(),
            last=clock.now() - MINUTE,
        )
    page = await page_of(db, pages)
    assert value(page, "ambar_outbox_waiting", topic="telegram") == 1
    assert value(page, "ambar_outbox_lag_seconds", topic="telegram") == 120
    assert value(page, "ambar_outbox_given_up", topic="telegram") == 1


async def test_freshness_is_that_of_the_cabinet_furthest_behind(
    db: Database, clock: FixedClock, pages: Open
) -> None:
    # 20 November, six in the morning: yesterday is the 19th
    for number, last in enumerate((date(2026, 11, 19), date(2026, 11, 16))):
        cabinet = make_cabinet(db, "WB", seller_key=f"fresh-{number}")
        with db.tenant(cabinet.tenant_id) as tx:
            tx.run(
                "INSERT INTO coverage (tenant_id, account_id, source, d, completed_at) VALUES "
                "(:tenant_id, :account, 'wb.sales', :d, now()), "
                "(:tenant_id, :account, 'wb.sales', :before, now())",
                account=cabinet.id,
                d=last,
                before=last - timedelta(days=9),
            )
    make_cabinet(db, "OZON", seller_key="empty")
    with db.platform() as tx:
        tx.run(
            "INSERT INTO rate_budget (marketplace, seller_key, method, tokens, refilled_at, next_allowed_at)"
            " VALUES ('WB', 'Секретный продавец', 'wb.finance', 0, :now, :until), "
            "('WB', 'другой', 'wb.finance', 0, :now, :past)",
            now=clock.now(),
            until=clock.now() + 5 * MINUTE,
            past=clock.now() - MINUTE,
        )
    page = await page_of(db, pages)
    assert value(page, "ambar_freshness_lag_days", marketplace="wb", source="wb.sales") == 3
    assert value(page, "ambar_cabinets", marketplace="WB", state="active") == 2
    assert value(page, "ambar_cabinets_without_data", marketplace="OZON") == 1
    assert value(page, "ambar_marketplace_closed_sellers", marketplace="WB", method="wb.finance") == 1
    assert value(page, "ambar_marketplace_closed_seconds", marketplace="WB", method="wb.finance") == 300


async def test_no_label_names_anybody(db: Database, pages: Open, tmp_path: Path) -> None:
    """Every label there is comes of a list that does not grow with sellers, people or words."""
    make_cabinet(db, "WB", make_tenant(db, "ООО Очень Секретная"), "seller-secret-7")
    with metered(tmp_path, "worker", every=0.05) as metrics:
        count_everything(metrics)
        page = await settled(db, pages, "ambar_job_runs_total{")
    labels = set(re.findall(r'[{,]([a-z_]+)="', page))
    assert labels == {
        "job_type",
        "state",
        "outcome",
        "marketplace",
        "method",
        "status",
        "result",
        "kind",
        "topic",
        "process",
        "le",
        "job",
        "source",
    } - missing(page)
    assert "Секретная" not in page
    assert "seller-secret-7" not in page


def missing(page: str) -> set[str]:
    """Labels of gauges that have nothing to tell in this story."""
    return {name for name in ("state", "job", "source") if f'{name}="' not in page}


async def settled(db: Database, pages: Open, *series: str) -> str:
    """The page once it tells each of ``series``."""
    for _ in range(200):
        page = await page_of(db, pages)
        if all(each in page for each in series):
            return page
        await asyncio.sleep(0.02)
    raise AssertionError(page)


def count_everything(metrics: Metrics) -> None:
    metrics.marketplace_called("WB", "wb.sales", 200, 0.3)
    metrics.marketplace_called("WB", "wb.sales", 0, 60.0)
    metrics.telegram_called("sendMessage", "flood", 0.1)
    metrics.update_handled("message", "done", 0.02)
    metrics.job_run("collect", "done", 12.0)
    metrics.event_told("telegram", "delivered")


async def test_what_several_processes_counted_stands_on_one_page(
    db: Database, pages: Open, tmp_path: Path
) -> None:
    with (
        metered(tmp_path, "bot", every=0.02) as bot,
        metered(tmp_path, "worker", every=0.02) as first,
        metered(tmp_path, "worker", every=0.02) as second,
    ):
        bot.update_handled("message", "done", 0.02)
        first.marketplace_called("WB", "wb.sales", 200, 0.3)
        for _ in range(2):
            second.marketplace_called("WB", "wb.sales", 429, 0.1)
        second.job_run("collect", "failed", 3.0)
        page = await settled(db, pages, "ambar_updates_total{", 'status="200"', "ambar_job_runs_total{")
    assert value(page, "ambar_updates_total", process="bot", result="done") == 1
    assert value(page, "ambar_marketplace_calls_total", process="worker", status="200") == 1
    assert value(page, "ambar_marketplace_calls_total", process="worker-2", status="429") == 2
    assert value(page, "ambar_marketplace_call_seconds_bucket", process="worker", le="0.25") == 0
    assert value(page, "ambar_marketplace_call_seconds_bucket", process="worker", le="0.5") == 1
    assert value(page, "ambar_job_runs_total", process="worker-2", outcome="failed") == 1
    assert list(tmp_path.glob("*.prom")) == []  # who ends well leaves nothing behind
    assert "process=" not in await page_of(db, pages)


def test_two_of_a_kind_keep_apart_and_a_name_is_used_again(tmp_path: Path) -> None:
    with metered(tmp_path, "worker", every=0.02):
        with metered(tmp_path, "worker", every=0.02) as second:
            second.event_told("telegram", "delivered")
            until(lambda: processes(tmp_path) == {"worker", "worker-2"})
        until(lambda: processes(tmp_path) == {"worker"})
        with metered(tmp_path, "worker", every=0.02):
            until(lambda: processes(tmp_path) == {"worker", "worker-2"})


def test_what_a_killed_process_left_is_not_told_for_ever(tmp_path: Path) -> None:
    with metered(tmp_path, "worker", every=0.02):
        until(lambda: processes(tmp_path) == {"worker"})
        left = (tmp_path / "worker.prom").read_bytes()
    (tmp_path / "worker.prom").write_bytes(left)
    assert processes(tmp_path) == {"worker"}
    long_ago = (tmp_path / "worker.prom").stat().st_mtime - STALE - 1
    os.utime(tmp_path / "worker.prom", (long_ago, long_ago))
    assert processes(tmp_path) == set()


def test_half_a_file_spoils_no_page(tmp_path: Path) -> None:
    (tmp_path / "bot.prom").write_text('ambar_updates_total{kind="mess')
    with metered(tmp_path, "worker", every=0.02):
        until(lambda: processes(tmp_path) == {"worker"})


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_work(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file")
    with metered(tmp_path / "metrics", "worker") as metrics:
        count_everything(metrics)
        assert isinstance(metrics, Unmeasured)


def test_a_status_nobody_knows_is_one_label_and_no_answer_another() -> None:
    meters = Meters()
    for status in (0, 200, 599, 600, 99999):
        meters.marketplace_called("WB", "wb.sales", status, 0.1)
    told = {
        sample.labels["status"]
        for family in meters.registry.collect()
        for sample in family.samples
        if sample.name == "ambar_marketplace_calls_total"
    }
    assert told == {"none", "200", "599", "other"}


async def test_without_a_database_the_processes_are_still_told(pages: Open, tmp_path: Path) -> None:
    db = Database(f"postgresql+psycopg2://ambar:x@127.0.0.1:{free_port()}/ambar", pool_size=1)
    with metered(tmp_path, "worker", every=0.02) as metrics:
        metrics.job_run("collect", "done", 1.0)
        page = await settled(db, pages, "ambar_job_runs_total{")
    db.close()
    assert value(page, "ambar_database_up") == 0
    assert value(page, "ambar_job_runs_total", process="worker") == 1


def processes(folder: Path) -> set[str]:
    return {sample.labels["process"] for family in read_files(folder) for sample in family.samples}
