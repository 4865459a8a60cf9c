"""The one gate for everything that is sent: Telegram's rates obeyed before it has to complain.

Telegram names about 30 messages a second overall, one a second in a chat with short bursts, 20 a
minute in a group; the true limits are not published, so ``retry_after`` is the law (facts: rates).
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import AnswerCallbackQuery, DeleteMessage, GetUpdates, Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiolimiter import AsyncLimiter

from app.bot.tracing import stack_of

log = structlog.get_logger(__name__)

OVERALL = (25, 1.0)
PRIVATE = (3, 3.0)
"""One a second on average, three at once."""
GROUP = (18, 60.0)
MAX_TRIES = 4
LONGEST_WAIT = 120.0
"""A longer order is not slept through: the call fails and the caller decides."""
CHATS_KEPT = 5000

OnBlocked = Callable[[int], Awaitable[None]]


class OutgoingLimiter(BaseRequestMiddleware):
    """Register on the bot's session. ``on_blocked(telegram_id)`` is told of people who blocked the bot."""

    def __init__(self, on_blocked: OnBlocked | None = None) -> None:
        self._on_blocked = on_blocked
        self._overall = AsyncLimiter(*OVERALL)
        self._chats: OrderedDict[int, AsyncLimiter] = OrderedDict()
        self._closed: dict[int, float] = {}

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        if method.__api_method__ == GetUpdates.__api_method__:
            return await make_request(bot, method)
        chat = _chat_of(method)
        for attempt in range(1, MAX_TRIES + 1):
            await self._wait(chat)
            try:
                return await make_request(bot, method)
            except TelegramRetryAfter as order:
                if attempt == MAX_TRIES or order.retry_after > LONGEST_WAIT:
                    raise
                await self._obey(chat, order.retry_after)
            except TelegramForbiddenError:
                await self._blocked(chat)
                raise
        raise AssertionError("the last attempt returns or raises")

    async def _wait(self, chat: int | None) -> None:
        """Until this chat is open again and both buckets have room."""
        if chat is not None:
            loop = asyncio.get_running_loop()
            while (until := self._closed.get(chat, 0.0)) > loop.time():
                await asyncio.sleep(until - loop.time())
            self._closed.pop(chat, None)
            await self._bucket(chat).acquire()
        await self._overall.acquire()

    async def _obey(self, chat: int | None, retry_after: float) -> None:
        """Telegram told how long. Only that chat stands still; a call without a chat sleeps alone."""
        pause = retry_after + random.uniform(0.05, 0.5)
        log.warning("telegram_asked_to_wait", seconds=retry_after, chat_id=chat)
        if chat is None:
            await asyncio.sleep(pause)
            return
        until = asyncio.get_running_loop().time() + pause
        self._closed[chat] = max(until, self._closed.get(chat, 0.0))

    def _bucket(self, chat: int) -> AsyncLimiter:
        bucket = self._chats.pop(chat, None) or AsyncLimiter(*(GROUP if chat < 0 else PRIVATE))
        self._chats[chat] = bucket
        while len(self._chats) > CHATS_KEPT:
            # the chat quiet the longest: thousands of others were served since, its bucket is empty again
            self._chats.popitem(last=False)
        return bucket

    async def _blocked(self, chat: int | None) -> None:
        if chat is None or chat < 0 or self._on_blocked is None:
            return
        try:
            await self._on_blocked(chat)
        except Exception as problem:  # the mark is a courtesy; the refusal itself goes on to the caller
            log.error("block_not_marked", chat_id=chat, stack=stack_of(problem))


def _chat_of(method: TelegramMethod[Any]) -> int | None:
    """The chat whose rate a call counts against; None for calls that only count overall."""
    if isinstance(method, AnswerCallbackQuery | DeleteMessage):
        return None
    chat = getattr(method, "chat_id", None)
    return chat if isinstance(chat, int) else None
