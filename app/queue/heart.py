"""Heartbeats: one thread extends the leases of all that this worker holds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from app.db.session import Database
from app.queue.port import ClaimedJob
from app.queue.postgres import PostgresQueue

log = structlog.get_logger(__name__)


class Heart:
    """Beats three times a lease while there is something to hold."""

    def __init__(self, db: Database, queue: PostgresQueue) -> None:
        self._db = db
        self._queue = queue
        self._every = queue.lease.total_seconds() / 3
        self._lock = threading.Lock()
        self._held: dict[str, ClaimedJob] = {}
        self._lost: set[str] = set()
        self._thread: threading.Thread | None = None
        self._idle = threading.Event()

    @contextmanager
    def holding(self, job: ClaimedJob) -> Iterator[None]:
        """Keep this job's lease alive within the block."""
        with self._lock:
            self._held[job.lease_token] = job
            if self._thread is None:
                self._idle = threading.Event()
                self._thread = threading.Thread(
                    target=self._beat_on, args=(self._idle,), name="heart", daemon=True
                )
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[job.lease_token]
                self._lost.discard(job.lease_token)
                if not self._held:
                    self._thread = None
                    self._idle.set()

    def is_lost(self, job: ClaimedJob) -> bool:
        """A heartbeat found that the job is somebody else's now."""
        with self._lock:
            return job.lease_token in self._lost

    def beat(self) -> None:
        """Extend everything held, once."""
        with self._lock:
            held = list(self._held.values())
        if not held:
            return
        with self._db.platform() as tx:
            alive = self._queue.extend(tx, held)
        with self._lock:
            # Only those still held: a job that ended meanwhile is not lost, it is finished.
            self._lost |= {token for token in self._held if token not in alive} & {
                job.lease_token for job in held
            }

    def _beat_on(self, idle: threading.Event) -> None:
        while not idle.wait(self._every):
            try:
                self.beat()
            except Exception as error:
                # The lease may run out; the token then keeps us from finishing what is not ours.
                log.warning("heartbeat_missed", error=type(error).__name__)
