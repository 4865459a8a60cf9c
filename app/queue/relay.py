"""The relay: takes events from the outbox and hands them to their consumers.

At least once, in order per (topic, tenant, key). Rows are marked under SKIP LOCKED, never followed
by an id cursor: ids commit out of order. A delivery happens outside any transaction, so a slow
receiver holds no connection; a relay that dies leaves its mark to run out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from app.core.clock import Clock
from app.db.session import Database, PlatformTx
from app.queue.announcer import Announcer
from app.queue.outbox import SQL
from app.queue.patrol import Patrol, insist
from app.queue.port import Consumer, Event, RetryAfter, Wakeups
from app.queue.retry import Backoff, say

log = structlog.get_logger(__name__)

RETRY = Backoff(first=timedelta(seconds=5), longest=timedelta(minutes=30))

DIED = "Отправка прервалась: отправитель перестал отвечать."


class Relay:
    """Delivers topics that have a consumer; others wait for a relay that knows them.

    ``mark`` is how long an event stays ours once taken, and again once its delivery is begun: a delivery
    that takes longer than that may be made twice. ``threads`` hands deliver side by side; one key is
    never in two of them. ``max_attempts`` failures (about three hours with
    the usual back-off) end in giving up: the row stays, with its error, the log says it loudly, and
    ``./ambar jobs outbox`` lists it. ``announcer`` has its turn between deliveries; ``wakeups`` is how
    the hands rest where there is nothing to tell.
    """

    def __init__(
        self,
        db: Database,
        consumers: Mapping[str, Consumer],
        clock: Clock,
        *,
        threads: int = 1,
        batch: int = 50,
        mark: timedelta = timedelta(minutes=2),
        max_attempts: int = 15,
        backoff: Backoff = RETRY,
        poll: float = 0.5,
        announcer: Announcer | None = None,
        wakeups: Wakeups | None = None,
    ) -> None:
        self._db = db
        self._announcer = announcer
        self._consumers = dict(consumers)
        self._clock = clock
        self._batch = batch
        self._mark = mark
        self._quiet: dict[str, datetime] = {}
        self._max_attempts = max_attempts
        self._backoff = backoff
        rest = None if wakeups is None else wakeups.wait
        self._patrol = Patrol("relay", self._step, threads=threads, poll=poll, rest=rest)

    def start(self) -> None:
        """Begin to deliver, in a thread of its own."""
        self._patrol.start()

    def stop(self) -> None:
        """Finish the delivery in hand; the rest of the batch is due again at once."""
        self._patrol.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for it; False where a delivery still goes on after ``timeout`` seconds."""
        return self._patrol.join(timeout)

    def silent_for(self) -> float:
        """Seconds since it looked round or began a delivery."""
        return self._patrol.silent_for()

    def run_once(self) -> int:
        """Take one batch and try each event once; how many were taken."""
        now = self._clock.now()
        topics = [topic for topic in self._consumers if self._quiet.get(topic, now) <= now]
        until = now + self._mark
        with self._db.platform() as tx:
            self._bury(tx, topics, now)
            rows = tx.run(
                SQL["claim"],
                topics=topics,
                max_attempts=self._max_attempts,
                batch=self._batch,
                now=now,
                until=until,
            )
            events = sorted((Event(**row._asdict()) for row in rows), key=lambda event: event.id)
        for event in events:
            self._handle(event, until)
        return len(events)

    def run_until_idle(self) -> int:
        """Deliver all that is due now; how many tries that took."""
        tries = 0
        while not self._patrol.stopping.is_set() and (taken := self.run_once()):
            tries += taken
        return tries

    def _step(self) -> bool:
        announced = 0 if self._announcer is None else self._announcer.run_once()
        return self.run_once() + announced > 0

    def _bury(self, tx: PlatformTx, topics: list[str], now: datetime) -> None:
        """End the events whose last try was begun by somebody who died of it."""
        for row in tx.run(SQL["bury"], now=now, max_attempts=self._max_attempts, topics=topics, error=DIED):
            log.error(
                "event_given_up",
                outbox_id=row.id,
                topic=row.topic,
                tenant_id=row.tenant_id,
                trace_id=row.trace_id,
                attempt=row.attempts,
                error=DIED,
            )

    def _handle(self, event: Event, mark: datetime) -> None:
        self._patrol.beat()
        now = self._clock.now()
        quiet = self._quiet.get(event.topic, now)
        if quiet > now or self._patrol.stopping.is_set():
            self._postpone(event, mark, quiet, refund=0, error=None)
            return
        until = now + self._mark
        with self._db.platform() as tx:
            is_ours = tx.run(SQL["begin"], id=event.id, mark=mark, until=until).rowcount == 1
        if not is_ours:  # The batch took longer than the mark lasts: somebody else has it by now.
            return
        with structlog.contextvars.bound_contextvars(
            trace_id=event.trace_id, tenant_id=event.tenant_id, outbox_id=event.id, topic=event.topic
        ):
            self._deliver(event, until)

    def _deliver(self, event: Event, until: datetime) -> None:
        try:
            self._consumers[event.topic](event)
        except RetryAfter as pause:
            at = self._clock.now() + timedelta(seconds=pause.seconds)
            if pause.everybody:
                self._quiet[event.topic] = at
            self._postpone(event, until, at, refund=1, error=None)
            log.info("event_asked_to_wait", seconds=pause.seconds, everybody=pause.everybody)
        except Exception as error:
            now = self._clock.now()
            at = now + self._backoff.delay(event.attempt)
            ended = now if event.attempt >= self._max_attempts else None
            self._postpone(event, until, at, refund=0, error=say(error, event.trace_id), given_up_at=ended)
            if ended is not None:
                log.error("event_given_up", attempt=event.attempt, exc_info=error)
            else:
                log.warning("event_not_delivered", attempt=event.attempt, at=at.isoformat(), exc_info=error)
        else:
            now = self._clock.now()
            insist(self._db, lambda tx: tx.run(SQL["published"], ids=[event.id], now=now), self._mark)
            log.info("event_delivered")

    def _postpone(
        self,
        event: Event,
        until: datetime,
        at: datetime,
        *,
        refund: int,
        error: str | None,
        given_up_at: datetime | None = None,
    ) -> None:
        with self._db.platform() as tx:
            tx.run(
                SQL["postpone"],
                id=event.id,
                until=until,
                at=at,
                refund=refund,
                error=error,
                given_up_at=given_up_at,
            )
