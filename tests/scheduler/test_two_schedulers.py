"""Schedulers as processes of their own against one database: each night once, whoever lives to wind it."""

import signal
import time
from contextlib import ExitStack
from pathlib import Path

from app.db.install import Urls
from app.db.session import Database
from tests.support.running import Running
from tests.support.shop import until
from tests.support.worlds import make_tenant

LEASE = 3


def fired(db: Database) -> list[tuple[str, int]]:
    """(job, how many of its jobs wait) of every firing there was."""
    with db.platform() as tx:
        rows = tx.run(
            "SELECT f.job, (SELECT count(*) FROM job j WHERE j.tenant_id IS NOT NULL AND j.job_type ="
            " split_part(f.job, '_', 1)) FROM firing f WHERE f.job IN ('collect_yesterday_data',"
            " 'recalc_recent_metrics') ORDER BY 1"
        )
        return [(row[0], row[1]) for row in rows]


def jobs(db: Database) -> list[tuple[int, str]]:
    """The two that make a night of figures; the ledger's own is fired beside them."""
    with db.platform() as tx:
        rows = tx.run(
            "SELECT tenant_id, job_type FROM job WHERE tenant_id IS NOT NULL"
            " AND job_type IN ('collect', 'recalc') ORDER BY 1, 2"
        )
        return [(row[0], row[1]) for row in rows]


def holder(db: Database) -> str | None:
    """Who holds the lease."""
    with db.platform() as tx:
        found: str | None = tx.run("SELECT holder FROM lease WHERE name = 'scheduler'").scalar()
        return found


def holders(running: Running) -> set[str]:
    """The names under which a process has led."""
    return {str(each["holder"]) for each in running.told("leadership_taken")}


def test_of_two_schedulers_one_fires_and_the_other_takes_over_when_it_is_killed(
    db: Database, urls: Urls, tmp_path: Path
) -> None:
    tenants = sorted(make_tenant(db, f"ИП {name}") for name in ("Первый", "Второй", "Третий"))
    once = sorted((tenant, job_type) for tenant in tenants for job_type in ("collect", "recalc"))
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                Running("scheduler", "--lease", str(LEASE), data=tmp_path, DATABASE_URL=urls.app)
            )
            for _ in range(2)
        ]
        for each in running:
            each.until("scheduler_started")
        until(lambda: len(fired(db)) == 2, 60)
        assert fired(db) == [("collect_yesterday_data", 3), ("recalc_recent_metrics", 3)]
        assert jobs(db) == once
        # A machine in haste may let a short lease run out: whoever leads, the night was begun once.
        nights = [each["job"] for one in running for each in one.told("fired")]
        assert len(nights) == len(set(nights))

        until(lambda: any(holder(db) in holders(each) for each in running))
        first = next(each for each in running if holder(db) in holders(each))
        other = running[1 - running.index(first)]
        first.tell(signal.SIGKILL)
        first.ended()
        forget_the_night(db)
        killed_at = time.monotonic()
        until(lambda: len(fired(db)) == 2, 60)
        # the lease that the dead one left, one look of ours each third of a term, and the haste
        assert time.monotonic() - killed_at < LEASE + LEASE / 3 + 20
        assert fired(db) == [("collect_yesterday_data", 3), ("recalc_recent_metrics", 3)]
        assert jobs(db) == once
        until(lambda: holder(db) in holders(other))

        assert other.stop() == 0
        assert other.told("scheduler_stopped")
        assert holder(db) is None  # given back: whoever comes next need not wait


def forget_the_night(db: Database) -> None:
    """As if the next hours had struck: whoever leads now owes them anew."""
    with db.platform() as tx:
        tx.run("DELETE FROM firing")
        tx.run("DELETE FROM job")
