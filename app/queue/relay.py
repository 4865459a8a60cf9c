"""The relay: takes events from the outbox and hands them to their consumers.

At least once, in order per (topic, tenant, key). Rows are marked under SKIP LOCKED, never followed
by an id cursor: ids commit out of order. A delivery happens outside any transaction, so a slow
receiver holds no connection; a relay that dies leaves its mark to run out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from app.core.clock import Clock
from app.db.session import Database
from app.queue.outbox import SQL
from app.queue.patrol import Patrol, insist
from app.queue.port import Consumer, Event, RetryAfter
from app.queue.retry import Backoff, say

log = structlog.get_logger(__name__)

RETRY = Backoff(first=timedelta(seconds=5), longest=timedelta(minutes=30))


class Relay:
    """Delivers topics that have a consumer; others wait for a relay that knows them.

    ``mark`` is how long an event stays ours; ``max_attempts`` failures (about three hours with the
    usual back-off) end in giving up: the row stays, with its error, and the log says it loudly.
    """

    def __init__(
        self,
        db: Database,
        consumers: Mapping[str, Consumer],
        clock: Clock,
        *,
        batch: int = 20,
        mark: timedelta = timedelta(minutes=2),
        max_attempts: int = 15,
        backoff: Backoff = RETRY,
        poll: float = 0.5,
    ) -> None:
        self._db = db
        self._consumers = dict(consumers)
        self._clock = clock
        self._batch = batch
        self._mark = mark
        self._max_attempts = max_attempts
        self._backoff = backoff
        self._patrol = Patrol("relay", lambda: self.run_once() > 0, threads=1, poll=poll)

    def start(self) -> None:
        """Begin to deliver, in a thread of its own."""
        self._patrol.start()

    def stop(self) -> None:
        """Finish the delivery in hand; the rest of the batch is due again at once."""
        self._patrol.stop()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for it; False where a delivery still goes on after ``timeout`` seconds."""
        return self._patrol.join(timeout)

    def run_once(self) -> int:
        """Take one batch and try each event once; how many were taken."""
        until = self._clock.now() + self._mark
        with self._db.platform() as tx:
            rows = tx.run(
                SQL["claim"],
                topics=list(self._consumers),
                max_attempts=self._max_attempts,
                batch=self._batch,
                now=self._clock.now(),
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

    def _handle(self, event: Event, until: datetime) -> None:
        now = self._clock.now()
        if now >= until:  # The batch took longer than our mark lasts: the event is anybody's by now.
            return
        if self._patrol.stopping.is_set():
            self._postpone(event, until, now, refund=1, error=None)
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
            self._postpone(event, until, at, refund=1, error=None)
            log.info("event_asked_to_wait", seconds=pause.seconds)
        except Exception as error:
            at = self._clock.now() + self._backoff.delay(event.attempt)
            self._postpone(event, until, at, refund=0, error=say(error, event.trace_id))
            if event.attempt >= self._max_attempts:
                log.error("event_given_up", attempt=event.attempt, exc_info=error)
            else:
                log.warning("event_not_delivered", attempt=event.attempt, at=at.isoformat(), exc_info=error)
        else:
            now = self._clock.now()
            insist(self._db, lambda tx: tx.run(SQL["published"], id=event.id, now=now), self._mark)
            log.info("event_delivered")

    def _postpone(
        self, event: Event, until: datetime, at: datetime, *, refund: int, error: str | None
    ) -> None:
        with self._db.platform() as tx:
            tx.run(SQL["postpone"], id=event.id, until=until, at=at, refund=refund, error=error)
