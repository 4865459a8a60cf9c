"""The chat in a terminal: the same dispatcher, handlers and screens as in Telegram.

Telegram is replaced at the one place where the bot talks to it, its session. What is sent is drawn
with rich, buttons get numbers, and a number typed is a tap.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, cast

from aiogram import Bot, Dispatcher
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.base import BaseSession
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramBadRequest
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMessage,
    EditMessageText,
    SendChatAction,
    SendDocument,
    SendMessage,
    SetMyCommands,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType
from aiogram.types import CallbackQuery, Chat, InlineKeyboardMarkup, Message, Update, User
from rich.box import ROUNDED
from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from app.bot.background import Running

WIDTH = 76
BOT_NAME = "Ambar"
NOT_A_TOKEN = "1:terminal"
"""aiogram wants a bot to have one; nothing is ever sent anywhere."""
LEAVE = frozenset({"", "выход", "exit", "quit"})
STYLES = {"b": "bold", "code": "cyan", "pre": "", "i": "italic"}
FOLLOW_PATIENCE = 120.0
"""Seconds a running job's message is redrawn before the prompt comes back."""


@dataclass(slots=True)
class Shown:
    """A message of the bot's as it stands now."""

    message_id: int
    html: str
    keyboard: InlineKeyboardMarkup | None


class TerminalSession(BaseSession):
    """Answers the bot's calls on the spot, as Telegram would, and tells ``draw`` what there is to see."""

    def __init__(self, chat: Chat, draw: Callable[[Shown], None], note: Callable[[str], None]) -> None:
        super().__init__()
        self._chat = chat
        self._draw = draw
        self._note = note
        self._shown: dict[int, Shown] = {}
        self._next_id = 1

    def take_id(self) -> int:
        """The next message's number; both sides of the chat share them."""
        self._next_id += 1
        return self._next_id

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ARG002 - aiogram's signature
    ) -> TelegramType:
        return cast(TelegramType, self._answer(bot, method))

    def _answer(self, bot: Bot, method: TelegramMethod[Any]) -> Any:
        if isinstance(method, SendMessage):
            shown = Shown(self.take_id(), method.text, _inline(method.reply_markup))
            return self._put(bot, shown)
        if isinstance(method, EditMessageText):
            return self._put(bot, self._edited(method))
        if isinstance(method, AnswerCallbackQuery):
            if method.text:
                self._note(method.text)
            return True
        if isinstance(method, DeleteMessage):
            self._note("(сообщение удалено)")
            return True
        if isinstance(method, SendDocument):
            name = getattr(method.document, "filename", None) or "файл"
            self._note(f"(файл {name}: получить его можно в Telegram)")
            return self.as_message(Shown(self.take_id(), "", None), bot)
        if isinstance(method, SetMyCommands | SendChatAction):
            return True
        raise TelegramBadRequest(method=method, message=f"{type(method).__name__} is not for a terminal")

    def _edited(self, method: EditMessageText) -> Shown:
        before = self._shown.get(method.message_id or 0)
        if before is None:
            raise TelegramBadRequest(method=method, message="Bad Request: message to edit not found")
        after = Shown(before.message_id, method.text or "", method.reply_markup)
        if after == before:
            raise TelegramBadRequest(method=method, message="Bad Request: message is not modified")
        return after

    def _put(self, bot: Bot, shown: Shown) -> Message:
        self._shown[shown.message_id] = shown
        self._draw(shown)
        return self.as_message(shown, bot)

    def as_message(self, shown: Shown, bot: Bot) -> Message:
        """The bot's message as an update would carry it."""
        return Message(
            message_id=shown.message_id,
            date=datetime.now(UTC),
            chat=self._chat,
            from_user=User(id=bot.id, is_bot=True, first_name=BOT_NAME),
            text=styled(shown.html).plain,
            reply_markup=shown.keyboard,
        ).as_(bot)

    async def close(self) -> None:
        """Nothing was opened."""

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        """A terminal has no files."""
        nothing: tuple[bytes, ...] = ()
        for chunk in nothing:
            yield chunk


