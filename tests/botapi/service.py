"""The methods that are not about messages: taps, files, commands, the bot's profile, pins."""

from datetime import timedelta
from typing import Any

from tests.botapi.chat import BOT
from tests.botapi.methods import Files, Params
from tests.botapi.violations import bad
from tests.botapi.world import MAX_DOWNLOAD, World

# How long a client waits with a spinning button. Telegram's own figure is not published.
TAP_LIVES = timedelta(seconds=15)


class Service:
    """Each method takes the checked parameters and the uploads."""

    def __init__(self, world: World) -> None:
        self.world = world

    def get_me(self, p: Params, files: Files) -> Any:
        return BOT | {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def answer_callback_query(self, p: Params, files: Files) -> bool:
        tap = self.world.taps.get(p["callback_query_id"])
        if tap is None or tap.answered or self.world.clock.now() - tap.at > TAP_LIVES:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        tap.answered = True
        tap.answer = p.get("text")
        if tap.answer:
            self.world.chats[tap.chat_id].log.append(f"  ({tap.answer})")
        return True

    def get_file(self, p: Params, files: Files) -> Any:
        content = self.world.files.get(p["file_id"])
        if content is None:
            raise bad("invalid file_id")
        if len(content) > MAX_DOWNLOAD:
            raise bad("file is too big")
        return {
            "file_id": p["file_id"],
            "file_unique_id": f"u{p['file_id']}",
            "file_size": len(content),
            "file_path": f"files/{p['file_id']}",
        }

    def get_chat(self, p: Params, files: Files) -> Any:
        chat = self.world.known_chat(p["chat_id"])
        kinds = "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels"
        gifts = dict.fromkeys(kinds.split(), False)
        return chat.as_json() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}

    def set_my_commands(self, p: Params, files: Files) -> bool:
        names = [command["command"] for command in p["commands"]]
        if len(set(names)) != len(names):
            raise bad("a command is named twice", ours=True)
        self.world.commands[_scope(p)] = p["commands"]
        return True

    def get_my_commands(self, p: Params, files: Files) -> Any:
        return self.world.commands.get(_scope(p), [])

    def delete_my_commands(self, p: Params, files: Files) -> bool:
        self.world.commands.pop(_scope(p), None)
        return True

    def set_my_name(self, p: Params, files: Files) -> bool:
        return self._profile("name", p)

    def set_my_description(self, p: Params, files: Files) -> bool:
        return self._profile("description", p)

    def set_my_short_description(self, p: Params, files: Files) -> bool:
        return self._profile("short_description", p)

    def set_chat_menu_button(self, p: Params, files: Files) -> bool:
        if "chat_id" in p:
            self.world.known_chat(p["chat_id"])
        self.world.profile["menu_button"] = p.get("menu_button", {"type": "default"})
        return True

    def get_chat_menu_button(self, p: Params, files: Files) -> Any:
        return self.world.profile.get("menu_button", {"type": "default"})

    def pin_chat_message(self, p: Params, files: Files) -> bool:
        return self._pin(p, True)

    def unpin_chat_message(self, p: Params, files: Files) -> bool:
        return self._pin(p, False)

    def unpin_all_chat_messages(self, p: Params, files: Files) -> bool:
        for message in self.world.known_chat(p["chat_id"]).messages:
            message.pinned = False
        return True

    def set_message_reaction(self, p: Params, files: Files) -> bool:
        if self.world.chat_to_write(p["chat_id"], costs=False).find(p["message_id"]) is None:
            raise bad("message to react not found")
        if len(p.get("reaction", ())) > 1:
            raise bad("REACTIONS_TOO_MANY")
        return True

    def log_out(self, p: Params, files: Files) -> bool:
        return True

    close = log_out

    def _profile(self, name: str, p: Params) -> bool:
        self.world.profile[name] = p.get(name, "")
        return True

    def _pin(self, p: Params, pinned: bool) -> bool:
        chat = self.world.chat_to_write(p["chat_id"], costs=False)
        if "message_id" in p:
            found = chat.find(p["message_id"])
        else:
            found = next((message for message in reversed(chat.messages) if message.pinned), None)
        if found is None:
            raise bad(f"message to {'pin' if pinned else 'unpin'} not found")
        found.pinned = pinned
        return True


def _scope(p: Params) -> str:
    scope = p.get("scope", {"type": "default"})
    return "/".join(str(scope[key]) for key in sorted(scope, reverse=True)) + "/" + p.get("language_code", "")
