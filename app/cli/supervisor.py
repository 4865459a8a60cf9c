"""Who looks after the processes of one installation: starts them, listens to them, brings them back.

The children speak systemd's notification protocol to us as they would to systemd itself, so one that
hangs is found as surely as one that dies. They hold the reading end of a pipe whose other end is
ours: it closes with us, however we end, and then they end too.
"""

import os
import selectors
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from app.cli.life import LIFELINE, SETTINGS_FAULT
from app.core.notify import Notifier

log = structlog.get_logger(__name__)

PATIENCE = 28.0
"""Seconds children get to finish; systemd's TimeoutStopSec is longer."""

LONGEST_PAUSE = 60.0
WATCHDOG = 60.0
"""Seconds of silence after which a child that was ready is taken for hung."""

START_PATIENCE = 300.0
"""Seconds until it must be ready; a first start migrates."""


@dataclass(slots=True)
class Child:
    """One process to be kept alive: ``command`` is its argv."""

    name: str
    command: Sequence[str]
    door: socket.socket
    address: str
    process: subprocess.Popen[bytes] | None = None
    start_at: float = 0.0
    heard_at: float = 0.0
    is_ready: bool = False
    is_refused: bool = False
    deaths: list[float] = field(default_factory=list)


class Supervisor:
    """Keeps the children alive: one that dies or hangs comes back after a pause that grows; SIGTERM
    ends all. One that its settings do not let start is tried again each minute, since ``.env`` may be
    put right meanwhile; when that is all of them, the supervisor ends too and says so by its exit code.
    """

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        *,
        notifier: Notifier | None = None,
        patience: float = PATIENCE,
        watchdog: float = WATCHDOG,
        first_pause: float = 1.0,
    ) -> None:
        self._commands = commands
        self._notifier = notifier or Notifier()
        self._patience = patience
        self._watchdog = watchdog
        self._first_pause = first_pause
        self._children: list[Child] = []
        self._stopping = False
        self._signed_at = 0.0
        self._status = ""

    def run(self) -> int:
        """Until told to stop; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        lifeline, ours = os.pipe()  # neither is inherited unless named
        with tempfile.TemporaryDirectory(prefix="ambar-") as folder, selectors.DefaultSelector() as ears:
            try:
                for name, command in self._commands.items():
                    self._children.append(_open(name, command, Path(folder), ears))
                self._notifier.ready("Запускаю процессы")
                while not self._stopping:
                    self._look_after(lifeline)
                    for key, _ in ears.select(0.2):
                        _hear(key.data)
                self._notifier.stopping()
                code = self._end()
                refused = all(child.is_refused for child in self._children)
                return SETTINGS_FAULT if refused else code
            finally:
                for child in self._children:
                    child.door.close()
                os.close(lifeline)
                os.close(ours)

    def _look_after(self, lifeline: int) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.process is not None:
                self._check(child, now)
            if child.process is None and now >= child.start_at:
                self._spawn(child, lifeline)
        if all(child.is_refused for child in self._children):
            log.error("nothing_can_start", children=[child.name for child in self._children])
            self._stopping = True
        self._sign(now)

    def _check(self, child: Child, now: float) -> None:
        assert child.process is not None
        code = child.process.poll()
        if code is None:
            silent = now - child.heard_at
            if silent > (self._watchdog if child.is_ready else START_PATIENCE):
                log.error("child_silent", child=child.name, seconds=round(silent), ready=child.is_ready)
                child.process.kill()
                code = child.process.wait()
        if code is not None:
            child.process, child.is_ready = None, False
            child.start_at = now + self._pause(child, code, now)

    def _pause(self, child: Child, code: int, now: float) -> float:
        """Seconds before the next try: 1, 2, 4 … 60 for deaths within ten minutes."""
        if code == SETTINGS_FAULT:
            child.is_refused = True
            log.error("child_refused_its_settings", child=child.name, pause=LONGEST_PAUSE)
            return LONGEST_PAUSE
        child.is_refused = False
        child.deaths = [at for at in child.deaths if now - at < 600] + [now]
        pause = min(LONGEST_PAUSE, self._first_pause * 2.0 ** (len(child.deaths) - 1))
        log.warning("child_died", child=child.name, code=code, pause=pause)
        return pause

    def _spawn(self, child: Child, lifeline: int) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "WATCHDOG_PID"}
        environment |= {
            "NOTIFY_SOCKET": child.address,
            "WATCHDOG_USEC": str(int(self._watchdog * 1e6)),
            LIFELINE: str(lifeline),
        }
        child.process = subprocess.Popen(
            child.command, start_new_session=True, env=environment, pass_fds=(lifeline,)
        )
        child.heard_at = time.monotonic()
        log.info("child_started", child=child.name, pid=child.process.pid)

    def _sign(self, now: float) -> None:
        """Our own watchdog and status line, where systemd asked for them."""
        status = ", ".join(f"{child.name}: {_state(child)}" for child in self._children)
        if status != self._status:
            self._status = status
            self._notifier.status(status)
        if self._notifier.watchdog is not None and now - self._signed_at > self._notifier.watchdog / 3:
            self._signed_at = now
            self._notifier.alive()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _end(self) -> int:
        """Tell all at once, wait for each, kill what is left."""
        alive = [child for child in self._children if child.process is not None]
        for child in alive:
            assert child.process is not None
            child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._patience
        for child in alive:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("child_killed", child=child.name)
                child.process.kill()
                child.process.wait()
        return 0


def _open(name: str, command: Sequence[str], folder: Path, ears: selectors.BaseSelector) -> Child:
    """A child to be, and the socket at which it will tell how it is."""
    address = str(folder / name)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    door.bind(address)
    child = Child(name, command, door, address)
    ears.register(door, selectors.EVENT_READ, child)
    return child


def _hear(child: Child) -> None:
    words = child.door.recv(4096).decode("utf-8", "replace").splitlines()
    child.heard_at = time.monotonic()
    if "READY=1" in words and not child.is_ready:
        child.is_ready, child.is_refused = True, False
        log.info("child_ready", child=child.name)


def _state(child: Child) -> str:
    if child.is_refused:
        return "не запускается: настройки"
    if child.process is None:
        return "ждёт перезапуска"
    return "работает" if child.is_ready else "запускается"
