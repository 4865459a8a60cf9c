"""Prometheus's side of the counting: one set of meters a process, one small text file for each.

Ambar is several processes and /metrics is one page. Each process writes what it counted every few
seconds into ``<data>/metrics/<process>.prom`` (the text format itself), and the page puts them
together under the label ``process``: a restarted process is an ordinary counter reset to Prometheus.
The library's own multiprocess mode is not used: its switch is an environment variable read at
import, its values are a global, and it keeps a set of files for every pid there ever was.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, ProcessCollector, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.core.metrics import UNMEASURED, Metrics

log = structlog.get_logger(__name__)

EVERY = 5.0
"""Seconds between two writings."""

STALE = 30.0
"""A file not written for so long, in seconds, was left by a process that was killed."""

SLOTS = 32
"""Processes of one kind on one machine."""

CALL = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
ANSWER = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
WORK = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)


class Meters:
    """The meters of this process; see ``Metrics``."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=registry)
        self._calls = Counter(
            "ambar_marketplace_calls",
            "Attempts of calls to a marketplace.",
            ("marketplace", "method", "status"),
            registry=registry,
        )
        self._call_seconds = Histogram(
            "ambar_marketplace_call_seconds",
            "How long a marketplace took to answer.",
            ("marketplace", "method"),
            buckets=CALL,
            registry=registry,
        )
        self._telegram = Counter(
            "ambar_telegram_calls", "Attempts of Bot API calls.", ("method", "result"), registry=registry
        )
        self._telegram_seconds = Histogram(
            "ambar_telegram_call_seconds",
            "How long Telegram took to answer.",
            ("method",),
            buckets=CALL,
            registry=registry,
        )
        self._updates = Counter(
            "ambar_updates", "Telegram updates handled.", ("kind", "result"), registry=registry
        )
        self._update_seconds = Histogram(
            "ambar_update_seconds",
            "From an update to the end of its handler.",
            ("kind",),
            buckets=ANSWER,
            registry=registry,
        )
        self._jobs = Counter("ambar_job_runs", "Runs of jobs.", ("job_type", "outcome"), registry=registry)
        self._job_seconds = Histogram(
            "ambar_job_seconds", "How long a job ran.", ("job_type",), buckets=WORK, registry=registry
        )
        self._events = Counter(
            "ambar_event_deliveries", "Outbox events tried.", ("topic", "outcome"), registry=registry
        )

    def marketplace_called(self, marketplace: str, method: str, status: int, seconds: float) -> None:
        told = "none" if status == 0 else str(status) if 100 <= status < 600 else "other"
        self._calls.labels(marketplace, method, told).inc()
        self._call_seconds.labels(marketplace, method).observe(seconds)

    def telegram_called(self, method: str, result: str, seconds: float) -> None:
        self._telegram.labels(method, result).inc()
        self._telegram_seconds.labels(method).observe(seconds)

    def update_handled(self, kind: str, result: str, seconds: float) -> None:
        self._updates.labels(kind, result).inc()
        self._update_seconds.labels(kind).observe(seconds)

    def job_run(self, job_type: str, outcome: str, seconds: float) -> None:
        self._jobs.labels(job_type, outcome).inc()
        self._job_seconds.labels(job_type).observe(seconds)

    def event_told(self, topic: str, outcome: str) -> None:
        self._events.labels(topic, outcome).inc()


@contextmanager
def metered(folder: Path, kind: str, *, every: float = EVERY) -> Iterator[Metrics]:
    """Meters written to ``folder`` until the block ends; a folder that cannot be written is no reason
    not to work. ``kind``: what this process is, e.g. "worker"."""
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            name = _take_slot(folder, kind, stack)
        except OSError as error:
            log.warning("metrics_not_kept", folder=str(folder), error=type(error).__name__)
            yield UNMEASURED
            return
        meters, stopping = Meters(), threading.Event()
        file = folder / f"{name}.prom"

        def write_on() -> None:
            while True:
                _write(file, meters)
                if stopping.wait(every):
                    return

        writer = threading.Thread(target=write_on, name="metrics", daemon=True)
        writer.start()
        try:
            yield meters
        finally:
            stopping.set()
            writer.join(every)
            file.unlink(missing_ok=True)


def read_files(folder: Path) -> list[Metric]:
    """What all living processes have counted, each series with its ``process``."""
    families: dict[str, Metric] = {}
    for file in sorted(folder.glob("*.prom")):
        try:
            if time.time() - file.stat().st_mtime > STALE:
                continue
            told = list(text_string_to_metric_families(file.read_text()))
        except (OSError, ValueError):  # it ended this very moment
            continue
        for family in told:
            if family.name.endswith("_created"):
                continue
            kept = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                kept.samples.append(sample._replace(labels={**sample.labels, "process": file.stem}))
    return list(families.values())


def _take_slot(folder: Path, kind: str, stack: ExitStack) -> str:
    """The first name of this kind that no other process holds: names are few and used again."""
    for number in range(1, SLOTS + 1):
        name = kind if number == 1 else f"{kind}-{number}"
        lock = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        stack.callback(os.close, lock)
        return name
    raise OSError("no free slot")


def _write(file: Path, meters: Meters) -> None:
    """Whole or not at all: the page may read at any moment."""
    draft = file.with_suffix(".part")
    try:
        draft.write_bytes(generate_latest(meters.registry))
        os.replace(draft, file)
    except OSError as error:
        log.warning("metrics_not_written", error=type(error).__name__)
