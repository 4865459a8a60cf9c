"""Flood control on the virtual clock, and what virtual time costs in real time."""

import asyncio
import time
from datetime import timedelta

import aiohttp
import pytest
from aiogram.exceptions import TelegramNetworkError, TelegramRetryAfter

from tests.botapi import BotApi, Violations, VirtualClock
from tests.botapi.flood import Flood
from tests.botapi.violations import Refused
from tests.botapi.weather import HungUp, Weather


async def test_the_fourth_message_of_a_burst_is_told_to_wait_a_second(api, bot, anna):
    for number in range(3):
        await bot.send_message(anna.id, f"{number}")
    with api.expecting("429 Too Many Requests: retry after 1"), pytest.raises(TelegramRetryAfter) as told:
        await bot.send_message(anna.id, "3")
    assert told.value.retry_after == 1
    api.clock.advance(1)
    await bot.send_message(anna.id, "3")
    with api.expecting("429"), pytest.raises(TelegramRetryAfter):
        await bot.send_message(anna.id, "4")


async def test_a_call_before_retry_after_has_run_out_is_a_violation():
    with pytest.raises(Violations, match=r"was called 2\.0 s before its retry_after ran out"):  # noqa: PT012
        async with BotApi() as api, api.bot() as bot:
            anna = api.person("Анна", started=True)
            with pytest.raises(Refused):
                raise api.world.flood.ask_for_peace(anna.id, 5, forgiven=True)
            api.clock.advance(3)
            with pytest.raises(TelegramRetryAfter) as told:
                await bot.send_message(anna.id, "рано")
            assert told.value.retry_after == 2
            api.clock.advance(2)
            await bot.send_message(anna.id, "пора")


async def test_a_line_that_goes_dead_after_the_message_was_taken():
    class Dead(Weather):
        async def after(self, world, method, params):
            raise HungUp

    async with BotApi(weather=Dead()) as api, api.bot() as bot:
        anna = api.person("Анна", started=True)
        with pytest.raises(TelegramNetworkError):
            await bot.send_message(anna.id, "дошло ли?")
        assert len(anna.chat.messages) == 1


async def test_retry_after_is_a_header_too(api, anna):
    api.fail("sendMessage", 429, "Too Many Requests: retry after 9", retry_after=9)
    async with aiohttp.ClientSession() as http:
        url = f"{api.url}/bot{api.token}/SENDmessage"  # the case of a method does not matter
        first = await http.get(url, params={"chat_id": anna.id, "text": "a"})
        second = await http.post(url, json={"chat_id": anna.id, "text": "a"})
        assert (first.status, first.headers["Retry-After"]) == (429, "9")
        assert (await second.json())["result"]["text"] == "a"


def test_one_a_second_to_a_chat_is_let_through_for_ever():
    clock = VirtualClock()
    flood = Flood(clock)
    for _ in range(1000):
        flood.pass_or_refuse(1)
        clock.advance(1)


def passed_before_a_refusal(flood: Flood, chats) -> int:
    passed = 0
    with pytest.raises(Refused, match="retry after 1"):  # noqa: PT012
        for chat in chats:
            flood.pass_or_refuse(chat)
            passed += 1
    return passed


def test_thirty_a_second_in_all_and_no_more():
    clock = VirtualClock()
    flood = Flood(clock)
    assert passed_before_a_refusal(flood, range(1, 100)) == 30
    clock.advance(1)
    assert passed_before_a_refusal(flood, range(200, 300)) == 30


def test_a_group_hears_twenty_a_minute():
    clock = VirtualClock()
    flood = Flood(clock)
    for _ in range(20):
        flood.pass_or_refuse(-5)
        clock.advance(2)
    with pytest.raises(Refused) as refused:
        flood.pass_or_refuse(-5)
    assert refused.value.retry_after == 20  # the first was 40 seconds ago
    clock.advance(20)
    flood.pass_or_refuse(-5)


async def test_sleepers_wake_in_the_order_of_their_time():
    clock = VirtualClock()
    begun, woken = clock.now(), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, (clock.now() - begun).total_seconds()))

    await asyncio.gather(*map(sleeper, (3600, 5, 60)))
    assert woken == [(5, 5), (60, 60), (3600, 3600)]
    await clock.close()


async def test_time_stands_while_somebody_is_busy():
    clock = VirtualClock()
    begun, working = clock.now(), True
    clock.busy = lambda: working
    sleeper = asyncio.create_task(clock.sleep(60))
    await asyncio.sleep(0.05)
    assert clock.now() == begun
    working = False
    await sleeper
    assert clock.now() - begun == timedelta(seconds=60)
    await clock.close()


async def test_a_speaker_and_a_sleeper_share_one_time(api, bot, anna):
    async def speaks() -> None:
        for number in range(5):
            await bot.send_message(anna.id, f"{number}")
            await api.clock.sleep(1)

    begun = api.clock.now()
    await asyncio.gather(speaks(), api.clock.sleep(2))
    assert api.clock.now() - begun == timedelta(seconds=5)
    assert len(anna.chat.messages) == 5


async def test_a_thousand_deliveries_at_25_a_second_take_40_virtual_seconds(api, bot):
    people = [api.person(f"№{number}", started=True) for number in range(1000)]
    begun, real = api.clock.now(), time.monotonic()
    for person in people:
        await bot.send_message(person.id, "Сводка")
        await api.clock.sleep(1 / 25)
    assert (api.clock.now() - begun).total_seconds() == pytest.approx(40, abs=0.1)
    assert time.monotonic() - real < 20


def test_a_flowing_clock_follows_the_machine():
    clock = VirtualClock(flows=True)
    begun = clock.now()
    time.sleep(0.02)
    assert timedelta(seconds=0.02) <= clock.now() - begun < timedelta(seconds=5)
