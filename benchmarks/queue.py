"""The queue: enqueue, claim and ack against procrastinate; and how long others wait beside a noisy neighbour.

Every operation is a committed transaction (fsync on), with as many connections on either side. Ours sets
its role and its wall in each, writes ``job.created`` beside every new job, and keeps a cap and turns.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from app.core.clock import SystemClock
from app.db.session import PlatformTx
from app.queue.port import ClaimedJob, NewJob
from app.queue.postgres import PostgresQueue
from benchmarks.harness import Bench, arguments, open_bench, rate, row, title
from benchmarks.rivals.procrastinate_queue import ProcrastinateQueue

TENANTS = 200
HANDS = 4
CAP = 2
BATCH = 20
WORK = 0.002
"""Seconds that a job of the noisy neighbour's story takes."""

OTHERS_JOBS = 5


@dataclass(slots=True)
class Timed:
    """Seconds of each operation, by contender; ``wall`` is how long all of them took together."""

    each: list[float] = field(default_factory=list)
    wall: float = 0.0

    def __str__(self) -> str:
        p50, p95, p99 = (quantile(self.each, share) * 1000 for share in (0.50, 0.95, 0.99))
        return f"p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f} ms"


def main(jobs: int = 10_000, repetitions: int = 3) -> None:
    """Print both comparisons for ``jobs`` jobs of 200 tenants."""
    with open_bench() as bench:
        bench.execute(f"INSERT INTO tenant (id, name) SELECT n, 'x' FROM generate_series(1, {TENANTS}) n")
        title(f"Queue: {jobs:,} jobs of {TENANTS} tenants, {HANDS} connections, a commit each")
        against_procrastinate(bench, jobs, repetitions)
        title(f"Queue: {TENANTS} tenants, one has {jobs:,} jobs, the others {OTHERS_JOBS} each")
        beside_a_noisy_neighbour(bench, jobs)


def against_procrastinate(bench: Bench, jobs: int, repetitions: int) -> None:
    rival = ProcrastinateQueue(bench, HANDS)
    queue = PostgresQueue(clock=SystemClock(), tenant_max=CAP)
    ours: dict[str, list[Timed]] = {}
    theirs: dict[str, list[Timed]] = {}
    for _ in range(repetitions):
        for name, timed in their_round(rival, jobs):
            theirs.setdefault(name, []).append(timed)
        for name, timed in our_round(bench, queue, jobs, at_once=1):
            ours.setdefault(name, []).append(timed)
        for name, timed in our_round(bench, queue, jobs, at_once=BATCH):
            ours.setdefault(f"{name}, {BATCH} at once", []).append(timed)
    for name, rounds in ours.items():
        base = name.removesuffix(f", {BATCH} at once")
        mine, rivals = middle(rounds), middle(theirs[base])
        row(name, rate(jobs, mine.wall), rivals.wall / mine.wall, str(mine))
        if name == base:
            row("  procrastinate", rate(jobs, rivals.wall), note=str(rivals))


def their_round(rival: ProcrastinateQueue, jobs: int) -> Iterator[tuple[str, Timed]]:
    rival.clear()
    started = time.perf_counter()
    yield "enqueue", Timed(rival.enqueue(jobs, TENANTS), time.perf_counter() - started)
    started = time.perf_counter()
    claims, acks = rival.work_off()
    yield from both(claims, acks, jobs, time.perf_counter() - started)


def our_round(bench: Bench, queue: PostgresQueue, jobs: int, at_once: int) -> Iterator[tuple[str, Timed]]:
    clear(bench)
    numbers, asked = iter(range(jobs)), Timed()

    def ask(_hand: int) -> None:
        while mine := take(numbers, at_once):
            started = time.perf_counter()
            with bench.db.platform() as tx:
                for number in mine:
                    queue.enqueue(tx, new_job(1 + number % TENANTS, str(number)))
            asked.each += [(time.perf_counter() - started) / len(mine)] * len(mine)

    asked.wall = all_hands(ask)
    yield "enqueue", asked
    claims, acks = Timed(), Timed()

    def work(_hand: int) -> None:
        served_last = 0
        while True:
            started = time.perf_counter()
            with bench.db.platform() as tx:
                batch = queue.claim_many(tx, ["work"], at_once, served_last)
            if not batch:
                return
            served_last = batch[-1].tenant_id or 0
            claims.each += [(time.perf_counter() - started) / len(batch)] * len(batch)
            started = time.perf_counter()
            with bench.db.platform() as tx:
                for job in batch:
                    queue.ack(tx, job, None)
            acks.each += [(time.perf_counter() - started) / len(batch)] * len(batch)

    yield from both(claims.each, acks.each, jobs, all_hands(work))


