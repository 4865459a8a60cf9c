"""The methods that send, edit and delete, as far as a bot can tell them from Telegram's."""

from datetime import timedelta
from typing import Any

from tests.botapi.chat import BOT_ID, Chat, Message
from tests.botapi.markup import Formatted, read
from tests.botapi.rich import Reading, read_rich
from tests.botapi.scanner import units
from tests.botapi.screen import render
from tests.botapi.violations import Refused, bad
from tests.botapi.world import World

MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_PHOTO, MAX_DOCUMENT = 10 << 20, 50 << 20
MAX_BUTTONS, MAX_IN_ROW = 100, 8
DELETABLE = timedelta(hours=48)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF", b"BM")
Params = dict[str, Any]
Files = dict[str, tuple[str, bytes]]


class Messages:
    """Each method takes the checked parameters and the uploads (part name → file name, content)."""

    def __init__(self, world: World) -> None:
        self.world = world

    # ---- sending

    def send_message(self, p: Params, files: Files) -> Any:
        content = self._text(p)
        return self._post(p, content)

    def send_rich_message(self, p: Params, files: Files) -> Any:
        reading = read_rich(p["rich_message"])
        return self._post(p, Formatted(reading.text), rich=p["rich_message"], buttons=reading.buttons)

    def send_photo(self, p: Params, files: Files) -> Any:
        file_id = self._upload(p["photo"], "photo", files, MAX_PHOTO)
        if not self.world.files[file_id].startswith(PICTURES):
            raise bad("IMAGE_PROCESS_FAILED")
        return self._post(p, self._caption(p), media="photo", file_ids=(file_id,))

    def send_document(self, p: Params, files: Files) -> Any:
        file_id = self._upload(p["document"], "document", files, MAX_DOCUMENT)
        part = p["document"].removeprefix("attach://")
        name = files[part][0] if part in files else None
        return self._post(p, self._caption(p), media="document", file_ids=(file_id,), file_name=name)

    def send_chat_action(self, p: Params, files: Files) -> bool:
        self.world.chat_to_write(p["chat_id"], costs=False).actions.append(p["action"])
        return True

    def send_message_draft(self, p: Params, files: Files) -> bool:
        text = read(p.get("text", ""), p.get("parse_mode"), p.get("entities")).text
        if units(text) > MAX_TEXT:
            raise bad("message is too long")
        return self._draft(p, text)

    def send_rich_message_draft(self, p: Params, files: Files) -> bool:
        return self._draft(p, read_rich(p["rich_message"]).text)

    def forward_message(self, p: Params, files: Files) -> Any:
        source = self._source(p, "message to forward not found")
        return self._post(p, source.content, media=source.media, file_ids=source.file_ids, rich=source.rich)

    def copy_message(self, p: Params, files: Files) -> Any:
        source = self._source(p, "message to copy not found")
        content = self._caption(p) if "caption" in p and source.media else source.content
        sent = self._post(p, content, media=source.media, file_ids=source.file_ids, rich=source.rich)
        return {"message_id": sent["message_id"]}

    # ---- editing

    def edit_message_text(self, p: Params, files: Files) -> Any:
        chat, message = self._to_edit(p)
        if message.media:
            raise bad("there is no text in the message to edit")
        if "rich_message" in p:
            if "text" in p:
                raise bad("text and rich_message exclude one another", ours=True)
            reading = read_rich(p["rich_message"])
        else:
            reading = None
        content = Formatted(reading.text) if reading else self._text(p)
        return self._edit(chat, message, p, content, p.get("rich_message"), reading)

    def edit_message_caption(self, p: Params, files: Files) -> Any:
        chat, message = self._to_edit(p)
        if not message.media:
            raise bad("there is no caption in the message to edit")
        return self._edit(chat, message, p, self._caption(p), None, None)

    def edit_message_reply_markup(self, p: Params, files: Files) -> Any:
        chat, message = self._to_edit(p)
        return self._edit(chat, message, p, message.content, message.rich, None)

    # ---- deleting

    def delete_message(self, p: Params, files: Files) -> bool:
        chat = self.world.known_chat(p["chat_id"])
        message = chat.find(p["message_id"])
        if message is None:
            raise bad("message to delete not found")
        self._delete(chat, message)
        return True

    def delete_messages(self, p: Params, files: Files) -> bool:
        chat = self.world.known_chat(p["chat_id"])
        for message_id in p["message_ids"]:
            if message := chat.find(message_id):
                self._delete(chat, message)
        return True

    # ---- parts

    def _text(self, p: Params) -> Formatted:
        if "text" not in p:
            raise bad("message text is empty")
        content = read(p["text"], p.get("parse_mode"), p.get("entities"))
        if not content.text:
            raise bad("message text is empty")
        if units(content.text) > MAX_TEXT:
            raise bad("message is too long")
        return content

    def _caption(self, p: Params) -> Formatted:
        content = read(p.get("caption", ""), p.get("parse_mode"), p.get("caption_entities"))
        if units(content.text) > MAX_CAPTION:
            raise bad("message caption is too long")
        return content

    def _post(self, p: Params, content: Formatted, **rest: Any) -> Any:
        self._check_markup(p.get("reply_markup"))
        reply_to = self._reply_to(p)
        chat = self.world.chat_to_write(p["chat_id"])
        markup = p.get("reply_markup") or {}
        message = Message(
            id=chat.next_id(),
            chat_id=chat.id,
            sender=BOT_ID,
            sent=self.world.clock.now(),
            content=content,
            markup=markup if "inline_keyboard" in markup else None,
            reply_to=reply_to,
            changed=self.world.next_id(),
            **rest,
        )
        if "keyboard" in markup:
            chat.reply_keyboard = markup["keyboard"]
        elif "remove_keyboard" in markup:
            chat.reply_keyboard = []
        chat.messages.append(message)
        chat.drafts.clear()
        chat.log.append(f"Бот: {render(message)}")
        return self.world.json(chat, message)

    def _reply_to(self, p: Params) -> int | None:
        reply = p.get("reply_parameters")
        if not reply or "message_id" not in reply:
            return None
        chat = self.world.known_chat(reply.get("chat_id", p["chat_id"]))
        if chat.find(reply["message_id"]) is None:
            if reply.get("allow_sending_without_reply"):
                return None
            raise bad("message to be replied not found")
        return reply["message_id"]

    def _upload(self, value: str, part: str, files: Files, most: int) -> str:
        name = value.removeprefix("attach://")
        if name in files and (value.startswith("attach://") or name == part):
            content = files[name][1]
            if not content:
                raise bad("file must be non-empty")
            if len(content) > most:
                raise Refused(413, "Request Entity Too Large")
            return self.world.keep_file(content)
        if value not in self.world.files:
            raise bad("wrong file identifier/HTTP URL specified")
        return value

    def _draft(self, p: Params, text: str) -> bool:
        chat = self.world.chat_to_write(p["chat_id"], costs=False)
        if not chat.private or p["draft_id"] == 0:
            raise bad("DRAFT_ID_INVALID" if chat.private else "drafts are for private chats")
        chat.drafts.append(text)
        return True

    def _source(self, p: Params, missing: str) -> Message:
        message = self.world.known_chat(p["from_chat_id"]).find(p["message_id"])
        if message is None:
            raise bad(missing)
        return message

    def _to_edit(self, p: Params) -> tuple[Chat, Message]:
        if "inline_message_id" in p or "chat_id" not in p or "message_id" not in p:
            raise bad("message identifier is not specified")
        chat = self.world.chat_to_write(p["chat_id"], costs=False)
        return chat, self.world.own_message(chat, p["message_id"])

    def _edit(
        self, chat: Chat, message: Message, p: Params, content: Formatted, rich: Any, reading: Reading | None
    ) -> Any:
        markup = p.get("reply_markup")
        self._check_markup(markup)
        old = (message.content, message.rich, message.keyboard)
        if old == (content, rich, (markup or {}).get("inline_keyboard", [])):
            raise bad(NOT_MODIFIED)
        self.world.flood.pass_or_refuse(chat.id)
        # An edit without reply_markup removes the keyboard.
        message.content, message.rich, message.markup = content, rich, markup
        if reading is not None or rich is None:
            message.buttons = reading.buttons if reading else []
        message.edited = self.world.clock.now()
        message.changed = self.world.next_id()
        chat.log.append(f"Бот (изменил): {render(message)}")
        return self.world.json(chat, message)

    def _delete(self, chat: Chat, message: Message) -> None:
        if self.world.clock.now() - message.sent > DELETABLE:
            raise bad(
                "message can't be deleted for everyone" if message.of_bot else "message can't be deleted"
            )
        if not message.of_bot and not chat.private:
            raise bad("message can't be deleted")
        message.deleted = True
        chat.log.append(f"Бот (удалил): {render(message)}")

    def _check_markup(self, markup: Params | None) -> None:
        rows = (markup or {}).get("inline_keyboard") or (markup or {}).get("keyboard") or []
        if sum(map(len, rows)) > MAX_BUTTONS * (1 if "inline_keyboard" in (markup or {}) else 3):
            raise bad("reply markup is too long")
        for row in rows:
            if len(row) > MAX_IN_ROW and "inline_keyboard" in (markup or {}):
                raise bad(f"a row of {len(row)} inline buttons, {MAX_IN_ROW} are shown", ours=True)
            for button in row:
                text = button if isinstance(button, str) else button["text"]
                if not text.strip():
                    raise bad("can't parse keyboard button: the text of the button is empty")
                url = "" if isinstance(button, str) else button.get("url", "")
                if url and not url.startswith(("http://", "https://", "tg://")):
                    raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
