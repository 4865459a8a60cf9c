"""The outbox's way to Telegram: digests and alerts, drawn where they are sent.

The relay calls from its own thread; the bot's loop does the sending, through the one limiter.
"""

import asyncio
from dataclasses import dataclass
from datetime import date

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter

from app.bot.desk import NO_PREVIEW, Office
from app.bot.limiter import Halted, by_mail, is_unreachable
from app.bot.render import Rendered
from app.bot.screen import Screen
from app.bot.views.alert import alert, token_ends
from app.bot.views.jobs import job_news
from app.bot.views.today import today
from app.queue.port import Event, RetryAfter
from app.services.analytics.today import ShowToday, TodayQuery
from app.services.tell import may_hear
from app.services.warehouse.transit import DayQuery, ShowDaySide

log = structlog.get_logger(__name__)

ANSWER_WITHIN = 20
"""Seconds that Telegram has for its answer."""

PATIENCE = 30.0
"""Seconds one delivery may take, the limiter's queue included; the relay's mark must last longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramDelivery:
    """Delivers events of topic ``telegram``; whoever cannot be reached or may not hear is done with.

    At least once: where Telegram's answer is lost, nobody knows whether the message stands in the chat,
    and it is sent again.
    """

    bot: Bot
    office: Office
    loop: asyncio.AbstractEventLoop
    patience: float = PATIENCE

    def __call__(self, event: Event, /) -> None:
        chat, kind = int(event.payload["chat"]), str(event.payload["kind"])
        with self.office.db.platform() as tx:
            wanted = may_hear(tx, chat, int(event.payload["tenant_id"]), kind)
        if not wanted:
            log.info("event_not_wanted", chat=chat, kind=kind)
            return
        screen, is_demo = self._draw(event)
        drawn = self.office.renderer(
            screen, is_demo=is_demo, tenant_id=int(event.payload["tenant_id"]) or None
        )
        sending = asyncio.run_coroutine_threadsafe(self._send(chat, drawn), self.loop)
        try:
            sending.result(self.patience)
        except TimeoutError:
            sending.cancel()  # or it would be sent besides the next try
            raise
        except (TelegramForbiddenError, TelegramBadRequest) as refusal:
            if not is_unreachable(refusal):
                raise
            log.info("telegram_refused", chat=chat, kind=kind)
        except TelegramRetryAfter as flood:
            raise RetryAfter(flood.retry_after, everybody=isinstance(flood, Halted)) from flood

    async def _send(self, chat: int, drawn: Rendered) -> None:
        with by_mail():
            await self.bot.send_message(
                chat,
                drawn.text,
                reply_markup=drawn.keyboard,
                link_preview_options=NO_PREVIEW,
                request_timeout=ANSWER_WITHIN,
            )

    def _draw(self, event: Event) -> tuple[Screen, bool]:
        if event.payload["kind"] == "job":
            return job_news(event.payload), False
        if event.payload["kind"] == "alert":
            return alert(str(event.payload["words"])), False
        if event.payload["kind"] == "token":
            return token_ends(str(event.payload["words"])), False
        with self.office.db.tenant(int(event.payload["tenant_id"])) as tx:
            d = date.fromisoformat(str(event.payload["d"]))
            report = self.office.cases[ShowToday](tx, TodayQuery(d=d))
            skus = tuple(each.sku_id for each in report.ending)
            side = self.office.cases[ShowDaySide](tx, DayQuery(d=d, sku_ids=skus))
        return today(report, side), report.freshness.is_demo
