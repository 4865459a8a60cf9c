"""Shutdown waits for handlers, not for watchers; a watcher never takes the house down."""

import asyncio

from app.bot.background import Running


async def test_stopping_waits_for_a_handler_to_finish():
    running, done = Running(), []

    async def handler():
        running.register_current()
        await asyncio.sleep(0.05)
        done.append(True)

    task = asyncio.create_task(handler())
    await asyncio.sleep(0)
    await running.stop(5)
    assert done == [True]
    assert task.done()


async def test_a_handler_that_hangs_is_cut_after_the_patience():
    running = Running()

    async def handler():
        running.register_current()
        await asyncio.sleep(3600)

    task = asyncio.create_task(handler())
    await asyncio.sleep(0)
    await running.stop(0.01)
    assert task.cancelled()


async def test_watchers_are_cut_at_once_and_one_message_has_one_watcher():
    running, started = Running(), []

    async def watch(name):
        started.append(name)
        await asyncio.sleep(3600)

    running.watch("m", watch("first"))
    running.watch("m", watch("second"))
    await asyncio.sleep(0)
    await running.stop(60)
    assert started == ["first"]


async def test_a_watcher_that_fails_ends_quietly():
    running = Running()

    async def watch():
        raise RuntimeError("the message is gone")

    running.watch("m", watch())
    await running.idle()
