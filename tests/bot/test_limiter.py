"""The outgoing limiter, on a clock that jumps."""

import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import AnswerCallbackQuery, GetUpdates, SendMessage

from app.bot.limiter import CHATS_KEPT, HALT_AFTER, MAX_TRIES, Halted, OutgoingLimiter, by_mail
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


def most_in(seconds, times):
    """The fullest window of so many seconds."""
    return max(sum(1 for at in times if start <= at < start + seconds) for start in times)


def test_one_chat_gets_three_at_once_and_then_one_a_second():
    line, _ = send_all([to(7)] * 6)
    assert line.times() == [0, 0, 0, 1.1, 2.2, 3.3]


def test_a_group_gets_no_more_than_twenty_in_any_minute():
    line, _ = send_all([to(-100)] * 60)
    assert line.times()[:3] == [0, 0, 0]
    assert 16 <= most_in(60, line.times()) <= 19
    # 60 messages: three at once, the rest at 16 a minute
    assert line.times()[-1] == pytest.approx(57 * 60 / 16, abs=1)


def test_all_chats_together_get_twenty_five_a_second_and_never_thirty():
    line, _ = send_all([to(chat) for chat in range(1, 1001)])
    assert 25 <= most_in(1, line.times()) <= 27
    assert line.times()[-1] == pytest.approx(1000 / 25, abs=0.2)


def test_fetching_updates_is_never_held_up():
    line, _ = send_all([to(7)] * 4 + [GetUpdates()] * 50)
    assert sum(1 for at, chat in line.calls if chat is None and at == line.calls[0][0]) == 50


def test_answering_a_tap_does_not_wait_for_its_chat():
    line, _ = send_all([to(7)] * 5 + [AnswerCallbackQuery(callback_query_id="1")])
    (answered,) = (at for at, chat in line.calls if chat is None)
    assert answered - line.calls[0][0] < 0.2


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


async def mail(limiter, line, method):
    with by_mail():
        return await limiter(line, BOT, method)


def test_what_goes_by_mail_is_given_back_instead_of_waiting():
    """The relay's hands are few: a chat that must be left alone for an hour holds up nobody else."""
    line = Line(wait(3600))

    async def work():
        limiter = OutgoingLimiter()
        started = now()
        first = await asyncio.gather(mail(limiter, line, to(7)), return_exceptions=True)
        again = await asyncio.gather(mail(limiter, line, to(7)), return_exceptions=True)
        other = await mail(limiter, line, to(8))
        return first[0], again[0], other, now() - started

    first, again, other, took = hurry(work())
    assert (type(first), first.retry_after) == (TelegramRetryAfter, 3601)
    assert (type(again), again.retry_after) == (TelegramRetryAfter, 3601)
    assert other == "sent"
    assert took < 1
    assert [chat for _, chat in line.calls] == [7, 8], "a closed chat was called"


def test_three_chats_refused_in_a_row_are_an_order_to_the_whole_bot():
    line = Line(wait(40, 1), wait(40, 2), wait(40, 3))

    async def work():
        limiter = OutgoingLimiter()
        told = [
            await asyncio.gather(mail(limiter, line, to(chat)), return_exceptions=True)
            for chat in range(1, HALT_AFTER + 2)
        ]
        started = now()
        answer = await limiter(line, BOT, to(99))  # a person waits it out
        return [type(each[0]) for each in told], answer, now() - started

    told, answer, waited = hurry(work())
    assert told == [TelegramRetryAfter, TelegramRetryAfter, Halted, Halted]
    assert answer == "sent"
    assert 40 <= waited < 41
    assert [chat for _, chat in line.calls] == [1, 2, 3, 99], "nobody was called during the halt"


def test_refusals_with_a_success_between_are_about_their_chats():
    line = Line(wait(40, 1), wait(40, 2), None, wait(40, 4), wait(40, 5))

    async def work():
        limiter = OutgoingLimiter()
        for chat in range(1, 6):
            await asyncio.gather(mail(limiter, line, to(chat)), return_exceptions=True)
        return await mail(limiter, line, to(6))

    assert hurry(work()) == "sent"


def test_a_call_that_queued_while_its_chat_was_closed_waits_too():
    """The fourth waits for its turn in the bucket when the first is told to wait."""

    class Slow(Line):
        async def __call__(self, bot, method):
            self.calls.append((now(), method.chat_id))
            refusal = self.refusals.pop(0) if self.refusals else None
            await asyncio.sleep(0.5)
            if refusal is not None:
                raise refusal

    line = Slow(wait(30))

    async def work():
        limiter = OutgoingLimiter()
        await asyncio.gather(*(limiter(line, BOT, to(7)) for _ in range(5)))

    hurry(work())
    assert len(line.calls) == 6
    assert [at for at in line.times() if 0.2 < at < 30] == []


def test_answers_to_people_go_between_the_mail():
    """Four hands send digests without end; somebody who taps is answered within a quarter of a second."""
    line = Line()

    async def work():
        limiter = OutgoingLimiter()

        async def hand(number):
            for each in range(100):
                await mail(limiter, line, to(1000 * number + each))

        async def person():
            waits = []
            for _ in range(20):
                await asyncio.sleep(0.5)
                started = now()
                await limiter(line, BOT, AnswerCallbackQuery(callback_query_id="1"))
                waits.append(now() - started)
            return waits

        *_, waits = await asyncio.gather(*map(hand, range(1, 5)), person())
        return waits

    assert max(hurry(work())) <= 0.25


def test_a_hundred_thousand_chats_leave_no_trace():
    async def work():
        limiter = OutgoingLimiter()
        for chat in range(1, 2 * CHATS_KEPT):
            limiter._bucket(chat)
            limiter._obey(chat, 1)
            limiter._refused.clear()
            if chat % 1000 == 0:
                await asyncio.sleep(2)
        return len(limiter._chats), len(limiter._closed)

    chats, closed = hurry(work())
    assert chats <= CHATS_KEPT
    assert closed <= CHATS_KEPT


@pytest.mark.parametrize(
    "refusal",
    [
        TelegramForbiddenError(method=to(7), message="Forbidden: bot was blocked by the user"),
        TelegramForbiddenError(method=to(7), message="Forbidden: user is deactivated"),
        TelegramBadRequest(method=to(7), message="Bad Request: chat not found"),
    ],
)
def test_whoever_cannot_be_reached_is_marked_and_the_caller_hears_of_it(refusal):
    marked = []

    async def on_blocked(telegram_id):
        marked.append(telegram_id)

    _, sent = send_all([to(7)], refusal, on_blocked=on_blocked)
    assert marked == [7]
    assert sent == [refusal]


def test_a_fault_of_ours_marks_nobody():
    marked = []

    async def on_blocked(telegram_id):
        marked.append(telegram_id)

    refusal = TelegramBadRequest(method=to(7), message="Bad Request: message text is empty")
    _, sent = send_all([to(7)], refusal, on_blocked=on_blocked)
    assert marked == []
    assert sent == [refusal]
