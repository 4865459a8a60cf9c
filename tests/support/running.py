"""``python -m app …`` as a process of its own, with an environment of its own; what it says is read aloud."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

from app.core.paths import repo_root

START_SECONDS, STOP_SECONDS = 180.0, 60.0
"""For a machine that does ten other things; on a quiet one a process is up in three."""


class Running:
    """One process. ``lines`` grows while it runs; leaving the block kills what is left of it."""

    def __init__(self, *command: str, data: Path, argv: list[str] | None = None, **settings: str) -> None:
        self.lines: list[str] = []
        blank = ("TELEGRAM_TOKEN", "DATABASE_URL", "ADMIN_DATABASE_URL", "POSTGRES_DSN", "REDIS_DSN")
        given = {name: value for name, value in os.environ.items() if not name.startswith("NOTIFY_")}
        self.environment = {
            **given,
            **dict.fromkeys(blank, ""),
            "PYTHONPATH": str(repo_root()),
            "AMBAR_DATA": str(data),
            "AMBAR_ENV_FILE": str(data / "no.env"),
            "WEB_PORT": "0",
            **settings,
        }
        self.process = subprocess.Popen(
            argv or [sys.executable, "-m", "app", *command],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        if self.process.stdout is not None:
            self.process.stdout.close()

    @property
    def said(self) -> str:
        return "".join(self.lines)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    def told(self, event: str) -> list[dict[str, Any]]:
        """Lines of the log about this event."""
        return [each for each in self.events if each.get("event") == event]

    def until(self, pattern: str, *, times: int = 1, seconds: float = START_SECONDS) -> str:
        """Wait for a line that matches, for the ``times``-th; its first group, or the whole match."""
        end = time.monotonic() + seconds
        while True:
            found = [match for line in list(self.lines) if (match := re.search(pattern, line))]
            if len(found) >= times:
                return found[times - 1].group(1) if found[times - 1].groups() else found[times - 1].group()
            over = self.process.poll() is not None and not self._reader.is_alive()
            assert not over, f"it ended with {self.process.returncode}:\n{self.said}"
            assert time.monotonic() < end, f"{pattern} was not said:\n{self.said}"
            time.sleep(0.02)

    def tell(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = STOP_SECONDS) -> int:
        """Tell it to stop; its exit code."""
        self.tell(number)
        return self.ended(seconds)

    def ended(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for its end."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not stop:\n{self.said}") from None
        self._reader.join(5)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)


def children_of(parent: int, name: str = "") -> list[int]:
    """Processes of ``parent`` whose command line has the word ``name``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(status[1]) == parent and (not name or name.encode() in words):
            found.append(int(entry.name))
    return found


def is_alive(pid: int) -> bool:
    """Is there such a process, and is it more than a corpse?"""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
