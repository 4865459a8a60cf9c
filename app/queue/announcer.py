"""The consumer of ``job.created``: calls new jobs out, many at once, and marks their events told.

Whoever asks for a job calls it out right after the commit; that word is lost if the process dies in
between. The event is not: it committed with the job, so a job is called out at least once. An event
costs its job no round trip (one statement writes both) and is told by the hundred: nothing piles up.
"""

from app.core.clock import Clock
from app.db.session import Database
from app.queue.outbox import SQL
from app.queue.port import JobNote, Wakeups
from app.queue.postgres import JOB_CREATED


class Announcer:
    """Works beside the relay's deliveries. Without ``wakeups`` the events are marked told all the same:
    the hands look by themselves."""

    def __init__(self, db: Database, clock: Clock, wakeups: Wakeups | None, *, batch: int = 500) -> None:
        self._db = db
        self._clock = clock
        self._wakeups = wakeups
        self._batch = batch

    def run_once(self) -> int:
        """One batch; how many events are told. Called out before the commit: at least once."""
        with self._db.platform() as tx:
            rows = tx.run(SQL["announce"], topic=JOB_CREATED, now=self._clock.now(), batch=self._batch).all()
            notes = [JobNote(**row.payload) for row in rows if row.is_waiting]
            if notes and self._wakeups is not None:
                self._wakeups.announce(notes)
        return len(rows)
