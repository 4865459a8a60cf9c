"""A real redis-server, unprivileged, on a free port of the loopback; it can be killed and come back."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.support.ports import free_port

ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin")
"""Where servers are installed that an ordinary user's PATH may lack."""

PASSWORD = "only-for-tests"


def find_server() -> str:
    """The program; the test that asks is skipped, loudly, where there is none."""
    found = shutil.which("redis-server", path=os.pathsep.join([os.environ.get("PATH", ""), *ELSEWHERE]))
    if found is None:
        pytest.skip("redis-server is not installed: nothing of Redis is tested here")
    return found


class RedisServer:
    """One server that keeps nothing: what it knew is gone with it."""

    def __init__(self, folder: Path) -> None:
        self._program = find_server()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def dsn(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Begin on the same port, and answer."""
        asked = {
            "port": self.port,
            "bind": "127.0.0.1",
            "requirepass": PASSWORD,
            "save": "",
            "appendonly": "no",
            "dir": self._folder,
        }
        options = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
        with (self._folder / "redis.log").open("ab") as told:
            self._process = subprocess.Popen([self._program, *options], stdout=told, stderr=told)
        until = time.monotonic() + 10
        while True:
            try:
                with self.client() as asker:
                    asker.ping()
                return
            except RedisError:
                assert self._process.poll() is None, (self._folder / "redis.log").read_text()
                assert time.monotonic() < until, "redis-server does not answer"
                time.sleep(0.02)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def client(self) -> Redis:
        """A line of the test's own."""
        return Redis.from_url(self.dsn, decode_responses=True)

    def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It accepts connections and answers nothing."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
