"""The posting of stock documents against the floor: the least SQL that does the same durable work, driven by
pgbench (no Python at all) on the same server in the same run.

The floor is six statements: begin, anchor, lock, update, entry, commit; of a long document the same by sets.
Ours is the whole service: one Python process, walls, header, anchor, partitions, outbox and audit. `--size`
is documents a client. The CPU that a document costs is told too: the best of some batches, which other
programs on the machine disturb the least.
"""

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import make_url

from app.core.clock import SystemClock
from app.db.embedded.binaries import binaries
from app.domain.warehouse.movements import Line, Reason, Status, StockDocument
from app.services.ledger.posting import PostStock, StockDesk
from benchmarks.harness import Bench, Contender, arguments, open_bench, row, take_turns, title

ITEMS = 1_000
CLIENTS = (1, 4, 8)
LINES = 100

FLOOR = f"""
CREATE SCHEMA floor;
CREATE TABLE floor.anchor (tenant bigint, ref text, line int, stock bigint, qty int,
    PRIMARY KEY (tenant, ref, line, stock));
CREATE TABLE floor.stock (tenant bigint, id bigint, on_hand int, version bigint, PRIMARY KEY (tenant, id))
    WITH (fillfactor = 70);
CREATE TABLE floor.ledger (tenant bigint, stock bigint, version bigint, delta int, after_qty int, ref text,
    line int, posted_at timestamptz DEFAULT clock_timestamp(), PRIMARY KEY (tenant, stock, version));
CREATE SEQUENCE floor.refs;
INSERT INTO floor.stock SELECT 1, g, 0, 0 FROM generate_series(1, {ITEMS}) g;
"""

SIX = """\\set stock {choice}
\\set ref random(1, 1000000000000000)
BEGIN;
INSERT INTO floor.anchor VALUES (1, :ref, 1, :stock, 1) ON CONFLICT DO NOTHING;
SELECT on_hand + 1 AS after, version + 1 AS version FROM floor.stock
    WHERE tenant = 1 AND id = :stock FOR UPDATE \\gset
UPDATE floor.stock SET on_hand = :after, version = :version WHERE tenant = 1 AND id = :stock;
INSERT INTO floor.ledger VALUES (1, :stock, :version, 1, :after, :ref, 1);
COMMIT;
"""

STEP = f"(CAST(:first AS bigint) + g) * 7919 % {ITEMS} + 1"
"""As ``spread``: no two lines of a document are one balance."""

MANY = f"""\\set ref random(1, 1000000000000000)
\\set first random(1, 1000000000)
BEGIN;
INSERT INTO floor.anchor SELECT 1, :ref, g, {STEP}, 1 FROM generate_series(1, {LINES}) g
    ON CONFLICT DO NOTHING;
SELECT count(*) FROM (
    SELECT FROM floor.stock WHERE tenant = 1 AND id IN (SELECT {STEP} FROM generate_series(1, {LINES}) g)
    ORDER BY id FOR UPDATE
) locked;
WITH moved AS (
    UPDATE floor.stock s SET on_hand = s.on_hand + 1, version = s.version + 1
    FROM (SELECT g, {STEP} AS id FROM generate_series(1, {LINES}) g) l
    WHERE s.tenant = 1 AND s.id = l.id RETURNING l.g, s.id, s.version, s.on_hand
)
INSERT INTO floor.ledger SELECT 1, id, version, 1, on_hand, :ref, g FROM moved;
COMMIT;
"""

WORLD = f"""
INSERT INTO tenant (id, name) VALUES (1, 'bench');
INSERT INTO warehouse (tenant_id, id, marketplace, code, is_own) VALUES (1, 1, 'OWN', 'main', true);
INSERT INTO location (tenant_id, id, warehouse_id, code) VALUES (1, 1, 1, 'A');
INSERT INTO item (tenant_id, id, article) SELECT 1, g, 'item-' || g FROM generate_series(1, {ITEMS}) g;
"""


