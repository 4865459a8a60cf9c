"""A person in Telegram: says, taps, sends files, and sees what is on the screen."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.botapi.chat import BOT, Callback, Chat, Message
from tests.botapi.mailbox import callback_json
from tests.botapi.markup import Formatted
from tests.botapi.scanner import units
from tests.botapi.screen import label_of, money_on_line, normal, render, row, rubles
from tests.botapi.violations import Refused

if TYPE_CHECKING:
    from tests.botapi.server import BotApi

Feed = Callable[[dict[str, Any]], Awaitable[Any]]

# A person reads before acting; three seconds also give the chat its burst of three messages back.
PACE = timedelta(seconds=3)
PATIENCE = 10.0


class Person:
    """One user in a private chat with the bot, or in a group. Every action waits until the bot is quiet.

    The screen is what the bot has sent or edited since this person's last action, or its newest message.
    Spaces of every kind count as ordinary ones.
    """

    def __init__(self, api: "BotApi", person_id: int, name: str, chat: Chat, feed: Feed | None) -> None:
        self.api = api
        self.id = person_id
        self.name = name
        self.chat = chat
        self._feed = feed
        self._mark = 0
        self._toasts: list[str] = []

    # ---- acting

    async def says(self, text: str) -> None:
        """Write a text or a command; the first one opens the chat, as pressing Start does."""
        await self._sends(Formatted(text, _commands(text)))

    async def sends_photo(self, content: bytes, caption: str = "") -> None:
        await self._sends(Formatted(caption), media="photo", file_ids=(self.api.world.keep_file(content),))

    async def sends_document(self, name: str, content: bytes, caption: str = "") -> None:
        file_id = self.api.world.keep_file(content)
        await self._sends(Formatted(caption), media="document", file_ids=(file_id,), file_name=name)

    async def taps(self, label: str, *, times: int = 1) -> None:
        """Tap a button; ``times`` taps at once are an impatient finger.

        From the newest message back: the button with exactly this text, else the only one that contains it;
        then the reply keyboard, whose button says its text.
        """
        found = self._button(normal(label))
        if found is None:
            keys = [label_of(key) for keys in self.chat.reply_keyboard for key in keys]
            said = next((key for key in keys if normal(key) == normal(label)), None)
            if said is None:
                raise AssertionError(f"{self.name} finds no button {label!r}; there are:\n{self._buttons()}")
            await self.says(said)
            return
        message, text, data = found
        if data is None:
            raise AssertionError(
                f"the button {text!r} is not one that the bot hears of (link, copy or disabled)"
            )
        self._begin(f"{self.name} нажимает [{text}]")
        taps = [self._tap(message) for _ in range(times)]
        about = self.api.world.json(self.chat, message)
        person = self.api.world.people[self.id]
        await self._deliver(*(("callback_query", callback_json(tap.id, person, about, data)) for tap in taps))
        self._toasts = [tap.answer for tap in taps if tap.answer]
        for tap in taps:
            if not tap.answered:
                words = f"never called for a tap on {text!r}: the button goes on spinning"
                self.api.ledger.add("answerCallbackQuery", Refused(408, words, ours=True))

    async def blocks_bot(self) -> None:
        """From now on the bot's calls end in 403; the first of them is news to the bot and no violation."""
        self._begin(f"{self.name} блокирует бота")
        self.chat.blocked, self.chat.knows_block = True, False
        await self._membership("member", "kicked")

    async def unblocks_bot(self) -> None:
        self._begin(f"{self.name} разблокирует бота")
        self.chat.blocked = False
        await self._membership("kicked", "member")

    # ---- seeing

    @property
    def screen(self) -> str:
        """The new messages of the bot, text and buttons, as a person would read them."""
        shown = [render(message) for message in self._visible()]
        return normal("\n———\n".join(shown + [f"({toast})" for toast in self._toasts]))

    @property
    def transcript(self) -> str:
        """The whole conversation, one step after another."""
        return "\n".join(self.chat.log)

    def sees(self, *texts: str) -> None:
        """Every text is somewhere on the screen."""
        screen = self.screen
        missing = [text for text in texts if normal(text) not in screen]
        if missing:
            raise AssertionError(
                f"{self.name} does not see {missing}; on the screen:\n{screen or '(nothing)'}"
            )

    def does_not_see(self, *texts: str) -> None:
        screen = self.screen
        there = [text for text in texts if normal(text) in screen]
        if there:
            raise AssertionError(f"{self.name} sees {there}; on the screen:\n{screen}")

    def sees_rubles(self, label: str, amount: str | Decimal) -> None:
        """The line with this label shows this money, of any minus, spaces and kopecks («1 180» = «1 180,00»).

        Which line and which figure: ``screen.money_on_line``.
        """
        expected = amount if isinstance(amount, Decimal) else rubles(amount)
        try:
            line, shown = money_on_line(self.screen, label)
        except AssertionError as error:
            raise AssertionError(f"{error}; on the screen:\n{self.screen or '(nothing)'}") from None
        if shown != expected:
            raise AssertionError(
                f"{label!r} should be {expected}, is {shown} in {line!r}; screen:\n{self.screen}"
            )

    def deleted(self, text: str) -> bool:
        """Whether the bot has deleted this person's message with exactly this text (all such)."""
        own = [m for m in self.chat.messages if m.sender == self.id and m.content.text == text]
        if not own:
            raise AssertionError(f"{self.name} never wrote {text!r}")
        return all(message.deleted for message in own)

    # ---- parts

    def _visible(self) -> list[Message]:
        of_bot = [m for m in self.chat.messages if m.of_bot and not m.deleted]
        new = [m for m in of_bot if m.changed > self._mark]
        return new or of_bot[-1:]

    def _button(self, label: str) -> tuple[Message, str, str | None] | None:
        for message in reversed(self.chat.messages):
            if message.deleted or not message.of_bot:
                continue
            inline = [(key["text"], key.get("callback_data")) for keys in message.keyboard for key in keys]
            keys = [(normal(text), data) for text, data in message.buttons + inline]
            near = [key for key in keys if key[0] == label] or [key for key in keys if label in key[0]]
            if len(near) > 1:
                raise AssertionError(f"{label!r} fits several buttons: {row(text for text, _ in near)}")
            if near:
                return message, *near[0]
        return None

    def _buttons(self) -> str:
        shown = [
            render(m) for m in self.chat.messages if m.of_bot and not m.deleted and (m.keyboard or m.buttons)
        ]
        keys = [row(map(label_of, keys)) for keys in self.chat.reply_keyboard]
        return "\n———\n".join(shown + keys) or "(none)"

    def _begin(self, line: str) -> None:
        self.api.clock.advance(PACE)
        self._mark = self.api.world.next_id()
        self._toasts = []
        self.chat.log.append(line)

    async def _sends(self, content: Formatted, **media: Any) -> None:
        if self.chat.blocked:
            raise AssertionError(f"{self.name} has blocked the bot and cannot write to it")
        file = f" [{media['media']}]" if media else ""
        self._begin(f"{self.name}:{file} {content.text}".rstrip())
        self.chat.open = True
        message = Message(
            id=self.chat.next_id(), chat_id=self.chat.id, sender=self.id, sent=self.api.clock.now(),
            content=content, **media,
        )  # fmt: skip
        self.chat.messages.append(message)
        await self._deliver(("message", self.api.world.json(self.chat, message)))

    def _tap(self, message: Message) -> Callback:
        tap = Callback(str(self.api.world.next_id()), self.chat.id, message.id, self.api.clock.now())
        self.api.world.taps[tap.id] = tap
        return tap

    async def _membership(self, old: str, new: str) -> None:
        if not self.api.mailbox.wants("my_chat_member"):
            return

        def member(status: str) -> dict[str, Any]:
            return {"status": status, "user": BOT} | ({"until_date": 0} if status == "kicked" else {})

        change = {
            "chat": self.chat.as_json(),
            "from": self.api.world.people[self.id],
            "date": int(self.api.clock.now().timestamp()),
            "old_chat_member": member(old),
            "new_chat_member": member(new),
        }
        await self._deliver(("my_chat_member", change))

    async def _deliver(self, *news: tuple[str, dict[str, Any]]) -> None:
        """Hand updates over, at once, and wait until the bot is quiet again."""
        mailbox = self.api.mailbox
        feed = self._feed or self.api.feed
        for kind, _ in news:
            if feed is None and not mailbox.wants(kind):
                raise AssertionError(
                    f"the bot does not ask for updates of the kind {kind!r}: {mailbox.allowed}"
                )
        hand = feed or mailbox.deliver
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(hand(mailbox.stamp(kind, payload)) for kind, payload in news))
                await (self.api.quiet(settled=0) if feed else self.api.quiet())
        except TimeoutError:
            raise AssertionError(
                f"the bot was still busy after {PATIENCE:.0f} s; so far:\n{self.transcript}"
            ) from None


def _commands(text: str) -> tuple[dict[str, Any], ...]:
    if not text.startswith("/"):
        return ()
    return ({"type": "bot_command", "offset": 0, "length": units(text.split()[0])},)
