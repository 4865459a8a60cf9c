"""The life of one process: told to stop, tied to its supervisor, refused by its settings."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from app.core.errors import AmbarError, NotNow

log = structlog.get_logger(__name__)

SETTINGS_FAULT = 78
"""EX_CONFIG of sysexits.h: started again with the same settings it would end the same way. The
systemd units name it in RestartPreventExitStatus."""

LIFELINE = "AMBAR_LIFELINE"
"""The number of a pipe that says nothing and ends when the supervisor does."""

LAST_RESORT = 30.0
"""Seconds that an orphan has to end by itself."""


class Stop:
    """Has this process been told to stop, by SIGTERM, by Ctrl-C, or by its supervisor's end?

    A plain list, not an Event: a handler that sets one may run inside its own wait().
    """

    def __init__(self) -> None:
        self._numbers: list[int] = []

    def listen(self) -> None:
        """From now on signals ask, and do not kill."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def wait(self) -> None:
        """Until asked to."""
        while not self._numbers:
            time.sleep(0.2)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        self._numbers.append(number)


def hold_lifeline() -> None:
    """If a supervisor started us: ask ourselves to stop when it is gone, whatever it died of."""
    told = os.environ.pop(LIFELINE, "")
    if not told.isdigit():
        return
    pipe = int(told)
    os.set_inheritable(pipe, False)
    threading.Thread(target=_outlive_nobody, args=(pipe,), name="lifeline", daemon=True).start()


def _outlive_nobody(pipe: int) -> None:
    try:
        os.read(pipe, 1)
    except OSError:
        return  # no such pipe: the variable was somebody else's
    log.warning("supervisor_gone")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_RESORT)
    os._exit(1)


@contextmanager
def settings_faults() -> Iterator[None]:
    """What a person must put right ends the process with one sentence and its own exit code."""
    try:
        yield
    except NotNow:
        raise
    except AmbarError as fault:
        print(fault, file=sys.stderr)
        sys.exit(SETTINGS_FAULT)
