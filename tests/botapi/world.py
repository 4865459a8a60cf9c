"""What the server knows: people, chats, files, taps, commands, and the one clock."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.botapi.chat import Callback, Chat, Message, message_json
from tests.botapi.clock import VirtualClock
from tests.botapi.flood import Flood
from tests.botapi.violations import Refused, bad

MAX_DOWNLOAD = 20 << 20


@dataclass(slots=True)
class World:
    clock: VirtualClock
    flood: Flood
    chats: dict[int, Chat] = field(default_factory=dict)
    people: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    taps: dict[str, Callback] = field(default_factory=dict)
    commands: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: count(1))

    def next_id(self) -> int:
        return next(self._ids)

    def chat_to_write(self, chat_id: int | str, *, costs: bool = True) -> Chat:
        """The chat, if the bot may write to it now. ``costs`` counts it for flood control."""
        chat = self.known_chat(chat_id)
        if chat.blocked:
            first = not chat.knows_block
            chat.knows_block = True
            raise Refused(403, "Forbidden: bot was blocked by the user", forgiven=first)
        if not chat.open:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        if costs:
            self.flood.pass_or_refuse(chat.id)
        return chat

    def known_chat(self, chat_id: int | str) -> Chat:
        if not isinstance(chat_id, int) or chat_id not in self.chats:
            raise bad("chat not found")
        return self.chats[chat_id]

    def own_message(self, chat: Chat, message_id: int) -> Message:
        """A message of the bot, to edit."""
        message = chat.find(message_id)
        if message is None:
            raise bad("message to edit not found")
        if not message.of_bot:
            raise bad("message can't be edited")
        return message

    def keep_file(self, content: bytes) -> str:
        file_id = f"AgACAgIAAxkBAAI{self.next_id():06d}"
        self.files[file_id] = content
        return file_id

    def json(self, chat: Chat, message: Message) -> dict[str, Any]:
        return message_json(chat, message, self.people)
