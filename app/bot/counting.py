"""What the chat counts: calls to Telegram, deliveries of the outbox, updates."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNotFound,
    TelegramRetryAfter,
)
from aiogram.methods import GetUpdates, Response, TelegramMethod
from aiogram.methods.base import TelegramType

from app.core.errors import AmbarError
from app.core.metrics import Metrics
from app.queue.port import Consumer, Event, RetryAfter

log = structlog.get_logger(__name__)


class Counted(BaseRequestMiddleware):
    """Register behind the limiter: every attempt counts, the waiting for its turn does not."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        if method.__api_method__ == GetUpdates.__api_method__:  # long polling: its time says nothing
            return await make_request(bot, method)
        started, result = time.monotonic(), "failed"
        try:
            response = await make_request(bot, method)
            result = "ok"
        except TelegramRetryAfter:
            result = "flood"
            raise
        except TelegramForbiddenError:
            result = "forbidden"
            raise
        except (TelegramBadRequest, TelegramNotFound):
            result = "refused"
            raise
        finally:
            self._metrics.telegram_called(method.__api_method__, result, time.monotonic() - started)
        return response


def counted(consumer: Consumer, topic: str, metrics: Metrics) -> Consumer:
    """The same consumer, its deliveries counted."""

    def deliver(event: Event, /) -> None:
        outcome = "failed"
        try:
            consumer(event)
            outcome = "delivered"
        except RetryAfter:
            outcome = "postponed"
            raise
        finally:
            metrics.event_told(topic, outcome)

    return deliver


@contextmanager
def handled(metrics: Metrics, kind: str) -> Iterator[None]:
    """An update from its arrival to the end of its handler."""
    started, result = time.monotonic(), "failed"
    try:
        yield
        result = "done"
    except AmbarError:
        result = "refused"
        raise
    finally:
        seconds = time.monotonic() - started
        metrics.update_handled(kind, result, seconds)
        log.info("update_handled", kind=kind, result=result, seconds=round(seconds, 3))
