"""A server, a bot on it and a person who has talked to it before."""

import pytest

from tests.botapi import BotApi


@pytest.fixture
async def api():
    async with BotApi() as api:
        yield api


@pytest.fixture
async def bot(api):
    async with api.bot() as bot:
        yield bot


@pytest.fixture
def anna(api):
    return api.person("Анна", started=True)
