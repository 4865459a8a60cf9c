"""The person in front of the bot: what can be said, tapped, sent and seen."""

import asyncio

import pytest
from aiogram import Dispatcher, F
from aiogram.filters import Command
from aiogram.types import (
    CallbackQuery,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputRichMessage,
    KeyboardButton,
    Message,
    ReplyKeyboardMarkup,
)

NBSP, THIN = "\u00a0", "\u2009"


def key(text, data):
    return InlineKeyboardButton(text=text, callback_data=data)


def a_small_bot() -> Dispatcher:
    dispatcher = Dispatcher()

    @dispatcher.message(Command("start"))
    async def start(message: Message) -> None:
        keys = [[KeyboardButton(text="Отчёт"), KeyboardButton(text="Помощь")]]
        await message.answer("Здравствуйте", reply_markup=ReplyKeyboardMarkup(keyboard=keys))

    @dispatcher.message(F.text.in_({"Отчёт", "/pnl"}))
    async def report(message: Message) -> None:
        days = [[key("7 дней", "d7"), key("30 дней", "d30")], [key(f"Ещё{NBSP}раз", "again")]]
        days[1].append(InlineKeyboardButton(text="Артикул", copy_text=CopyTextButton(text="KRS-42")))
        text = (
            f"<b>Выручка</b> за 7 дней: 2{THIN}000{NBSP}₽\n"
            f"Прибыль: −1{THIN}180,50{NBSP}₽\nПрибыль до налога: 5 ₽"
        )
        await message.answer(text, parse_mode="HTML", reply_markup=InlineKeyboardMarkup(inline_keyboard=days))

    @dispatcher.message(Command("connect"))
    async def connect(message: Message) -> None:
        await message.delete()
        await message.answer("Принято")

    @dispatcher.message(Command("rich"))
    async def rich(message: Message, bot) -> None:
        button = '<tg-button type="callback_data" data="d30">За месяц</tg-button>'
        html = f"<p>Богато</p><tg-button-row>{button}</tg-button-row>"
        await bot.send_rich_message(message.chat.id, InputRichMessage(html=html))

    @dispatcher.message(Command("later"))
    async def later(message: Message) -> None:
        async def answer() -> None:
            await asyncio.sleep(0.05)
            await message.answer("потом")
            running.clear()

        running.add(asyncio.create_task(answer()))

    @dispatcher.message(F.photo | F.document)
    async def file(message: Message, bot) -> None:
        found = message.document or message.photo[-1]
        content = await bot.download(found)
        name = message.document.file_name if message.document else "фото"
        await message.answer(f"{name}, {len(content.read())} байт, подпись {message.caption}")

    @dispatcher.callback_query(F.data == "d30")
    async def month(query: CallbackQuery) -> None:
        await query.answer("Считаю")
        await query.message.edit_text("Выручка за 30 дней: 9 000 ₽")

    @dispatcher.callback_query(F.data == "again")
    async def again(query: CallbackQuery) -> None:
        await query.answer()
        await query.message.answer(f"по нажатию {query.data}")

    @dispatcher.callback_query(F.data == "d7")
    async def silent(query: CallbackQuery) -> None:
        pass

    running = dispatcher["running"] = set()
    return dispatcher


@pytest.fixture
def anna(api, bot):
    dispatcher = a_small_bot()
    api.busy = lambda: bool(dispatcher["running"])
    return api.person("Анна", feed=lambda raw: dispatcher.feed_raw_update(bot, raw))


async def test_she_reads_the_answer_whatever_its_spaces(anna):
    await anna.says("/pnl")
    anna.sees("Выручка за 7 дней: 2 000 ₽", "[7 дней]")
    anna.does_not_see("Здравствуйте")
    anna.sees_rubles("Прибыль", "-1 180,5")
    anna.sees_rubles("Прибыль до налога", "5,00")
    anna.sees_rubles("Выручка", "2000")


async def test_what_she_does_not_see_is_told_with_the_screen(anna):
    await anna.says("/pnl")
    with pytest.raises(AssertionError, match=r"does not see \['Склад'\].*\n.*Выручка"):
        anna.sees("Выручка", "Склад")
    with pytest.raises(AssertionError, match="sees"):
        anna.does_not_see("Прибыль")
    with pytest.raises(AssertionError, match=r"should be 1180\.50, is -1180\.50"):
        anna.sees_rubles("Прибыль", "1 180,50")
    with pytest.raises(AssertionError, match="0 lines have 'Штраф'"):
        anna.sees_rubles("Штраф", "1")


