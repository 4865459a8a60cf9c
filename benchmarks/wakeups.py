"""From the commit of a job to the start of its handler: hands that look every half second, and woken ones.

One worker of four hands with nothing else to do. Requests come one by one at moments that have nothing to do
with the hands' rounds, as people's do; the contenders take turns. Beside it, what calling out costs whoever
asks for work, and what the wake-ups cost while nothing happens.
"""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.clock import SystemClock
from app.core.document import Document
from app.queue.port import ClaimedJob, NewJob, Report, Wakeups
from app.queue.postgres import PostgresQueue
from app.queue.redis_wakeups import RedisWakeups
from app.queue.worker import Worker
from benchmarks.harness import Bench, arguments, open_bench, row, title
from tests.support.redis_server import RedisServer

POLL = 0.5
"""Seconds: the worker's own default."""

HANDS = 4
LONGEST_GAP = 0.6


class Line:
    """Asks for jobs and notes, in seconds, how long after the commit their handler began."""

    def __init__(self, bench: Bench, tenant_id: int, wakeups: Wakeups | None) -> None:
        self._bench, self._tenant_id, self._wakeups = bench, tenant_id, wakeups
        self._queue = PostgresQueue(clock=SystemClock(), wakeups=wakeups)
        self._begun = threading.Event()
        self._at = 0.0
        self.lags: list[float] = []
        self.asking: list[float] = []

    @contextmanager
    def hands(self) -> Iterator[None]:
        """Hands that work within the block."""
        worker = Worker(
            self._bench.db,
            {"work": self._handle},
            SystemClock(),
            threads=HANDS,
            poll=POLL,
            wakeups=self._wakeups,
        )
        worker.start()
        yield
        worker.stop()
        worker.join(5)

    def ask(self) -> None:
        """One job, and wait for its start."""
        self._begun.clear()
        began = time.perf_counter()
        with self._bench.db.tenant(self._tenant_id) as tx:
            job = NewJob(job_type="work", payload={}, tenant_id=self._tenant_id, trace_id="bench")
            self._queue.enqueue(tx, job)
        committed = time.perf_counter()
        self.asking.append(committed - began)
        assert self._begun.wait(10), "nobody took the job"
        self.lags.append(max(0.0, self._at - committed))

    def _handle(self, _job: ClaimedJob, _report: Report) -> Document:
        self._at = time.perf_counter()
        self._begun.set()
        return {}


def main(requests: int = 150) -> None:
    """Print the lags of ``requests`` jobs each way."""
    with open_bench() as bench, _redis() as server:
        bench.execute("INSERT INTO tenant (name) VALUES ('bench')")
        tenant_id = bench.scalar("SELECT max(id) FROM tenant")
        title(f"wake-ups: {requests} jobs one by one, {HANDS} hands, polling every {POLL:g} s")
        wakeups = RedisWakeups(server.dsn, "bench")
        lines = {
            "looking every half second": Line(bench, tenant_id, None),
            "woken over Redis": Line(bench, tenant_id, wakeups),
        }
        chance = random.Random(7)
        for _ in range(max(1, requests // 10)):
            for line in lines.values():
                _take_turn(line, chance, 10)
        _tell(lines)
        _idle(server, wakeups)
        wakeups.close()


def _take_turn(line: Line, chance: random.Random, times: int) -> None:
    """The other contender's hands would take the job: only one of them works at a time."""
    with line.hands():
        for _ in range(times):
            time.sleep(chance.uniform(0.05, LONGEST_GAP))
            line.ask()


def _tell(lines: dict[str, Line]) -> None:
    polled = statistics.median(lines["looking every half second"].lags)
    for name, line in lines.items():
        cuts = statistics.quantiles(line.lags, n=100)
        lag = statistics.median(line.lags)
        row(f"commit to start, {name}", f"{lag * 1000:.1f} ms", polled / lag, f"p95 {cuts[94] * 1000:.1f} ms")
    for name, line in lines.items():
        row(f"asking for a job, {name}", f"{statistics.median(line.asking) * 1000:.2f} ms")


def _idle(server: RedisServer, wakeups: RedisWakeups, seconds: float = 5.0) -> None:
    """What four hands with nothing to do ask of Redis."""
    with server.client() as client:
        before, worked = client.info()["total_commands_processed"], time.process_time()  # type: ignore[index]
        hands = [threading.Thread(target=_rest, args=(wakeups, seconds)) for _ in range(HANDS)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        asked = client.info()["total_commands_processed"] - before  # type: ignore[index]
        row(
            f"{HANDS} idle hands",
            f"{asked / seconds:.0f} commands/s",
            note=f"CPU {(time.process_time() - worked) / seconds:.2%}",
        )


def _rest(wakeups: RedisWakeups, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        wakeups.wait(POLL)


@contextmanager
def _redis() -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="ambar-bench-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


if __name__ == "__main__":
    main(arguments(150, "requests each way").size)
