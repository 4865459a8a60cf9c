"""The outgoing limiter, on a clock that jumps."""

import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import AnswerCallbackQuery, GetUpdates, SendMessage

from app.bot.limiter import MAX_TRIES, OutgoingLimiter
from tests.bot.virtual_loop import hurry, now

BOT = Bot("1:x")


class Line:
    """A telephone line to Telegram that notes when each call came, and refuses as told."""

    def __init__(self, *refusals):
        self.calls = []
        self.refusals = list(refusals)

    async def __call__(self, bot, method):
        self.calls.append((now(), getattr(method, "chat_id", None)))
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            raise refusal
        return "sent"

    def times(self, chat=None):
        start = self.calls[0][0]
        return [round(at - start, 1) for at, to in self.calls if chat is None or to == chat]


def to(chat):
    return SendMessage(chat_id=chat, text="x")


def wait(seconds, chat=7):
    return TelegramRetryAfter(method=to(chat), message="Too Many Requests", retry_after=seconds)


def send_all(methods, *refusals, on_blocked=None):
    """Everything at once through one limiter; the line's notes."""
    line = Line(*refusals)

    async def work():
        limiter = OutgoingLimiter(on_blocked)
        return await asyncio.gather(*(limiter(line, BOT, m) for m in methods), return_exceptions=True)

    return line, hurry(work())


def test_one_chat_gets_three_at_once_and_then_one_a_second():
    line, _ = send_all([to(7)] * 6)
    assert line.times() == [0, 0, 0, 1, 2, 3]


def test_a_group_gets_no_more_than_eighteen_a_minute():
    line, _ = send_all([to(-100)] * 19)
    assert line.times()[:18] == [0] * 18
    assert line.times()[18] == pytest.approx(60 / 18, abs=0.1)


def test_all_chats_together_get_twenty_five_a_second():
    line, _ = send_all([to(chat) for chat in range(1, 101)])
    start = line.calls[0][0]
    assert sum(1 for at, _ in line.calls if at - start < 0.01) == 25
    # 100 messages: 25 at once, the other 75 at 25 a second
    assert line.times()[-1] == pytest.approx(3.0, abs=0.1)


def test_fetching_updates_is_never_held_up():
    line, _ = send_all([to(7)] * 4 + [GetUpdates()] * 50)
    assert sum(1 for at, chat in line.calls if chat is None and at == line.calls[0][0]) == 50


def test_answering_a_tap_does_not_wait_for_its_chat():
    line, _ = send_all([to(7)] * 5 + [AnswerCallbackQuery(callback_query_id="1")])
    assert [at for at, chat in line.calls if chat is None] == [line.calls[0][0]]


def test_an_order_to_wait_is_obeyed_for_that_chat_only():
    line, sent = send_all([to(7), to(7), to(8)], wait(30))
    assert sent == ["sent"] * 3
    assert line.times(8) == [0]
    again = [at for at in line.times(7) if at > 0]
    assert again
    assert all(30 <= at < 33 for at in again)


def test_orders_without_end_are_given_up():
    line, sent = send_all([to(7)], *[wait(5)] * 10)
    assert len(line.calls) == MAX_TRIES
    assert isinstance(sent[0], TelegramRetryAfter)


def test_an_order_of_an_hour_is_not_slept_through():
    line, sent = send_all([to(7)], wait(3600))
    assert len(line.calls) == 1
    assert isinstance(sent[0], TelegramRetryAfter)


def test_whoever_blocked_the_bot_is_marked_and_the_caller_hears_of_it():
    marked = []

    async def on_blocked(telegram_id):
        marked.append(telegram_id)

    refusal = TelegramForbiddenError(method=to(7), message="Forbidden: bot was blocked by the user")
    _, sent = send_all([to(7)], refusal, on_blocked=on_blocked)
    assert marked == [7]
    assert isinstance(sent[0], TelegramForbiddenError)
