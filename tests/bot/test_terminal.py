"""The terminal: drawn answers, numbered buttons, edits in place, one dispatcher."""

import io

from aiogram import Dispatcher, F
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)
from rich.console import Console

from app.bot.background import Running
from app.bot.terminal import Terminal, styled


def keys(*labels):
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=label, callback_data=label) for label in labels]]
    )


def shop() -> Dispatcher:
    """A bot that counts: one message, two buttons, edited in place."""
    dispatcher = Dispatcher()

    async def hello(message: Message) -> None:
        await message.answer(f"<b>Вы сказали</b> {message.html_text}", reply_markup=keys("Ещё", "Хватит"))

    async def more(tap: CallbackQuery) -> None:
        assert isinstance(tap.message, Message)
        await tap.message.edit_text("<pre>ещё   1 ₽</pre>", reply_markup=keys("Хватит"))
        await tap.answer()

    async def enough(tap: CallbackQuery) -> None:
        assert isinstance(tap.message, Message)
        await tap.message.delete()
        await tap.answer("Довольно!", show_alert=True)

    async def paper(message: Message) -> None:
        await message.answer_document(BufferedInputFile(b"x", "prihod.csv"))

    dispatcher.message.register(paper, F.text == "файл")
    dispatcher.message.register(hello)
    dispatcher.callback_query.register(more, F.data == "Ещё")
    dispatcher.callback_query.register(enough, F.data == "Хватит")
    return dispatcher


def talk(*said: str) -> str:
    out = io.StringIO()
    console = Console(file=out, width=60)
    terminal = Terminal(dispatcher=shop(), running=Running(), telegram_id=1, name="Вы", console=console)
    terminal.converse(said)
    return out.getvalue()


def test_an_answer_is_drawn_with_its_markup_read_and_its_buttons_numbered():
    drawn = talk("a & <b>")
    assert "вы> a & <b>" in drawn
    assert "Вы сказали a & <b>" in drawn
    assert "1  Ещё" in drawn
    assert "2  Хватит" in drawn


def test_a_number_presses_the_button_of_the_message_drawn_last():
    drawn = talk("привет", "1", "1")
    assert "ещё   1 ₽" in drawn
    assert "Довольно!" in drawn
    assert "(сообщение удалено)" in drawn


def test_a_file_is_named_where_it_cannot_be_had():
    assert "(файл prihod.csv: получить его можно в Telegram)" in " ".join(talk("файл").split())


def test_a_number_without_such_a_button_is_words():
    assert "Вы сказали 77" in talk("77")


def test_a_talk_from_the_keyboard_ends_with_an_empty_line(monkeypatch):
    lines = iter(["привет", ""])
    out = io.StringIO()
    console = Console(file=out, width=60)
    monkeypatch.setattr(console, "input", lambda _: next(lines))
    Terminal(dispatcher=shop(), running=Running(), telegram_id=1, name="Вы", console=console).converse()
    assert "Вы сказали привет" in out.getvalue()


def test_ctrl_d_ends_it_too(monkeypatch):
    def closed(_):
        raise EOFError

    console = Console(file=io.StringIO(), width=60)
    monkeypatch.setattr(console, "input", closed)
    Terminal(dispatcher=shop(), running=Running(), telegram_id=1, name="Вы", console=console).converse()


def test_styles_follow_the_tags():
    text = styled("<b>a</b> &lt;b&gt; <code>c</code>")
    assert text.plain == "a <b> c"
    assert [str(span.style) for span in text.spans] == ["bold", "cyan"]
