"""The chat as a process: polling and the relay, together or apart, until told to stop."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from app.bot.app import BotDeps, build_bot, build_dispatcher
from app.bot.counting import counted
from app.bot.delivery import PATIENCE, TelegramDelivery
from app.bot.desk import Office
from app.bot.menus import announce_commands
from app.core.errors import BadInput
from app.core.pulse import Heart, beating, on_duty
from app.queue.announcer import Announcer
from app.queue.relay import Relay
from app.services.ledger.told import STOCK_POSTED, TellPosting
from app.services.tell import TELEGRAM

log = structlog.get_logger(__name__)

SHUTDOWN_PATIENCE = 20.0
"""Seconds for running handlers; systemd's TimeoutStopSec is longer."""

RELAY_PATIENCE = 600.0
"""Seconds without a look or a delivery begun: one may wait two minutes in the limiter's queue."""

RELAY_HANDS = 4
"""Telegram takes a tenth of a second for an answer; so many hands fill the 25 a second it allows."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two tries to reach Telegram at the start."""


async def run_polling(
    deps: BotDeps, token: str, *, handle_signals: bool = True, with_relay: bool = True
) -> None:
    """Serve Telegram until SIGTERM or SIGINT: stop fetching, finish running handlers, close.

    ``with_relay``: deliver the outbox too, in a thread of its own.

    Raises:
        BadInput: Telegram does not know the token.
    """
    dispatcher = build_dispatcher(deps)
    office: Office = dispatcher["office"]
    async with _bot(deps, token, office) as bot, beating() as heart:
        relay = _relay(deps, bot, office) if with_relay else None
        hearts = [heart] if relay is None else [heart, _heart_of(relay)]
        try:
            with on_duty("Слушаю Telegram", hearts):
                await _meet(bot)
                if relay is not None:
                    relay.start()
                await announce_commands(bot)
                log.info("bot_started", relay=with_relay)
                await dispatcher.start_polling(bot, handle_signals=handle_signals, close_bot_session=False)
        finally:
            await asyncio.gather(_stop(relay), office.running.stop(SHUTDOWN_PATIENCE))
    log.info("bot_stopped")


async def run_relay(deps: BotDeps, token: str) -> None:
    """Deliver the outbox until SIGTERM or SIGINT, and finish the delivery in hand."""
    office: Office = build_dispatcher(deps)["office"]
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with _bot(deps, token, office) as bot, beating() as heart:
        relay = _relay(deps, bot, office)
        relay.start()
        with on_duty("Отправляю в Telegram", [heart, _heart_of(relay)]):
            log.info("relay_started")
            await stopping.wait()
        await _stop(relay)
    log.info("relay_stopped")


@contextlib.asynccontextmanager
async def _bot(deps: BotDeps, token: str, office: Office) -> AsyncIterator[Bot]:
    settings = deps.settings
    bot = build_bot(
        token,
        office=office,
        api_base=settings.telegram_api_base,
        proxy=settings.telegram_proxy,
        metrics=deps.metrics,
    )
    try:
        yield bot
    finally:
        await bot.session.close()


def _relay(deps: BotDeps, bot: Bot, office: Office) -> Relay:
    lease = timedelta(seconds=deps.settings.job_lease_seconds)
    delivery = TelegramDelivery(
        bot=bot,
        office=office,
        loop=asyncio.get_running_loop(),
        patience=min(PATIENCE, lease.total_seconds() / 2),
    )
    posted = TellPosting(deps.db, deps.queue, deps.queue.clock)
    return Relay(
        deps.db,
        {TELEGRAM: counted(delivery, TELEGRAM, deps.metrics), STOCK_POSTED: posted},
        deps.queue.clock,
        threads=RELAY_HANDS,
        mark=lease,
        poll=deps.settings.outbox_poll_interval_ms / 1000,
        announcer=Announcer(deps.db, deps.queue.clock, deps.queue.wakeups),
    )


async def _stop(relay: Relay | None) -> None:
    """Let it finish the delivery in hand."""
    if relay is not None:
        relay.stop()
        await asyncio.to_thread(relay.join, SHUTDOWN_PATIENCE)


def _heart_of(relay: Relay) -> Heart:
    return Heart(name="relay", silent_for=relay.silent_for, patience=RELAY_PATIENCE)


async def _meet(bot: Bot) -> None:
    """Wait until Telegram answers: it may be out of reach for hours, and nothing here need die of it."""
    pause = FIRST_PAUSE
    while True:
        try:
            await bot.me()
            return
        except (TelegramUnauthorizedError, TelegramNotFound):
            raise BadInput(
                "Telegram не знает такого токена: проверьте TELEGRAM_TOKEN или получите новый у @BotFather."
            ) from None
        except (TelegramNetworkError, TelegramServerError, TelegramRetryAfter) as away:
            log.warning("telegram_away", error=type(away).__name__, pause=pause)
        await asyncio.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 2)
