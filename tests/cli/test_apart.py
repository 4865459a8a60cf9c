"""Processes apart, as systemd runs them: what one is not asked to do it leaves to the other."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.db.install import Urls
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.services.tell import TELEGRAM
from app.services.tenancy.people import enrol
from tests.botapi import BotApi, Person, VirtualClock
from tests.support.running import Running
from tests.support.worlds import make_tenant


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi(clock=VirtualClock(flows=True)) as server:
        yield server


def alert(db: Database, person: Person, words: str) -> None:
    """An administrator's alert, as a night writes it down."""
    with db.platform() as tx:
        tenant_id = tx.run("SELECT tenant_id FROM membership ORDER BY 1 DESC LIMIT 1").scalar_one()
        payload = {
            "kind": "alert",
            "chat": person.id,
            "tenant_id": tenant_id,
            "d": "2026-11-19",
            "words": words,
        }
        outbox = PostgresOutbox(clock=SystemClock())
        outbox.append(tx, TELEGRAM, f"chat:{person.id}", payload, trace_id="t", tenant_id=tenant_id)


def untold(db: Database) -> int:
    with db.platform() as tx:
        return int(tx.run("SELECT count(*) FROM outbox_event WHERE published_at IS NULL").scalar_one())


async def test_the_bot_talks_and_the_relay_posts(
    db: Database, urls: Urls, api: BotApi, tmp_path: Path
) -> None:
    anna = api.person("Анна", started=True)
    with db.platform() as tx:
        enrol(tx, anna.id, "Анна", make_tenant(db), "owner", is_admin=True)
    settings = {"DATABASE_URL": urls.app, "TELEGRAM_TOKEN": api.token, "TELEGRAM_API_BASE": api.url}
    with Running("bot", "--no-relay", data=tmp_path, **settings) as bot:
        await asyncio.to_thread(bot.until, "bot_started")
        alert(db, anna, "Источник не ответил")
        await anna.says("/pnl 7")
        async with asyncio.timeout(60):
            while "Прибыль за 7 дней" not in anna.screen:
                await asyncio.sleep(0.05)
        assert untold(db) == 1
        with Running("relay", data=tmp_path, **settings) as relay:
            async with asyncio.timeout(120):
                while untold(db):
                    await asyncio.sleep(0.05)
            assert len([each for each in api.called("sendMessage") if "Источник" in each["text"]]) == 1
            assert await asyncio.to_thread(relay.stop) == 0
        assert relay.told("relay_stopped")
        assert not relay.told("update_received")
        assert await asyncio.to_thread(bot.stop) == 0
    assert bot.told("bot_stopped")
    assert not bot.told("event_delivered")


def test_a_port_that_is_taken_is_said_in_one_sentence_and_ends_the_page_server(
    urls: Urls, tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with Running("web", data=tmp_path, DATABASE_URL=urls.app, WEB_PORT=str(port)) as web:
            assert web.ended() == 78
    assert web.said.strip() == (
        f"Не могу слушать 127.0.0.1:{port}: порт {port} занят другой программой: "
        "задайте другой в WEB_PORT (0 — не слушать)."
    )
