"""What becomes of the event of a posting: the warehouse of figures is to show it, in a while."""

from app.core.clock import Clock
from app.db.session import Database
from app.queue.port import Event, JobQueue
from app.services.dw import refresh_job

STOCK_POSTED = "stock.posted"


class TellPosting:
    """The consumer of ``STOCK_POSTED``: without one its events would wait in the outbox for ever.

    Told twice it asks for the same. ``clock`` is the machine's.
    """

    def __init__(self, db: Database, queue: JobQueue, clock: Clock) -> None:
        self._db = db
        self._queue = queue
        self._clock = clock
        self._asked: str | None = None

    def __call__(self, event: Event, /) -> None:
        job = refresh_job(self._clock.now(), event.trace_id)
        # A job is not begun before its five minutes are over: all that is posted in them is in it already,
        # and thousands of postings need not each ask the database for what is asked for.
        if job.uniq == self._asked:
            return
        with self._db.platform() as tx:
            self._queue.enqueue(tx, job)
        self._asked = job.uniq
