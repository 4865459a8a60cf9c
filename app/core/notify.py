"""Telling a supervisor how we are: systemd's notification protocol, which our own supervisor speaks too.

One datagram a message over the unix socket that ``NOTIFY_SOCKET`` names; without that variable
nobody asked, and every call does nothing (sd_notify(3), sd_watchdog_enabled(3)).
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Notifier:
    """``address`` of the socket, None where nobody listens; ``watchdog`` is how long a silent process
    lives, in seconds, None where nobody watches."""

    address: str | None = None
    watchdog: float | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """As the environment has it. A watchdog of another process (a parent's) is none of ours."""
        usec, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
        ours = usec.isdigit() and int(usec) > 0 and pid in ("", str(os.getpid()))
        return cls(environment.get("NOTIFY_SOCKET") or None, int(usec) / 1e6 if ours else None)

    def ready(self, status: str) -> None:
        """Started up: whoever waited for us may go on."""
        self._tell(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """The sign of life that the watchdog waits for."""
        self._tell("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for whoever asks how it goes."""
        self._tell(f"STATUS={text}")

    def stopping(self) -> None:
        """We were told to stop and do."""
        self._tell("STOPPING=1\nSTATUS=Останавливаюсь")

    def _tell(self, message: str) -> None:
        if self.address is None:
            return
        # A leading @ is systemd's way to write the abstract namespace, whose names begin with a zero.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
                door.setblocking(False)  # a supervisor that does not listen must not stop us
                door.sendto(message.encode(), address)
        except OSError:
            return