def main(documents: int = 300, repetitions: int = 3) -> None:
    """Print documents a second at 1, 4, 8 clients, spread and hot; then lines a second in long documents."""
    with open_bench() as bench, tempfile.TemporaryDirectory() as folder:
        bench.execute(FLOOR)
        bench.execute(WORLD)
        ours = Ours(bench)
        floor = Floor(bench, Path(folder))
        ours.post(20, spread, LINES)  # every balance is there, every plan is made
        for threads in (1, 8):
            run(threads, lambda: ours.post(20, spread, 1))
        title(f"Posting stock documents, {documents} a client")
        for hot, choose in ((False, spread), (True, hot_one)):
            for clients in CLIENTS:
                taken = take_turns(
                    {
                        "floor": Contender(floor.work(clients, documents, "hot" if hot else "spread")),
                        "ours": Contender(work(clients, ours, documents, choose, 1)),
                    },
                    repetitions,
                )
                kind = f"{'one balance' if hot else 'spread'}, {clients} clients"
                rates = {name: clients * documents / seconds.median for name, seconds in taken.items()}
                row(f"floor: six statements by pgbench, {kind}", f"{rates['floor']:,.0f}/s")
                row(f"the whole service, {kind}", f"{rates['ours']:,.0f}/s", rates["ours"] / rates["floor"])
        some = max(10, documents // 10)
        for clients in (1, 2, 4):
            taken = take_turns(
                {
                    "floor": Contender(floor.work(clients, some, "many")),
                    "ours": Contender(work(clients, ours, some, spread, LINES)),
                },
                repetitions,
            )
            rates = {name: clients * some * LINES / seconds.median for name, seconds in taken.items()}
            row(f"floor: documents of {LINES} in sets, {clients} clients", f"{rates['floor']:,.0f} lines/s")
            what = f"the whole service, documents of {LINES}, {clients} clients"
            row(what, f"{rates['ours']:,.0f} lines/s", rates["ours"] / rates["floor"])
        for lines, batch in ((1, 100), (LINES, 10)):
            costs = [cost(bench, ours, batch, lines) for _ in range(5 * repetitions)]
            server, python = (min(each) for each in zip(*costs, strict=True))
            row(f"CPU of a document of {lines}: the server, Python", f"{server:.2f} + {python:.2f} ms")


def spread(number: int) -> int:
    return number * 7919 % ITEMS + 1


def hot_one(_: int) -> int:
    return 1


class Ours:
    """The service, as a process of the product uses it."""

    def __init__(self, bench: Bench) -> None:
        post = PostStock(clock=SystemClock(), day_zone=ZoneInfo("Europe/Moscow"))
        self._desk = StockDesk(db=bench.db, post=post)
        self._number = 0
        self._lock = threading.Lock()

    def post(self, documents: int, choose: Callable[[int], int], lines: int) -> None:
        for _ in range(documents):
            with self._lock:
                self._number += 1
                number = self._number
            answer = self._desk(1, self._document(number, choose, lines))
            if answer.status is not Status.OK:
                raise AssertionError(answer)

    @staticmethod
    def _document(number: int, choose: Callable[[int], int], lines: int) -> StockDocument:
        return StockDocument(
            reason=Reason.RECEIPT,
            ref=f"b-{number}",
            lines=[
                Line(item_id=choose(number * lines + each), qty=1, location_id=1, ref_line=each + 1)
                for each in range(lines)
            ],
        )


class Floor:
    """pgbench over its own tables."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self._url = make_url(bench.urls.admin)
        self._program = binaries().bin_dir / "pgbench"
        self._scripts = {}
        written = {
            "spread": SIX.replace("{choice}", f"random(1, {ITEMS})"),
            "hot": SIX.replace("{choice}", "1"),
            "many": MANY,
        }
        for name, script in written.items():
            self._scripts[name] = folder / f"floor-{name}.sql"
            self._scripts[name].write_text(script)

    def work(self, clients: int, documents: int, script: str) -> Callable[[], object]:
        url = self._url
        command = [
            str(self._program), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)),
            "-t", str(documents), "-f", str(self._scripts[script]),
            "-h", str(url.query.get("host", url.host)), "-p", str(url.query.get("port", url.port or 5432)),
            "-U", str(url.username), str(url.database),
        ]  # fmt: skip
        environment = {"PGPASSWORD": str(url.password or "")}
        return lambda: subprocess.run(command, check=True, capture_output=True, env=environment)


def cost(bench: Bench, ours: Ours, documents: int, lines: int) -> tuple[float, float]:
    """Milliseconds of CPU a document, of the server's sessions and of this process. Linux tells."""
    pids = bench.scalar("SELECT array_agg(pid) FROM pg_stat_activity WHERE usename = 'ambar'")

    def server() -> float:
        return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e6

    began, python = server(), time.process_time()
    ours.post(documents, spread, lines)
    python = (time.process_time() - python) * 1000
    return (server() - began) / documents, python / documents


def work(
    clients: int, ours: Ours, documents: int, choose: Callable[[int], int], lines: int
) -> Callable[[], object]:
    return lambda: run(clients, lambda: ours.post(documents, choose, lines))


def run(clients: int, each: Callable[[], None]) -> None:
    """So many threads of one process."""
    threads = [threading.Thread(target=each) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    asked = arguments(300, "documents a client")
    main(asked.size, asked.repeat)
