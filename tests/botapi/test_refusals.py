"""Each strict rule refuses, in Telegram's words, and what is just within it passes."""

import json
from datetime import timedelta

import aiohttp
import pytest
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputRichMessage,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyParameters,
)

HTML = ParseMode.HTML
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


def keyboard(*rows):
    return InlineKeyboardMarkup(inline_keyboard=[list(row) for row in rows])


def key(text="Ещё", data="more", **rest):
    return InlineKeyboardButton(text=text, callback_data=data, **rest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 4097, "message is too long"),
        ("🟣" * 2049, "message is too long"),
        ("", "message text is empty"),
        ("<b> </b>", "message text is empty"),
        ("a < b", "can't parse entities: Unsupported start tag"),
        ("<b>" + "a" * 33000 + "</b>", "Text is too long"),
    ],
)
async def test_a_text_that_telegram_refuses_is_refused(api, bot, anna, text, words):
    with api.expecting(words), pytest.raises(TelegramBadRequest, match=words):
        await bot.send_message(anna.id, text, parse_mode=HTML)
    anna.does_not_see("a")


async def test_4096_visible_characters_pass_however_long_their_tags(bot, anna):
    text = "".join(f"<b>{letter}</b>" for letter in "аб" * 1024) + "🟣" * 1024
    await bot.send_message(anna.id, text, parse_mode=HTML)
    anna.sees("абаб")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (keyboard([key(data="d" * 65)]), "BUTTON_DATA_INVALID"),
        (keyboard([key(data="д" * 33)]), "BUTTON_DATA_INVALID"),
        (keyboard([key(data=None)]), "Text buttons are unallowed in the inline keyboard"),
        (keyboard([key(url="https://a.ru")]), "more than one of: url, callback_data"),
        (keyboard([key(data=None, url="a.ru")]), "Wrong HTTP URL"),
        (keyboard([key(text=" ")]), "text of the button is empty"),
        (keyboard([key(style="pink")]), "must be one of danger, primary, success"),
        (keyboard([key(data=None, copy_text=CopyTextButton(text="x" * 257))]), "1-256 characters"),
        (keyboard([key()] * 9), "a row of 9 inline buttons"),
        (keyboard(*[[key()]] * 101), "reply markup is too long"),
        (
            ReplyKeyboardMarkup(
                keyboard=[[KeyboardButton(text="a", request_contact=True, request_location=True)]]
            ),
            "more than one of",
        ),
        (ReplyKeyboardMarkup(keyboard=[], input_field_placeholder="x" * 65), "1-64 characters"),
    ],
)
async def test_a_keyboard_that_telegram_refuses_is_refused(api, bot, anna, markup, words):
    with api.expecting(words), pytest.raises(TelegramBadRequest, match=words):
        await bot.send_message(anna.id, "a", reply_markup=markup)


async def test_64_bytes_of_callback_data_pass(bot, anna):
    await bot.send_message(anna.id, "a", reply_markup=keyboard([key(data="д" * 32)], [key()] * 8))
    anna.sees("[Ещё]")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"chat_id": "{anna}", "text": "a", "colour": "red"}, 'unknown parameter "colour"'),
        ({"chat_id": "{anna}", "text": "a", "disable_notification": "maybe"}, "must be of type Boolean"),
        ({"text": "a"}, "chat_id is empty"),
        ({"chat_id": "{anna}", "text": "a", "reply_markup": "{"}, "can't parse reply_markup JSON object"),
        (
            {"chat_id": "{anna}", "text": "a", "reply_markup": '{"inline_keyboard": [5]}'},
            "must be of type Array",
        ),
        ({"chat_id": "{anna}", "text": "a", "reply_markup": '{"keybord": []}'}, "unknown field"),
        ({"chat_id": "{anna}", "text": "a", "link_preview_options": '{"is_disabled": 1}'}, "type Boolean"),
        ({"chat_id": "{anna}", "text": "a", "entities": '[{"type": "bold"}]'}, "is required"),
        (
            {"chat_id": "{anna}", "text": "a", "entities": '[{"type":"huge","offset":0,"length":1}]'},
            "must be one",
        ),
        (
            {"chat_id": "{anna}", "text": "a", "entities": '[{"type":"bold","offset":0,"length":9}]'},
            "ENTITY_BOUNDS_INVALID",
        ),
    ],
)
async def test_a_call_that_the_documentation_does_not_know_is_refused(api, anna, call, words):
    form = {name: value.replace("{anna}", str(anna.id)) for name, value in call.items()}
    async with aiohttp.ClientSession() as http:
        with api.expecting(words):
            answer = await http.post(f"{api.url}/bot{api.token}/sendMessage", data=form)
            body = json.loads(await answer.text())
    assert (answer.status, body["ok"], body["error_code"]) == (400, False, 400)
    assert words in body["description"]


async def test_an_unknown_method_and_a_wrong_token_are_refused(api):
    async with aiohttp.ClientSession() as http:
        with api.expecting("404"):
            assert (await http.get(f"{api.url}/bot{api.token}/sendMassage")).status == 404
        with api.expecting("401"):
            assert (await http.get(f"{api.url}/bot1:x/getMe")).status == 401


