"""A supervisor's ear: a real datagram socket such as systemd's, and what was said into it."""

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Ear:
    """``said`` collects messages as lists of lines, oldest first."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.said: list[list[str]] = []
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._door.bind("\0" + address[1:] if address.startswith("@") else address)

    def listen(self, seconds: float = 0.0) -> list[list[str]]:
        """All that was said by now, or within so many seconds."""
        end = time.monotonic() + seconds
        while True:
            self._door.settimeout(max(0.001, end - time.monotonic()))
            try:
                self.said.append(self._door.recv(4096).decode().splitlines())
            except TimeoutError:
                return self.said

    def until(self, line: str, seconds: float = 20) -> None:
        """Wait for a message with that line."""
        end = time.monotonic() + seconds
        while not any(line in each for each in self.listen(0.02)):
            assert time.monotonic() < end, f"{line} was not said: {self.said}"

    def close(self) -> None:
        self._door.close()


@contextmanager
def ear(*, abstract: bool = False) -> Iterator[Ear]:
    """A socket's path has room for about 100 bytes, less than a test's folder takes."""
    folder = tempfile.mkdtemp(prefix="ear-")
    made = Ear(f"@ambar-test-{os.getpid()}-{os.urandom(4).hex()}" if abstract else str(Path(folder) / "s"))
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder)
