"""A rule that was broken fails the test when it ends, whatever the bot made of the error."""

import contextlib

import pytest
from aiogram.exceptions import TelegramBadRequest

from tests.botapi import BotApi, Violations


async def swallow(api: BotApi) -> None:
    """A bot that breaks a rule and does not care."""
    async with api.bot() as bot:
        with contextlib.suppress(TelegramBadRequest):
            await bot.send_message(12345, "a")


async def a_story(story) -> None:
    async with BotApi() as api:
        await story(api)


async def test_a_swallowed_error_fails_at_the_end():
    with pytest.raises(Violations, match="sendMessage: 400 Bad Request: chat not found"):
        await a_story(swallow)


async def test_a_declared_error_does_not():
    async with BotApi() as api:
        with api.expecting("chat not found") as met:
            await swallow(api)
        assert len(met) == 1
        api.forgive("chat not found")
        await swallow(api)


async def test_forgiving_one_thing_does_not_forgive_another():
    async def story(api: BotApi) -> None:
        api.forgive("429")
        await swallow(api)

    with pytest.raises(Violations, match="chat not found"):
        await a_story(story)


async def test_an_error_that_was_expected_and_did_not_come_fails():
    async with BotApi() as api:
        with pytest.raises(AssertionError, match="it did not"), api.expecting("429"):
            pass


async def test_a_failing_test_keeps_its_own_error_and_is_told_the_broken_rules():
    async def story(api: BotApi) -> None:
        await swallow(api)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as failed:
        await a_story(story)
    assert "chat not found" in "".join(failed.value.__notes__)


class Outcomes:
    """A pytest plugin that notes how each phase of each test ended."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.words = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seen.append((report.when, report.outcome))
        self.words += report.longreprtext


def test_the_fixture_fails_the_test_that_ran_well(tmp_path):
    (tmp_path / "conftest.py").write_text("from tests.botapi.conftest import anna, api, bot\n")
    (tmp_path / "test_swallowing.py").write_text(
        "import contextlib\n"
        "from aiogram.exceptions import TelegramBadRequest\n"
        "async def test_swallows(bot):\n"
        "    with contextlib.suppress(TelegramBadRequest):\n"
        "        await bot.send_message(12345, 'a')\n"
    )
    outcomes = Outcomes()
    options = ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:randomly", "-o", "asyncio_mode=auto"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    pytest.main([str(tmp_path), "-c", "/dev/null", "--rootdir", str(tmp_path), *options], plugins=[outcomes])
    assert outcomes.seen == [("setup", "passed"), ("call", "passed"), ("teardown", "failed")]
    assert "sendMessage: 400 Bad Request: chat not found" in outcomes.words
