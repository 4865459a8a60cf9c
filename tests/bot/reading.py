"""Reading a screen as a person does: spaces are spaces, markup is not seen."""

import re
from html import unescape
from zoneinfo import ZoneInfo

from app.bot.render import Renderer
from app.bot.screen import Screen

RENDER = Renderer(ZoneInfo("Europe/Moscow"))


def seen(screen: Screen, *, is_demo: bool = False) -> str:
    """What the screen looks like, every kind and run of spaces told as one."""
    html = RENDER(screen, is_demo=is_demo).text
    plain = unescape(re.sub(r"<[^>]+>", "", html))
    return "\n".join(re.sub(r"[ \u00a0\u202f]+", " ", line).strip() for line in plain.split("\n"))


def buttons(screen: Screen) -> list[list[str]]:
    keyboard = RENDER(screen).keyboard
    return [[b.text for b in row] for row in keyboard.inline_keyboard] if keyboard else []
