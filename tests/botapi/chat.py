"""The chats of the server: people, messages and what became of them."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from tests.botapi.markup import Formatted

BOT_ID = 4200000042
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "Амбар", "username": "ambar_test_bot"}


@dataclass(slots=True, eq=False)
class Message:
    """One message. ``buttons`` are the callback buttons in a rich body: (text, data)."""

    id: int
    chat_id: int
    sender: int
    sent: datetime
    content: Formatted
    media: str | None = None
    file_ids: tuple[str, ...] = ()
    file_name: str | None = None
    rich: dict[str, Any] | None = None
    buttons: list[tuple[str, str | None]] = field(default_factory=list)
    markup: dict[str, Any] | None = None
    reply_to: int | None = None
    edited: datetime | None = None
    deleted: bool = False
    pinned: bool = False
    # Grows with every sending and edit in the world: what is new to a reader.
    changed: int = 0

    @property
    def of_bot(self) -> bool:
        return self.sender == BOT_ID

    @property
    def keyboard(self) -> list[list[dict[str, Any]]]:
        """The inline keyboard, row by row."""
        return (self.markup or {}).get("inline_keyboard", [])


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat (positive id) or a group. ``open``: the bot may write here."""

    id: int
    name: str
    open: bool = False
    blocked: bool = False
    # The bot's first 403 after a block is news to it, not a fault of it.
    knows_block: bool = False
    messages: list[Message] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    reply_keyboard: list[list[Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: count(1))

    @property
    def private(self) -> bool:
        return self.id > 0

    def next_id(self) -> int:
        return next(self._ids)

    def find(self, message_id: int) -> Message | None:
        """The message that still stands in the chat."""
        return next((m for m in self.messages if m.id == message_id and not m.deleted), None)

    def as_json(self) -> dict[str, Any]:
        if self.private:
            return {"id": self.id, "type": "private", "first_name": self.name}
        return {"id": self.id, "type": "supergroup", "title": self.name}


@dataclass(slots=True, eq=False)
class Callback:
    """One tap on a button, until it is answered."""

    id: str
    chat_id: int
    message_id: int
    at: datetime
    answered: bool = False
    answer: str | None = None


def message_json(
    chat: Chat, message: Message, people: dict[int, dict[str, Any]], *, nested: bool = False
) -> dict[str, Any]:
    """A ``Message`` of the Bot API; ``nested`` without the message that it replies to."""
    out: dict[str, Any] = {
        "message_id": message.id,
        "date": int(message.sent.timestamp()),
        "chat": chat.as_json(),
        "from": BOT if message.of_bot else people[message.sender],
    }
    if message.edited:
        out["edit_date"] = int(message.edited.timestamp())
    if message.rich is not None:
        # Bots do not read their own rich messages back: one paragraph stands for the blocks.
        out["rich_message"] = {"blocks": [{"type": "paragraph", "text": message.content.text}]}
    elif message.media:
        out |= _media_json(message)
        if message.content.text:
            out["caption"] = message.content.text
            out["caption_entities"] = list(message.content.entities)
    else:
        out["text"] = message.content.text
        out["entities"] = list(message.content.entities)
    if not nested and message.reply_to and (replied := chat.find(message.reply_to)):
        out["reply_to_message"] = message_json(chat, replied, people, nested=True)
    if message.keyboard:
        out["reply_markup"] = message.markup
    return out


def _media_json(message: Message) -> dict[str, Any]:
    if message.media == "photo":
        sizes = ((90, 67), (1280, 960))
        return {
            "photo": [
                {"file_id": file_id, "file_unique_id": f"u{file_id}", "width": width, "height": height}
                for file_id, (width, height) in zip(message.file_ids * 2, sizes, strict=False)
            ]
        }
    file_id = message.file_ids[0]
    return {"document": {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_name": message.file_name}}
