"""Unmodified aiogram against the server: polling, webhook, and who may listen."""

import asyncio
import contextlib

import aiohttp
import pytest
from aiogram import Dispatcher
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiogram.filters import Command
from aiogram.methods import SendMessage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web


def a_bot_with_one_button() -> Dispatcher:
    dispatcher = Dispatcher()

    @dispatcher.message(Command("start"))
    async def start(message: Message) -> SendMessage:
        keys = [[InlineKeyboardButton(text="Дальше", callback_data="on")]]
        # Returned, not called: aiogram makes the call itself, or answers the webhook with it.
        return message.answer("Здравствуйте", reply_markup=InlineKeyboardMarkup(inline_keyboard=keys))

    @dispatcher.callback_query()
    async def on(query: CallbackQuery) -> None:
        await query.answer()
        await asyncio.sleep(0.01)
        await query.message.edit_text("Дальше некуда")

    return dispatcher


@contextlib.asynccontextmanager
async def polling(bot):
    dispatcher = a_bot_with_one_button()
    task = asyncio.create_task(
        dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False, polling_timeout=20)
    )
    try:
        yield
    finally:
        await dispatcher.stop_polling()
        await task


async def test_a_polling_bot_answers_and_edits(api, bot):
    anna = api.person("Анна")
    async with polling(bot):
        await anna.says("/start")
        anna.sees("Здравствуйте", "[Дальше]")
        await anna.taps("Дальше")
        assert anna.screen == "Дальше некуда"


async def test_updates_wait_for_a_bot_that_is_down_and_come_once(api, bot):
    anna = api.person("Анна")
    waiting = asyncio.create_task(anna.says("/start"))
    await asyncio.sleep(0.02)
    async with polling(bot):
        await waiting
    assert [message.content.text for message in anna.chat.messages] == ["/start", "Здравствуйте"]
    assert await bot.get_updates() == []


async def test_an_unconfirmed_update_comes_again_and_the_offset_confirms_it(api, bot):
    anna = api.person("Анна")
    waiting = asyncio.create_task(anna.says("a"))
    (first,) = await bot.get_updates(timeout=5)
    (again,) = await bot.get_updates()
    assert first.update_id == again.update_id
    assert await bot.get_updates(offset=first.update_id + 1) == []
    await waiting


async def test_a_second_poller_ends_the_first(api, bot):
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.05)
    with api.expecting("terminated by other getUpdates request"):
        await bot.get_updates()
        with pytest.raises(TelegramConflictError):
            await first


async def test_a_poller_that_hangs_up_frees_its_place(api, bot):
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.05)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await asyncio.sleep(0.05)
    assert await bot.get_updates() == []


async def test_an_update_nobody_asked_for_fails_the_test_at_once(api, bot):
    await bot.get_updates(allowed_updates=["callback_query"])
    with pytest.raises(AssertionError, match="does not ask for updates of the kind 'message'"):
        await api.person("Анна").says("/start")
    with api.expecting("unknown update"), pytest.raises(TelegramBadRequest):
        await bot.get_updates(allowed_updates=["mesage"])


@pytest.mark.parametrize("in_background", [True, False], ids=["apart", "in_the_answer"])
async def test_a_webhook_bot_answers_with_the_secret_only(api, bot, in_background):
    app = web.Application()
    SimpleRequestHandler(
        a_bot_with_one_button(), bot, handle_in_background=in_background, secret_token="s3cret"
    ).register(app, "/hook")
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    anna = api.person("Анна")
    try:
        async with aiohttp.ClientSession() as http:
            assert (await http.post(url, json={"update_id": 1})).status == 401
        await bot.set_webhook(url, secret_token="s3cret")
        assert (await bot.get_webhook_info()).url == url
        with api.expecting("while webhook is active"), pytest.raises(TelegramConflictError):
            await bot.get_updates()
        await anna.says("/start")
        anna.sees("Здравствуйте", "[Дальше]")
        await anna.taps("Дальше")
        anna.sees("Дальше некуда")
        await bot.set_webhook(url, secret_token="another")
        with api.expecting("webhook: 401"):
            await anna.says("/start")
        await bot.delete_webhook()
        assert await bot.get_updates() == []
    finally:
        await runner.cleanup()


async def test_a_webhook_wants_https_away_from_home(api, bot):
    with api.expecting("An HTTPS URL must be provided"), pytest.raises(TelegramBadRequest):
        await bot.set_webhook("http://ambar.example/hook")


async def test_the_bot_knows_itself_and_its_profile(api, bot):
    assert (await bot.get_me()).username == "ambar_test_bot"
    await bot.set_my_short_description("Учёт продавца")
    await bot.set_chat_menu_button()
    with api.expecting("0-120 characters"), pytest.raises(TelegramBadRequest):
        await bot.set_my_short_description("a" * 121)
    anna = api.person("Анна", started=True)
    assert (await bot.get_chat(anna.id)).first_name == "Анна"
    sent = await bot.send_message(anna.id, "a")
    await bot.pin_chat_message(anna.id, sent.message_id)
    assert anna.chat.messages[0].pinned
    copy = await bot.copy_message(anna.id, anna.id, sent.message_id)
    assert copy.message_id == 2
