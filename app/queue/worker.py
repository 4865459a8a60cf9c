"""The worker: claims jobs in turn, runs their handlers, and settles what became of them.

At least once: a worker that dies leaves its job to its lease, and the job is done again from its
checkpoints. What an error means is ``retry``'s business, who may finish a job the queue's.
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import structlog

from app.core.clock import Clock
from app.core.document import Document
from app.db.session import Database, PlatformTx
from app.queue.heart import Heart
from app.queue.patrol import Patrol, insist
from app.queue.port import ClaimedJob, Handler, Interrupted, LeaseLost, Progress, Wakeups
from app.queue.postgres import LEASE, NO_CAP, PostgresQueue
from app.queue.retry import FailJob, RetryJob, RetryPolicy, YieldJob, is_database_away

log = structlog.get_logger(__name__)

REPORT_EVERY = 0.5
"""Seconds between two notes of progress of one stage: a job may report thousands of units."""

SWEEP_EVERY = 5.0
"""Seconds between two looks for silent holders."""

DIED = "Работа прервалась: исполнитель перестал отвечать."

OnFailed = Callable[[PlatformTx, ClaimedJob, str], None]
"""Called in the transaction that gives a job up, so that the news commits with the fact."""

OnDone = Callable[[PlatformTx, ClaimedJob, Document | None, timedelta], None]
"""The same for a job that is done: its result, and how long ago it was asked for."""


class Worker:
    """``threads`` hands for jobs of the types in ``handlers``; other types are left in line.

    ``start``/``stop``/``join`` for a process, ``run_once``/``run_until_idle`` for tests and the demo.
    ``tenant_max`` is how many jobs of one tenant run at once, on all workers together; ``wakeups`` is how
    idle hands rest. ``pause`` is how ``run_until_idle`` waits: real seconds unless a test has time of its
    own.
    """

    def __init__(
        self,
        db: Database,
        handlers: Mapping[str, Handler],
        clock: Clock,
        *,
        threads: int = 2,
        policy: RetryPolicy | None = None,
        lease: timedelta = LEASE,
        poll: float = 0.5,
        tenant_max: int = NO_CAP,
        wakeups: Wakeups | None = None,
        on_failed: OnFailed | None = None,
        on_done: OnDone | None = None,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        self._db = db
        self._handlers = dict(handlers)
        self._clock = clock
        self._queue = PostgresQueue(clock=clock, lease=lease, tenant_max=tenant_max)
        self._policy = policy or RetryPolicy()
        self._heart = Heart(db, self._queue)
        rest = None if wakeups is None else wakeups.wait
        self._patrol = Patrol("worker", self._step, threads=threads, poll=poll, rest=rest)
        self._on_failed = on_failed
        self._on_done = on_done
        self._pause = pause or self._wait
        self._served_last = 0
        self._swept_at = float("-inf")

    def start(self) -> None:
        """Begin to work, in threads of its own."""
        self._patrol.start()

    def stop(self) -> None:
        """Finish the units in hand and return the rest to the line; no attempt is lost."""
        self._patrol.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until all hands are free; False where one is still busy after ``timeout`` seconds."""
        return self._patrol.join(timeout)

    def silent_for(self) -> float:
        """Seconds since the quietest hand looked round or reported a unit."""
        return self._patrol.silent_for()

    def run_once(self) -> bool:
        """Do one due job in this thread; False where none is due."""
        self._sweep()
        return self._work()

    def run_until_idle(self, patience: timedelta = timedelta(0)) -> int:
        """Do all that is due, and what falls due within ``patience`` of being idle; how many runs."""
        runs = 0
        while not self._patrol.stopping.is_set():
            if self.run_once():
                runs += 1
                continue
            with self._db.platform() as tx:
                due = self._queue.next_run_at(tx, self._handlers)
            now = self._clock.now()
            if due is None or due > now + patience:
                break
            self._pause((due - now).total_seconds())
        return runs

    def _wait(self, seconds: float) -> None:
        self._patrol.stopping.wait(max(seconds, 0.01))

    def _step(self) -> bool:
        if time.monotonic() - self._swept_at > SWEEP_EVERY:
            self._swept_at = time.monotonic()
            self._sweep()
        return self._work()

    def _sweep(self) -> None:
        """Jobs of silent holders return to the line; one that has cost its last attempt is given up."""
        with self._db.platform() as tx:
            for job in self._queue.expired(tx):
                log.warning("lease_expired", job_id=job.id, trace_id=job.trace_id, attempt=job.attempt)
                if job.attempt < job.max_attempt:
                    self._queue.retry(tx, job, self._clock.now(), DIED)
                else:
                    self._fail(job, DIED, tx)

    def _work(self) -> bool:
        with self._db.platform() as tx:
            job = self._queue.claim(tx, self._handlers, self._served_last)
        if job is None:
            return False
        self._served_last = job.tenant_id or 0
        with (
            structlog.contextvars.bound_contextvars(
                trace_id=job.trace_id, tenant_id=job.tenant_id, job_id=job.id, job_type=job.job_type
            ),
            self._heart.holding(job),
        ):
            try:
                self._do(job)
            except LeaseLost:
                log.warning("lease_lost", attempt=job.attempt)
        return True

    def _do(self, job: ClaimedJob) -> None:
        report = _Reporter(self._db, self._queue, job, self._is_over)
        log.info("job_started", attempt=job.attempt)
        try:
            result = self._handlers[job.job_type](job, report)
            self._settle(partial(self._finish, job, result))
        except Interrupted:
            if self._heart.is_lost(job):
                raise LeaseLost(job.id) from None
            self._settle(partial(self._queue.yield_until, job=job, at=self._clock.now()))
            log.info("job_handed_back")
        except LeaseLost:
            raise
        except Exception as error:
            self._judge(job, error)
        else:
            log.info("job_finished")

    def _judge(self, job: ClaimedJob, error: Exception) -> None:
        match self._policy.judge(error, job, self._clock.now()):
            case YieldJob(at):
                self._settle(partial(self._queue.yield_until, job=job, at=at))
                log.info("job_yielded", until=at.isoformat(), error=type(error).__name__)
            case RetryJob(at, sentence):
                self._settle(partial(self._queue.retry, job=job, at=at, error=sentence))
                log.warning("job_retried", at=at.isoformat(), attempt=job.attempt, exc_info=error)
            case FailJob(sentence):
                self._settle(partial(self._fail, job, sentence))
                log.error("job_failed", attempt=job.attempt, exc_info=error)

    def _finish(self, job: ClaimedJob, result: Document | None, tx: PlatformTx) -> None:
        self._queue.ack(tx, job, result)
        if self._on_done is not None:
            now = self._clock.now()
            self._on_done(tx, job, result, now - (job.created_at or now))

    def _fail(self, job: ClaimedJob, sentence: str, tx: PlatformTx) -> None:
        self._queue.fail(tx, job, sentence)
        if self._on_failed is not None:
            self._on_failed(tx, job, sentence)

    def _settle(self, move: Callable[[PlatformTx], None]) -> None:
        """A lease that ran out while the database was away is swept: the job is done again."""
        insist(self._db, move, self._queue.lease)

    def _is_over(self, job: ClaimedJob) -> bool:
        self._patrol.beat()  # asked after every unit
        return self._patrol.stopping.is_set() or self._heart.is_lost(job)


class _Reporter:
    """The ``report`` of one run: notes progress, and is where a run learns that it must end."""

    def __init__(
        self, db: Database, queue: PostgresQueue, job: ClaimedJob, is_over: Callable[[ClaimedJob], bool]
    ) -> None:
        self._db, self._queue, self._job, self._is_over = db, queue, job, is_over
        self._stage = ""
        self._noted_at = float("-inf")

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage or done >= total or time.monotonic() - self._noted_at >= REPORT_EVERY:
            self._note(Progress(stage=stage, done=done, total=total))
        if self._is_over(self._job):
            raise Interrupted

    def _note(self, progress: Progress) -> None:
        try:
            with self._db.platform() as tx:
                self._queue.report(tx, self._job, progress)
        except LeaseLost:
            raise Interrupted from None
        except Exception as error:
            # A note lost while the database is away is not worth the unit just done.
            if not is_database_away(error):
                raise
        self._stage, self._noted_at = progress.stage, time.monotonic()