@dataclass(slots=True, kw_only=True)
class Terminal:
    """A chat with one person. ``say`` and ``tap`` return when everything is drawn."""

    dispatcher: Dispatcher
    running: Running
    telegram_id: int
    name: str
    console: Console = field(default_factory=Console)
    _buttons: list[tuple[str, str]] = field(default_factory=list)
    _anchor: Shown | None = None
    _session: TerminalSession = field(init=False)
    _bot: Bot = field(init=False)
    _updates: int = field(default_factory=lambda: secrets.randbits(40))

    def __post_init__(self) -> None:
        chat = Chat(id=self.telegram_id, type="private", first_name=self.name)
        self._session = TerminalSession(chat, self._draw, self._note)
        self._bot = Bot(
            NOT_A_TOKEN, session=self._session, default=DefaultBotProperties(parse_mode=ParseMode.HTML)
        )

    def converse(self, says: tuple[str, ...] = ()) -> None:
        """The whole talk. With ``says`` those only, echoed; else from the keyboard until «выход»."""
        with asyncio.Runner() as runner:
            for said in says:
                self.console.print(Text(f"вы> {said}", style="bold green"))
                runner.run(self.hear(said))
            if not says:
                self._listen(runner)
            runner.run(self.running.stop(5))

    def _listen(self, runner: asyncio.Runner) -> None:
        self.console.print(
            Text("Пишите команды или номер кнопки; /help — что можно спросить, пустая строка — выход.", "dim")
        )
        while True:
            try:
                said = self.console.input("[bold green]вы> [/]").strip()
                if said.lower() in LEAVE:
                    return
                runner.run(self.hear(said))
            except (EOFError, KeyboardInterrupt):
                self.console.print()
                return

    async def hear(self, said: str) -> None:
        """A line from the keyboard: the number of a button on the screen, or words."""
        if said.isdecimal() and 1 <= int(said) <= len(self._buttons):
            await self.tap(int(said))
        else:
            await self.say(said)

    async def say(self, text: str) -> None:
        """Send a message."""
        await self._feed(
            message=Message(
                message_id=self._session.take_id(),
                date=datetime.now(UTC),
                chat=Chat(id=self.telegram_id, type="private", first_name=self.name),
                from_user=self._user(),
                text=text,
            )
        )

    async def tap(self, number: int) -> None:
        """Press a button by its number on the screen, from 1."""
        _, data = self._buttons[number - 1]
        assert self._anchor is not None, "there is a button, so there is its message"
        await self._feed(
            callback_query=CallbackQuery(
                id=str(self._updates + 1),
                from_user=self._user(),
                chat_instance="terminal",
                message=self._session.as_message(self._anchor, self._bot),
                data=data,
            )
        )

    async def _feed(self, **event: Any) -> None:
        self._updates += 1
        await self.dispatcher.feed_update(self._bot, Update(update_id=self._updates, **event))
        try:
            await asyncio.wait_for(self.running.idle(), FOLLOW_PATIENCE)
        except TimeoutError:
            self._note("Работа ещё идёт: нажмите «Обновить».")

    def _user(self) -> User:
        return User(id=self.telegram_id, is_bot=False, first_name=self.name)

    def _draw(self, shown: Shown) -> None:
        """A message in a frame, its buttons below with their numbers."""
        rows = shown.keyboard.inline_keyboard if shown.keyboard else []
        parts: list[Text] = [styled(shown.html)]
        if rows:
            self._anchor, self._buttons = shown, []
            parts.append(Text())
        for row in rows:
            drawn = Text()
            for button in row:
                self._buttons.append((button.text, button.callback_data or ""))
                drawn.append(f" {len(self._buttons)} ", "bold black on cyan")
                drawn.append(f" {button.text}   ", "cyan")
            parts.append(drawn)
        self.console.print(
            Panel(Group(*parts), box=ROUNDED, width=min(WIDTH, self.console.width), border_style="dim",
                  title=BOT_NAME, title_align="left", padding=(0, 1))
        )  # fmt: skip

    def _note(self, text: str) -> None:
        self.console.print(Text(text, "yellow"))


def _inline(markup: object) -> InlineKeyboardMarkup | None:
    return markup if isinstance(markup, InlineKeyboardMarkup) else None


class _Styler(HTMLParser):
    """Telegram's few tags → rich styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = Text()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._open.append(STYLES.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data, " ".join(style for style in self._open if style))


def styled(html: str) -> Text:
    """A message's HTML as rich text; ``.plain`` is what a reader sees."""
    styler = _Styler()
    styler.feed(html)
    styler.close()
    return styler.text
