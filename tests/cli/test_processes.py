"""``ambar run`` for real: its own processes, the embedded server, the strict Bot API server."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.botapi import BotApi, Person, VirtualClock
from tests.support.ports import free_port
from tests.support.running import Running, children_of, is_alive

CODE = r"/start (\S+)"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi(clock=VirtualClock(flows=True)) as server:
        yield server


def house(folder: Path, api: BotApi, *command: str, **settings: str) -> Running:
    return Running(*command, data=folder, TELEGRAM_TOKEN=api.token, TELEGRAM_API_BASE=api.url, **settings)


async def wait_for(running: Running, *patterns: str) -> None:
    for pattern in patterns:
        await asyncio.to_thread(running.until, pattern)


async def test_run_greets_its_first_administrator_and_stops_when_told(tmp_path: Path, api: BotApi) -> None:
    port = free_port()
    with house(tmp_path, api, "run", WEB_PORT=str(port)) as running:
        code = await asyncio.to_thread(running.until, CODE)
        await wait_for(running, "worker_started", "bot_started", "web_started")
        anna = api.person("Анна")
        await anna.says(f"/start {code}")
        await sees_soon(anna, "Организация «Анна»")
        await anna.says("/pnl 7")
        await sees_soon(anna, "Прибыль за 7 дней")
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", verify=False, trust_env=False
        ) as pages:
            assert (await pages.get("/healthz")).status_code == 200
            ready = await pages.get("/readyz")
            assert (ready.status_code, ready.json()["parts"]["schema"]) == (200, "ok")
            await counted_soon(pages, 'ambar_updates_total{kind="message",process="bot",result="done"} 2.0')
            page = (await pages.get("/metrics")).text
        assert await asyncio.to_thread(running.stop) == 0, running.said
    assert 'process="worker"' in page
    assert "Анна" not in page
    assert api.token not in running.said + page
    assert "master.key" in running.said
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    assert not running.told("child_killed")
    assert not running.told("child_died")


async def test_what_is_killed_comes_back_and_nobody_outlives_the_supervisor(
    tmp_path: Path, api: BotApi
) -> None:
    with house(tmp_path, api, "run") as running:
        await wait_for(running, "worker_started", "bot_started")
        pid = running.process.pid
        os.kill(children_of(pid, "worker")[0], signal.SIGKILL)
        await wait_for(running, "child_died")
        await asyncio.to_thread(running.until, "worker_started", times=2)
        children = children_of(pid, "worker") + children_of(pid, "bot")
        assert len(children) == 2
        running.tell(signal.SIGKILL)
        async with asyncio.timeout(60):
            while any(is_alive(child) for child in children):
                await asyncio.sleep(0.05)
        running.ended()
    assert len(running.told("supervisor_gone")) == 2
    assert running.told("worker_stopped")
    assert running.told("bot_stopped")


async def test_run_without_a_token_says_what_to_do(tmp_path: Path) -> None:
    with Running("run", data=tmp_path) as running:
        await wait_for(running, "TELEGRAM_TOKEN.*BotFather")
        assert running.ended() == 78
        assert "Traceback" not in running.said


async def sees_soon(person: Person, text: str) -> None:
    """The bot is another process: what it is doing between two calls cannot be seen from here."""
    async with asyncio.timeout(60):
        while text not in person.screen:
            await asyncio.sleep(0.05)


async def counted_soon(pages: httpx.AsyncClient, line: str) -> None:
    """A process writes its counters every few seconds."""
    async with asyncio.timeout(60):
        while line not in (await pages.get("/metrics")).text:
            await asyncio.sleep(0.2)
