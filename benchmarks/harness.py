"""What every benchmark stands on: a production-like server of its own, and figures one can compare.

The embedded server runs as in production (fsync on), in a temporary folder that goes away afterwards.
Contenders of one comparison take turns, so that a neighbour's load falls on all of them alike; the
medians are compared.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Engine, create_engine, pool

from app.db.embedded import EmbeddedServer
from app.db.install import Urls, embedded_urls, migrate
from app.db.session import Database

STATEMENT_TIMEOUT_MS = 0


@dataclass(frozen=True, slots=True)
class Bench:
    """A migrated database. ``admin`` is the superuser's engine in autocommit, for data and clearing."""

    urls: Urls
    db: Database
    admin: Engine

    def execute(self, sql: str) -> None:
        """Run statements as the superuser, outside any wall."""
        with self.admin.connect() as connection:
            connection.connection.cursor().execute(sql)

    def scalar(self, sql: str) -> Any:
        """One value, asked as the superuser."""
        with self.admin.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute(sql)
            return (cursor.fetchone() or [None])[0]


@contextmanager
def open_bench() -> Iterator[Bench]:
    """A server, an empty migrated database, and nothing left of them afterwards."""
    quiet()
    with (
        tempfile.TemporaryDirectory(prefix="ambar-bench-") as folder,
        EmbeddedServer(Path(folder) / "db", fast=False) as server,
    ):
        urls = embedded_urls(server)
        migrate(urls.admin)
        admin = create_engine(urls.admin, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
        db = Database(urls.app, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
        try:
            yield Bench(urls, db, admin)
        finally:
            db.close()
            admin.dispose()
            server.destroy()


def quiet() -> None:
    """No log lines among the figures: only errors."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@dataclass(frozen=True, slots=True)
class Contender:
    """Something to time: ``prepare`` (not timed) brings the world to its start, ``work`` is measured."""

    work: Callable[[], object]
    prepare: Callable[[], object] = lambda: None


class Taken(NamedTuple):
    """Seconds over the repetitions. The best is what the machine can do when it is left alone."""

    median: float
    best: float


def take_turns(contenders: Mapping[str, Contender], repetitions: int) -> dict[str, Taken]:
    """The seconds of each, all taking turns ``repetitions`` times."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, contender in contenders.items():
            contender.prepare()
            seconds[name].append(timed(contender.work))
    return {name: Taken(statistics.median(taken), min(taken)) for name, taken in seconds.items()}


def arguments(size: int, unit: str, repetitions: int = 3) -> argparse.Namespace:
    """``--size`` and ``--repeat`` of a benchmark that is run by itself."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=size, help=unit)
    parser.add_argument("--repeat", type=int, default=repetitions, help="interleaved repetitions")
    return parser.parse_args()


def title(text: str) -> None:
    """A heading with what the figures depend on: the day, the cores, the load at that moment."""
    load = os.getloadavg()[0]
    print(f"\n## {text}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {load:.1f}\n")


def row(name: str, figure: str, ratio: float | None = None, note: str = "") -> None:
    """One line of a result: the figure, and how many times it is what it is compared with."""
    times = "" if ratio is None else f"×{ratio:.2f}"
    print(f"{name:<58} {figure:>22} {times:>8}  {note}".rstrip(), flush=True)


def rate(rows: int, seconds: float) -> str:
    """Rows a second."""
    return f"{rows / seconds:,.0f}/s"
