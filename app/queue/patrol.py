"""Threads that go round: do a step, rest when there is nothing to do, outlive the database.

``start``, ``stop`` and ``join`` are all that a process's main thread needs; ``stop`` may be called
from a signal handler as long as that thread waits in ``join`` (which holds none of our locks).
"""

import math
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from app.db.session import Database, PlatformTx
from app.queue.retry import Backoff, is_database_away

log = structlog.get_logger(__name__)

AWAY = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=30))


def insist(db: Database, move: Callable[[PlatformTx], object], within: timedelta) -> None:
    """Write down an outcome in a transaction of its own, waiting for the database where it is away.

    Raises:
        Exception: what ``move`` raised, or the database's absence where it outlasted ``within``.
    """
    give_up = time.monotonic() + within.total_seconds()
    tries = 0
    while True:
        try:
            with db.platform() as tx:
                move(tx)
            return
        except Exception as error:
            tries += 1
            wait = AWAY.delay(tries).total_seconds()
            if not is_database_away(error) or time.monotonic() + wait > give_up:
                raise
        time.sleep(wait)


class Patrol:
    """``threads`` threads calling ``step`` until stopped; a step says whether there was work.

    ``rest`` is how a thread waits ``poll`` seconds where there was none; it may return sooner.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        *,
        threads: int,
        poll: float,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        self.name = name
        self.stopping = threading.Event()
        self._step = step
        self._poll = poll
        self._rest = rest or self.stopping.wait
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._beats: dict[str, float] = {}

    def start(self) -> None:
        """Begin. The threads are daemons: a process that must go may go, nothing depends on them."""
        self._threads = [
            threading.Thread(target=self._go_round, name=f"{self.name}-{number}", daemon=True)
            for number in range(1, self._count + 1)
        ]
        for thread in self._threads:
            self._beats[thread.name] = time.monotonic()
            thread.start()

    def stop(self) -> None:
        """Ask all to stop after their step."""
        self.stopping.set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for them, ``timeout`` seconds in all; True when all are through."""
        deadline = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def beat(self) -> None:
        """A sign of life from the thread that calls; ``step`` gives them in the midst of long work."""
        name = threading.current_thread().name
        if name in self._beats:  # a test or a command may step without our threads
            self._beats[name] = time.monotonic()

    def silent_for(self) -> float:
        """Seconds since the quietest thread's last sign of life; infinite where one has died."""
        if not all(thread.is_alive() for thread in self._threads):
            return math.inf
        return time.monotonic() - min(self._beats.values()) if self._beats else 0.0

    def _go_round(self) -> None:
        stumbles = 0
        while not self.stopping.is_set():
            self.beat()
            try:
                worked = self._step()
            except Exception as error:
                stumbles += 1
                self._tell(error, stumbles)
                self.stopping.wait(AWAY.delay(stumbles).total_seconds())
                continue
            stumbles = 0
            if not worked:
                self._rest(self._poll)

    def _tell(self, error: Exception, stumbles: int) -> None:
        if is_database_away(error):
            log.warning("database_away", patrol=self.name, times=stumbles)
        else:
            log.error("patrol_stumbled", patrol=self.name, times=stumbles, exc_info=error)