async def test_a_tap_edits_the_message_and_shows_the_notice(anna):
    await anna.says("/pnl")
    await anna.taps("30")
    assert anna.screen == "Выручка за 30 дней: 9 000 ₽\n———\n(Считаю)"
    with pytest.raises(AssertionError, match="finds no button '7 дней'"):
        await anna.taps("7 дней")


async def test_taps_at_once_come_each_to_the_bot(anna):
    await anna.says("/pnl")
    await anna.taps("Ещё раз", times=2)
    assert anna.screen == "по нажатию again\n———\nпо нажатию again"


async def test_an_exact_label_wins_and_an_ambiguous_one_is_refused(anna):
    await anna.says("/pnl")
    with pytest.raises(AssertionError, match="fits several buttons"):
        await anna.taps("дней")
    with pytest.raises(AssertionError, match="not one that the bot hears of"):
        await anna.taps("Артикул")


async def test_a_tap_that_is_never_answered_is_a_violation(api, anna):
    await anna.says("/pnl")
    with api.expecting("goes on spinning"):
        await anna.taps("7 дней")


async def test_buttons_of_a_rich_body_and_of_the_reply_keyboard_can_be_tapped(anna):
    await anna.says("/rich")
    await anna.taps("За месяц")
    anna.sees("9 000 ₽")
    await anna.says("/start")
    await anna.taps("Отчёт")
    anna.sees("Прибыль")


async def test_her_secret_is_gone_and_the_transcript_tells_all(anna):
    await anna.says("/connect секрет")
    assert anna.deleted("/connect секрет")
    await anna.says("/start")
    assert not anna.deleted("/start")
    with pytest.raises(AssertionError, match="never wrote"):
        anna.deleted("что-то")
    assert anna.transcript.splitlines() == [
        "Анна: /connect секрет",
        "Бот (удалил): /connect секрет",
        "Бот: Принято",
        "Анна: /start",
        "Бот: Здравствуйте",
    ]


async def test_files_reach_the_bot_whole(anna):
    await anna.sends_document("цены.xlsx", b"12345", caption="за ноябрь")
    anna.sees("цены.xlsx, 5 байт, подпись за ноябрь")
    await anna.sends_photo(b"\xff\xd8\xff" + b"0" * 7)
    anna.sees("фото, 10 байт")


async def test_she_waits_for_what_the_bot_does_after_the_handler(anna):
    await anna.says("/later")
    anna.sees("потом")


async def test_a_bot_that_never_finishes_is_told_apart_from_a_slow_one(api, anna, monkeypatch):
    monkeypatch.setattr("tests.botapi.driver.PATIENCE", 0.1)
    api.busy = lambda: True
    with pytest.raises(AssertionError, match="still busy"):
        await anna.says("/start")


async def test_a_stale_or_twice_answered_tap_is_refused(api, bot, anna):
    from aiogram.exceptions import TelegramBadRequest

    await anna.says("/pnl")
    await anna.taps("30")
    tap = list(api.world.taps)[-1]
    with api.expecting("query is too old"), pytest.raises(TelegramBadRequest):
        await bot.answer_callback_query(tap)
    api.world.taps[tap].answered = False
    api.clock.advance(16)
    with api.expecting("query is too old"), pytest.raises(TelegramBadRequest):
        await bot.answer_callback_query(tap)


async def test_a_group_is_a_chat_of_several(api, bot):
    dispatcher = a_small_bot()
    group = api.group("Склад")
    boris = api.person("Борис", group=group, feed=lambda raw: dispatcher.feed_raw_update(bot, raw))
    await boris.says("/pnl")
    boris.sees("Прибыль")
    assert group.messages[0].chat_id < 0


async def test_who_has_blocked_the_bot_is_silent_until_unblocking(anna):
    await anna.says("/start")
    await anna.blocks_bot()
    with pytest.raises(AssertionError, match="has blocked the bot"):
        await anna.says("/start")
    await anna.unblocks_bot()
    await anna.says("/start")
    anna.sees("Здравствуйте")
