"""The one gate for everything that is sent: Telegram's rates obeyed before it has to complain.

Telegram names about 30 messages a second overall, one a second in a chat with short bursts, 20 a
minute in a group; the true limits are not published, so ``retry_after`` is the law (facts: rates).

Two sorts of callers: a person's answer waits here for its turn; what is sent ``by_mail`` (the
outbox) is given back to be sent later, so that one chat's pause never holds up all the others.
"""

import asyncio
import math
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.methods import AnswerCallbackQuery, DeleteMessage, GetUpdates, Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiolimiter import AsyncLimiter

from app.bot.tracing import stack_of

log = structlog.get_logger(__name__)

# (at once, in so many seconds): a bucket lets its burst through besides its rate, so within any
# window it passes burst + rate × window. Measured on the strict server: with (25, 1.0) the first
# second of a thousand digests saw 49 of them. A tenth is left for calls that overtake one another.
OVERALL = (2, 0.08)
"""25 a second, never more than 27 in one."""
PRIVATE = (3, 3.3)
"""Three at once, then one in 1.1 seconds."""
GROUP = (3, 11.25)
"""16 a minute, never more than 19 in one."""
MAX_TRIES = 4
LONGEST_WAIT = 120.0
"""A longer order is not slept through: the call fails and the caller decides."""
CHATS_KEPT = 5000
HALT_AFTER = 3
"""So many different chats refused in a row, nobody served between: it is not about the chats."""
GONE = ("chat not found", "PEER_ID_INVALID")
"""400s of chats that are not there (any more): writing to them again changes nothing."""

OnBlocked = Callable[[int], Awaitable[None]]

_mail: ContextVar[bool] = ContextVar("by_mail", default=False)


@contextmanager
def by_mail() -> Iterator[None]:
    """Calls within the block are not slept for: ``TelegramRetryAfter`` tells when to come again."""
    token = _mail.set(True)
    try:
        yield
    finally:
        _mail.reset(token)


class Halted(TelegramRetryAfter):
    """Telegram wants peace from the whole bot, not from one chat."""


class OutgoingLimiter(BaseRequestMiddleware):
    """Register on the bot's session. ``on_blocked(telegram_id)`` is told of people who cannot be reached."""

    def __init__(self, on_blocked: OnBlocked | None = None) -> None:
        self._on_blocked = on_blocked
        self._overall = AsyncLimiter(*OVERALL)
        self._chats: OrderedDict[int, AsyncLimiter] = OrderedDict()
        self._closed: dict[int, float] = {}
        self._refused: set[int] = set()
        self._halted_until = 0.0

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
            await self._wait(method, chat)
            try:
                answer = await make_request(bot, method)
            except TelegramRetryAfter as order:
                self._obey(chat, order.retry_after)
                if _mail.get():
                    self._refuse(method, chat)
                if attempt == MAX_TRIES or order.retry_after > LONGEST_WAIT:
                    raise
                if chat is None:
                    await asyncio.sleep(_eased(order.retry_after))
            except (TelegramForbiddenError, TelegramBadRequest) as refusal:
                if is_unreachable(refusal):
                    await self._blocked(chat)
                raise
            else:
                self._refused.clear()
                return answer
        raise AssertionError("the last attempt returns or raises")

    async def _wait(self, method: TelegramMethod[Any], chat: int | None) -> None:
        """Until the door is open and both buckets have room; it may close while we queue for them."""
        while True:
            while (pause := self._pause(chat)) > 0:
                if _mail.get() or pause > LONGEST_WAIT:
                    self._refuse(method, chat)
                await asyncio.sleep(pause)
            if chat is not None:
                await self._bucket(chat).acquire()
            await self._overall.acquire()
            if self._pause(chat) <= 0:
                return

    def _pause(self, chat: int | None) -> float:
        """Seconds for which this chat, or everybody, is to be left in peace."""
        until = self._halted_until
        if chat is not None:
            until = max(until, self._closed.get(chat, 0.0))
        return until - asyncio.get_running_loop().time()

    def _refuse(self, method: TelegramMethod[Any], chat: int | None) -> None:
        """Raise what is left of the pause."""
        left = max(math.ceil(self._pause(chat)), 1)
        is_halt = self._halted_until > asyncio.get_running_loop().time()
        raise (Halted if is_halt else TelegramRetryAfter)(method, "kept from being sent", left)

    def _obey(self, chat: int | None, retry_after: float) -> None:
        """Telegram told how long. Only that chat stands still, unless it is everybody's turn to."""
        log.warning("telegram_asked_to_wait", seconds=retry_after, chat_id=chat)
        if chat is None:
            return
        until = asyncio.get_running_loop().time() + _eased(retry_after)
        self._closed[chat] = max(until, self._closed.get(chat, 0.0))
        self._refused.add(chat)
        if len(self._refused) >= HALT_AFTER:
            self._halted_until = max(until, self._halted_until)
            log.warning("telegram_halted_us", seconds=retry_after, chats=len(self._refused))
        if len(self._closed) > CHATS_KEPT:
            now = asyncio.get_running_loop().time()
            self._closed = {each: at for each, at in self._closed.items() if at > now}

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


def is_unreachable(refusal: TelegramAPIError) -> bool:
    """Nobody is there to read: blocked us, deleted the account, never spoke to us."""
    return isinstance(refusal, TelegramForbiddenError) or (
        isinstance(refusal, TelegramBadRequest) and any(words in refusal.message for words in GONE)
    )


def _eased(retry_after: float) -> float:
    """A little later than told, and not all at the same instant."""
    return retry_after + random.uniform(0.05, 0.5)


def _chat_of(method: TelegramMethod[Any]) -> int | None:
    """The chat whose rate a call counts against; None for calls that only count overall."""
    if isinstance(method, AnswerCallbackQuery | DeleteMessage):
        return None
    chat = getattr(method, "chat_id", None)
    return chat if isinstance(chat, int) else None
