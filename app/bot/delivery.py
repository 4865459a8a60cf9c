"""The outbox's way to Telegram: digests and alerts, drawn where they are sent.

The relay calls from its own thread; the bot's loop does the sending, through the one limiter.
"""

import asyncio
from dataclasses import dataclass
from datetime import date

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter

from app.bot.desk import NO_PREVIEW, Office
from app.bot.screen import Screen
from app.bot.views.alert import alert
from app.bot.views.today import today
from app.queue.port import Event, RetryAfter
from app.services.analytics.today import ShowToday, TodayQuery

log = structlog.get_logger(__name__)

PATIENCE = 120.0
"""Seconds one delivery may take, the limiter's queue included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramDelivery:
    """Delivers events of topic ``telegram``; somebody who blocked the bot is done with."""

    bot: Bot
    office: Office
    loop: asyncio.AbstractEventLoop

    def __call__(self, event: Event, /) -> None:
        screen, is_demo = self._draw(event)
        drawn = self.office.renderer(screen, is_demo=is_demo)
        sending = self.bot.send_message(
            int(event.payload["chat"]),
            drawn.text,
            reply_markup=drawn.keyboard,
            link_preview_options=NO_PREVIEW,
        )
        try:
            asyncio.run_coroutine_threadsafe(sending, self.loop).result(PATIENCE)
        except TelegramForbiddenError:
            log.info("telegram_refused", chat=event.payload["chat"], kind=event.payload["kind"])
        except TelegramRetryAfter as flood:
            raise RetryAfter(flood.retry_after) from flood

    def _draw(self, event: Event) -> tuple[Screen, bool]:
        if event.payload["kind"] == "alert":
            return alert(str(event.payload["words"])), False
        with self.office.db.tenant(int(event.payload["tenant_id"])) as tx:
            d = date.fromisoformat(str(event.payload["d"]))
            report = self.office.cases[ShowToday](tx, TodayQuery(d=d))
        return today(report), report.freshness.is_demo
