"""The process around the dispatcher: polling with its limiter and menu, a graceful end; the terminal."""

import asyncio
import io
import os
import signal
import time

import pytest
from rich.console import Console

from app.bot.app import BotDeps, open_terminal, run_polling
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
    assert [each["command"] for each in chat.api.called("setMyCommands")[0]["commands"]][:2] == [
        "today",
        "pnl",
    ]


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
