"""Who may run beside whom: caps, serial keys, turns; told by two real connections at the same moment."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.clock import FixedClock
from app.db.session import Database
from app.queue.port import ClaimedJob
from app.queue.postgres import PostgresQueue
from tests.queue.conftest import Line
from tests.support.worlds import make_tenant


@pytest.fixture
def capped(line: Line) -> Line:
    """At most two jobs of a tenant at once."""
    return replace(line, queue=PostgresQueue(clock=line.clock, tenant_max=2))


def names(jobs: list[ClaimedJob]) -> list[str]:
    return [job.payload["name"] for job in jobs]


def test_a_tenant_runs_no_more_jobs_than_its_cap(capped: Line, tenant: int, neighbour: int) -> None:
    for name in ("a1", "a2", "a3"):
        capped.ask(tenant, name, priority=5)
    capped.ask(neighbour, "b1")
    first, second, third = (capped.claimed() for _ in range(3))
    assert names([first, second, third]) == ["a1", "a2", "b1"]
    assert capped.claim() is None
    capped.ack(second)
    assert names([capped.claimed()]) == ["a3"]


def test_the_house_has_its_turn_and_its_cap_like_a_tenant(capped: Line, tenant: int) -> None:
    for name in ("h1", "h2", "h3"):
        capped.ask(None, name)
    capped.ask(tenant, "a1")
    served_last, taken = 0, []
    while (job := capped.claim(served_last)) is not None:
        served_last = job.tenant_id or 0
        taken.append(job)
    assert names(taken) == ["a1", "h1", "h2"]


def test_jobs_of_one_serial_key_never_run_at_once(line: Line, tenant: int, neighbour: int) -> None:
    line.ask(tenant, "night", serial="figures")
    line.ask(tenant, "recalc", serial="figures", priority=1)
    line.ask(tenant, "export", serial="files")
    line.ask(tenant, "mail")
    line.ask(neighbour, "night of another", serial="figures")
    first = line.claimed()
    rest = []
    while (job := line.claim()) is not None:
        rest.append(job)
    assert names([first]) == ["recalc"]
    assert sorted(names(rest)) == ["export", "mail", "night of another"]
    line.ack(first)
    assert names([line.claimed()]) == ["night"]


def test_the_database_itself_refuses_a_second_job_of_a_serial_key(
    db: Database, line: Line, tenant: int
) -> None:
    line.ask(tenant, "night", serial="figures")
    other = line.ask(tenant, "recalc", serial="figures")
    line.claimed()
    with pytest.raises(IntegrityError), db.platform() as tx:
        tx.run("UPDATE job SET state = 'doing' WHERE id = :id", id=other)


def claimed_meanwhile(line: Line, first: str) -> list[str]:
    """What a second worker gets that claims while the first worker's claim is not committed yet."""
    begun, taken = threading.Event(), []

    def claim() -> None:
        begun.set()
        taken.append(line.claim())

    with line.db.platform() as tx:
        held = line.queue.claim(tx, ["work"])
        assert held is not None
        assert names([held]) == [first]
        second = threading.Thread(target=claim)
        second.start()
        assert begun.wait(5)
        second.join(0.5)  # long enough to have taken what it must not take
    second.join(5)
    assert not second.is_alive()
    return names([job for job in taken if job is not None])


def test_two_workers_at_the_same_moment_keep_the_cap(capped: Line, tenant: int) -> None:
    for name in ("a1", "a2", "a3"):
        capped.ask(tenant, name)
    capped.claimed()
    assert claimed_meanwhile(capped, "a2") == []


def test_two_workers_at_the_same_moment_keep_the_serial_key(line: Line, tenant: int) -> None:
    line.ask(tenant, "night", serial="figures")
    line.ask(tenant, "recalc", serial="figures")
    assert claimed_meanwhile(line, "night") == []


def test_whoever_waited_for_a_tenants_claim_gets_the_next_job_of_it(line: Line, tenant: int) -> None:
    line.ask(tenant, "a1")
    line.ask(tenant, "a2")
    assert claimed_meanwhile(line, "a1") == ["a2"]


def test_many_hands_never_exceed_the_cap_and_do_all_the_work(db: Database, clock: FixedClock) -> None:
    line = Line(db, PostgresQueue(clock=clock, tenant_max=2), clock)
    tenants = [make_tenant(db, f"ИП {n}") for n in range(3)]
    for n in range(90):
        line.ask(tenants[n % 3], str(n), serial=str(n % 7))
    breaches: list[str] = []
    done: list[str] = []

    def work() -> None:
        served_last = 0
        misses = 0
        while len(done) < 90 and misses < 2000:
            job = line.claim(served_last)
            if job is None:
                misses += 1
                continue
            served_last = job.tenant_id or 0
            with db.platform() as tx:
                running = tx.run(
                    "SELECT tenant_id, count(*) AS jobs, count(DISTINCT serial) AS serials FROM job "
                    "WHERE state = 'doing' GROUP BY tenant_id"
                ).all()
            breaches.extend(str(row) for row in running if row.jobs > 2 or row.serials != row.jobs)
            done.append(job.payload["name"])
            line.ack(job)

    hands = [threading.Thread(target=work) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(60)
    assert breaches == []
    assert sorted(done, key=int) == [str(n) for n in range(90)]


def test_a_batch_is_one_job_a_tenant_in_turn(line: Line, tenant: int, neighbour: int) -> None:
    for name in ("a1", "a2"):
        line.ask(tenant, name)
    line.ask(neighbour, "b1")
    line.ask(None, "h1")
    with line.db.platform() as tx:
        batch = line.queue.claim_many(tx, ["work"], 10, served_last=tenant)
    assert names(batch) == ["b1", "h1", "a1"]
    assert len({job.lease_token for job in batch}) == 3


def test_a_claim_reads_no_more_of_a_long_line_than_it_needs(db: Database, line: Line) -> None:
    """50 tenants, one of them with 5,000 jobs: sorting all that is due would read hundreds of pages."""
    tenants = [make_tenant(db, f"Длинный {n}") for n in range(50)]
    with db.platform() as tx:
        tx.run(
            "INSERT INTO job (tenant_id, job_type, trace_id, uniq, run_at) "
            "SELECT CASE WHEN n <= 5000 THEN CAST(:noisy AS bigint)"
            " ELSE (CAST(:others AS bigint[]))[n - 5000] END, 'work', 't', n::text, :now"
            " FROM generate_series(1, 5049) n",
            noisy=tenants[0],
            others=tenants[1:],
            now=line.clock.now(),
        )
        assert line.queue.claim(tx, ["work"]) is not None  # reads the catalogue, once a connection
        plan = tx.run(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
            "SELECT * FROM ambar_claim(ARRAY['work'], 0, 1, 2, :now, 't', :now)",
            now=line.clock.now(),
        ).scalar_one()
    read = plan[0]["Plan"]
    assert read["Actual Rows"] == 1
    assert read["Shared Hit Blocks"] + read["Shared Read Blocks"] < 150