def both(claims: list[float], acks: list[float], jobs: int, wall: float) -> Iterator[tuple[str, Timed]]:
    """The hands claim and ack in turn: the wall's time is divided by what each took of it."""
    if len(acks) != jobs:
        raise AssertionError(f"{len(acks)} of {jobs} jobs were done")
    share = sum(claims) / (sum(claims) + sum(acks))
    yield "claim", Timed(claims, wall * share)
    yield "ack", Timed(acks, wall * (1 - share))
    yield "claim and ack", Timed([a + b for a, b in zip(claims, acks, strict=False)], wall)


def beside_a_noisy_neighbour(bench: Bench, jobs: int) -> None:
    """How long each job waited for a hand, in our order and in the order of their coming."""
    queue = PostgresQueue(clock=SystemClock(), tenant_max=HANDS)
    waits: dict[str, tuple[list[float], list[float]]] = {}
    for name, claim in (("in turn", queue.claim), ("first come, first served", Fifo(queue).claim)):
        clear(bench)
        with bench.db.platform() as tx:
            for number in range(jobs):
                queue.enqueue(tx, new_job(1, f"noisy-{number}"))
            for tenant in range(2, TENANTS + 1):
                for number in range(OTHERS_JOBS):
                    queue.enqueue(tx, new_job(tenant, f"{tenant}-{number}"))
        bench.execute("ANALYZE job")
        waits[name] = waited(bench, queue, claim)
    for who in (0, 1):
        for name, told in waits.items():
            figure = f"median {statistics.median(told[who]):.2f} s"
            note = f"p95 {quantile(told[who], 0.95):.2f} s, longest {max(told[who]):.2f} s"
            row(f"{('the others', 'the noisy one')[who]}, {name}", figure, note=note)
    others = {name: statistics.median(told[0]) for name, told in waits.items()}
    row("the others wait less, times", "", others["first come, first served"] / others["in turn"])


def waited(
    bench: Bench, queue: PostgresQueue, claim: Callable[[PlatformTx, list[str], int], ClaimedJob | None]
) -> tuple[list[float], list[float]]:
    """Seconds from the beginning to each claim: of the others' jobs, and of the noisy one's."""
    others: list[float] = []
    noisy: list[float] = []
    began = time.perf_counter()

    def work(_hand: int) -> None:
        served_last = 0
        while True:
            with bench.db.platform() as tx:
                job = claim(tx, ["work"], served_last)
            if job is None:
                return
            served_last = job.tenant_id or 0
            (noisy if job.tenant_id == 1 else others).append(time.perf_counter() - began)
            time.sleep(WORK)
            with bench.db.platform() as tx:
                queue.ack(tx, job, None)

    all_hands(work)
    return others, noisy


@dataclass(frozen=True, slots=True)
class Fifo:
    """A queue as most are: the longest waiting first, whosever it is."""

    queue: PostgresQueue

    def claim(self, tx: PlatformTx, _types: list[str], _served_last: int) -> ClaimedJob | None:
        now = self.queue.clock.now()
        found = tx.run(
            "UPDATE job SET state = 'doing', attempt = attempt + 1, lease_token = id::text,"
            " lease_until = :until"
            " WHERE id = (SELECT id FROM job WHERE state = 'todo' AND run_at <= :now"
            " ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
            " RETURNING id, tenant_id, job_type, payload, attempt, max_attempt, lease_token, trace_id",
            now=now,
            until=now + self.queue.lease,
        ).one_or_none()
        return None if found is None else ClaimedJob(**found._asdict())


def new_job(tenant_id: int, name: str) -> NewJob:
    return NewJob(job_type="work", payload={"n": name}, tenant_id=tenant_id, trace_id="bench", uniq=name)


def all_hands(work: Callable[[int], None]) -> float:
    """``work(number)`` in as many threads as there are hands; the seconds it took."""
    hands = [threading.Thread(target=work, args=(number,)) for number in range(HANDS)]
    started = time.perf_counter()
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return time.perf_counter() - started


_TAKING = threading.Lock()


def take(numbers: Iterator[int], count: int) -> list[int]:
    taken: list[int] = []
    with _TAKING, suppress(StopIteration):
        while len(taken) < count:
            taken.append(next(numbers))
    return taken


def clear(bench: Bench) -> None:
    bench.execute("TRUNCATE job, outbox_event CASCADE")
    bench.execute("CHECKPOINT")
    bench.execute("ANALYZE job")


def middle(rounds: list[Timed]) -> Timed:
    """The round of the median wall."""
    return sorted(rounds, key=lambda each: each.wall)[len(rounds) // 2]


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    asked = arguments(10_000, "jobs")
    main(asked.size, asked.repeat)