async def test_captions_and_files_have_their_limits(api, bot, anna):
    with api.expecting("message caption is too long"), pytest.raises(TelegramBadRequest):
        await bot.send_photo(anna.id, BufferedInputFile(PNG, "a.png"), caption="a" * 1025)
    with api.expecting("IMAGE_PROCESS_FAILED"), pytest.raises(TelegramBadRequest):
        await bot.send_photo(anna.id, BufferedInputFile(b"%PDF", "a.png"))
    with api.expecting("file must be non-empty"), pytest.raises(TelegramBadRequest):
        await bot.send_document(anna.id, BufferedInputFile(b"", "a.csv"))
    with api.expecting("Too Large"), pytest.raises(TelegramEntityTooLarge):
        await bot.send_photo(anna.id, BufferedInputFile(PNG + b"0" * (10 << 20), "a.png"))
    with api.expecting("wrong file identifier"), pytest.raises(TelegramBadRequest):
        await bot.send_photo(anna.id, "no-such-file")
    await bot.send_photo(
        anna.id, BufferedInputFile(PNG, "a.png"), caption="<b>" + "я" * 1024 + "</b>", parse_mode=HTML
    )
    anna.sees("[photo]", "яяя")


async def test_a_bot_cannot_write_first_nor_to_nobody_nor_to_who_blocked_it(api, bot, anna):
    with api.expecting("chat not found"), pytest.raises(TelegramBadRequest):
        await bot.send_message(12345, "a")
    stranger = api.person("Борис")
    with api.expecting("can't initiate conversation"), pytest.raises(TelegramForbiddenError):
        await bot.send_message(stranger.id, "a")
    api.mailbox.allowed = ["message"]
    await anna.blocks_bot()
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(anna.id, "a")  # news to the bot: no violation
    with api.expecting("403"), pytest.raises(TelegramForbiddenError):
        await bot.send_message(anna.id, "a")


async def test_editing_knows_what_there_is_to_edit(api, bot, anna):
    sent = await bot.send_message(anna.id, "a", reply_markup=keyboard([key()]))
    with api.expecting("message is not modified: specified new"), pytest.raises(TelegramBadRequest):
        await bot.edit_message_text("<i></i>a", chat_id=anna.id, message_id=sent.message_id, parse_mode=HTML,
                                    reply_markup=keyboard([key()]))  # fmt: skip
    await bot.edit_message_text("a", chat_id=anna.id, message_id=sent.message_id)
    anna.does_not_see("[Ещё]")
    with api.expecting("message is not modified"), pytest.raises(TelegramBadRequest):
        await bot.edit_message_reply_markup(chat_id=anna.id, message_id=sent.message_id)
    with api.expecting("message to edit not found"), pytest.raises(TelegramBadRequest):
        await bot.edit_message_text("b", chat_id=anna.id, message_id=999)
    picture = await bot.send_photo(anna.id, BufferedInputFile(PNG, "a.png"))
    with api.expecting("there is no text in the message to edit"), pytest.raises(TelegramBadRequest):
        await bot.edit_message_text("b", chat_id=anna.id, message_id=picture.message_id)
    with api.expecting("there is no caption"), pytest.raises(TelegramBadRequest):
        await bot.edit_message_caption(chat_id=anna.id, message_id=sent.message_id, caption="b")


async def test_deleting_ends_after_48_hours(api, bot, anna):
    young, old = [await bot.send_message(anna.id, text) for text in ("young", "old")]
    assert await bot.delete_message(anna.id, young.message_id)
    with api.expecting("message to delete not found"), pytest.raises(TelegramBadRequest):
        await bot.delete_message(anna.id, young.message_id)
    api.clock.advance(timedelta(hours=48, seconds=1))
    with api.expecting("message can't be deleted"), pytest.raises(TelegramBadRequest):
        await bot.delete_message(anna.id, old.message_id)
    with api.expecting("message to be replied not found"), pytest.raises(TelegramBadRequest):
        await bot.send_message(anna.id, "a", reply_parameters=ReplyParameters(message_id=young.message_id))


async def test_a_hundred_commands_pass_and_no_more(api, bot):
    hundred = [BotCommand(command=f"c{n}", description="d") for n in range(100)]
    await bot.set_my_commands(hundred)
    assert len(await bot.get_my_commands()) == 100
    with api.expecting("0-100 items, has 101"), pytest.raises(TelegramBadRequest):
        await bot.set_my_commands([*hundred, BotCommand(command="c100", description="d")])
    for command, description in (("Pnl", "d"), ("c" * 33, "d"), ("pnl", "d" * 257)):
        with api.expecting("commands[0]"), pytest.raises(TelegramBadRequest):
            await bot.set_my_commands([BotCommand(command=command, description=description)])


async def test_chat_actions_are_a_closed_list(api, bot, anna):
    await bot.send_chat_action(anna.id, "typing")
    with api.expecting("must be one of"), pytest.raises(TelegramBadRequest):
        await bot.send_chat_action(anna.id, "thinking")


async def test_a_fault_on_order_is_not_the_bots(api, bot, anna):
    api.fail("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    with pytest.raises(TelegramRetryAfter) as told:
        await bot.send_message(anna.id, "a")
    assert told.value.retry_after == 7
    api.fail("sendRichMessage", 500, "Internal Server Error")
    with pytest.raises(TelegramServerError):
        await bot.send_rich_message(anna.id, InputRichMessage(html="<p>a</p>"))
    await bot.send_message(anna.id, "b")
    anna.sees("b")
