"""A strict Telegram Bot API server for tests, and people who write to the bot that it serves.

    async with BotApi() as api:
        bot = api.bot()
        anna = api.person("Анна", feed=lambda raw: dispatcher.feed_raw_update(bot, raw))
        await anna.says("/start")
        anna.sees("Здравствуйте")

Leaving the block raises ``Violations`` where the bot broke a rule of the Bot API, even if it swallowed the
error; ``api.expecting("429")`` declares an error that the story is about.
"""

import app.bot  # noqa: F401  before aiogram, which it imports in its own way
from tests.botapi.clock import VirtualClock
from tests.botapi.driver import Person
from tests.botapi.server import BotApi
from tests.botapi.violations import Violations

__all__ = ["BotApi", "Person", "Violations", "VirtualClock"]
