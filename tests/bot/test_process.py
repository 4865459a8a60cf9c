"""The process around the dispatcher: polling with its limiter and menu, a graceful end; the terminal."""

import asyncio
import io
import os
import signal
import time

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from app.bot import serve
from app.bot.app import BotDeps, open_terminal
from app.bot.serve import run_polling
from app.core.errors import BadInput
from tests.botapi.server import TOKEN


@pytest.fixture
def polling_deps(chat):
    def deps(checker=None):
        settings = chat.deps.settings.model_copy(update={"telegram_api_base": chat.api.url})
        return BotDeps(
            db=chat.db,
            settings=settings,
            clock=chat.deps.clock,
            vault=chat.deps.vault,
            queue=chat.deps.queue,
            checker=checker or chat.checker,
        )

    return deps


async def test_sigterm_lets_the_running_handler_finish_and_answer(chat, polling_deps):
    chat.api.busy = None
    olga = chat.person()
    olga._feed = None  # by polling, as in the real thing
    handled = asyncio.Event()

    def slow(marketplace, pasted):
        loop.call_soon_threadsafe(handled.set)
        time.sleep(0.5)
        raise RuntimeError("the answer still comes")

    loop = asyncio.get_running_loop()
    process = asyncio.create_task(run_polling(polling_deps(slow), TOKEN))
    saying = asyncio.create_task(olga.says("/connect eyJabcdef.b.c"))
    await asyncio.wait_for(handled.wait(), 10)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(process, 10)
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    olga.sees("Что-то сломалось у нас")
    strangers = chat.api.called("setMyCommands")[0]
    assert strangers["scope"] == {"type": "all_private_chats"}
    assert [each["command"] for each in strangers["commands"]] == ["start", "help"]


async def test_the_terminal_shows_what_telegram_shows(chat, seller):
    await seller.says("/pnl 1")
    out = io.StringIO()
    terminal = open_terminal(chat.deps, seller.id, "Ольга", Console(file=out, width=80))
    await terminal.hear("/pnl 1")
    drawn = " ".join(out.getvalue().replace("│", " ").replace("\u202f", " ").split())
    for line in (
        "Выручка 2 000 ₽",
        "К выплате 1 600 ₽",
        "Прибыль –",
        "1 · 1 день · 2 7 дней 3 14 дней 4 30 дней",
    ):
        assert line in drawn.replace("\u00a0", " ")
    await terminal.hear("2")
    assert "Прибыль за 7 дней" in out.getvalue().replace("\u00a0", " ")


async def test_a_token_that_telegram_does_not_know_is_a_settings_fault(chat, polling_deps):
    with pytest.raises(BadInput, match=r"Telegram не знает такого токена: проверьте TELEGRAM_TOKEN"):
        await asyncio.wait_for(run_polling(polling_deps(), "1:AAE-nobodys-token_0123456789abcdefghij"), 10)
    chat.api.forgive("Unauthorized")


async def test_telegram_out_of_reach_at_the_start_is_waited_for(chat, polling_deps, monkeypatch):
    monkeypatch.setattr(serve, "FIRST_PAUSE", 0.01)
    chat.api.fail("getMe", 502, "Bad Gateway", times=2)
    chat.api.busy = None
    with capture_logs() as logs:
        process = asyncio.create_task(run_polling(polling_deps(), TOKEN))
        async with asyncio.timeout(15):
            while not any(entry["event"] == "bot_started" for entry in logs):
                assert not process.done(), process.exception()
                await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(process, 10)
    assert [entry["pause"] for entry in logs if entry["event"] == "telegram_away"] == [0.01, 0.02]
