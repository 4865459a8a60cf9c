"""``ambar run`` for real: its own processes, the embedded server, the strict Bot API server."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.paths import repo_root
from tests.botapi import BotApi, Person, VirtualClock

CODE = re.compile(r"/start (\S+)")
START_SECONDS, STOP_SECONDS = 60, 30


class Running:
    """``python -m app …`` with an environment of its own."""

    def __init__(self, data: Path, api: BotApi) -> None:
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(repo_root()),
            "AMBAR_DATA": str(data),
            "AMBAR_ENV_FILE": str(data / "no.env"),
            "TELEGRAM_TOKEN": api.token,
            "TELEGRAM_API_BASE": api.url,
            "DATABASE_URL": "",
            "ADMIN_DATABASE_URL": "",
        }
        self.process: asyncio.subprocess.Process
        self.said: list[str] = []

    async def start(self, *command: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app",
            *command,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def until(self, pattern: re.Pattern[str] | str) -> str:
        """Read what it prints until a line matches; the match's first group or the whole."""
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            async for raw in self.process.stdout:
                self.said.append(raw.decode())
                if found := re.search(pattern, self.said[-1]):
                    return found.group(1) if found.groups() else found.group()
        raise AssertionError("".join(self.said))

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS):
            assert self.process.stdout is not None
            self.said += [raw.decode() async for raw in self.process.stdout]
            return await self.process.wait()


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi(clock=VirtualClock(flows=True)) as server:
        yield server


async def test_run_greets_its_first_administrator_and_stops_when_told(tmp_path: Path, api: BotApi) -> None:
    house = Running(tmp_path, api)
    await house.start("run")
    try:
        code = await house.until(CODE)
        await house.until("worker_started")
        anna = api.person("Анна")
        await anna.says(f"/start {code}")
        await sees_soon(anna, "Организация «Анна»")
        await anna.says("/pnl 7")
        await sees_soon(anna, "Прибыль за 7 дней")
    finally:
        assert await house.stop() == 0, "".join(house.said)
    told = "".join(house.said)
    assert api.token not in told
    assert "master.key" in told
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    assert "child_killed" not in told


async def test_a_child_that_is_killed_comes_back(tmp_path: Path, api: BotApi) -> None:
    house = Running(tmp_path, api)
    await house.start("run")
    try:
        await house.until("worker_started")
        worker = next(iter(_children(house.process.pid, "worker")))
        os.kill(worker, signal.SIGKILL)
        await house.until("child_died")
        await house.until("worker_started")
    finally:
        assert await house.stop() == 0


async def test_run_without_a_token_says_what_to_do(tmp_path: Path, api: BotApi) -> None:
    house = Running(tmp_path, api)
    house._environment["TELEGRAM_TOKEN"] = ""
    await house.start("run")
    assert await house.until("TELEGRAM_TOKEN.*BotFather")
    assert await house.process.wait() == 1
    assert "Traceback" not in "".join(house.said)


async def sees_soon(person: Person, text: str) -> None:
    """The bot is another process: what it is doing between two calls cannot be seen from here."""
    async with asyncio.timeout(10):
        while text not in person.screen:
            await asyncio.sleep(0.05)


def _children(parent: int, name: str) -> list[int]:
    """Processes of ``parent`` whose command line ends with ``name``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(status[1]) == parent and name.encode() in words:
            found.append(int(entry.name))
    return found
