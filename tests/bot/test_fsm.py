"""aiogram's storage contract, on PostgreSQL (the cases of its own test_storages)."""

import asyncio

import pytest
from aiogram.exceptions import DataNotDictLikeError
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import StorageKey
from anyio import CapacityLimiter

from app.bot.fsm import PgStorage


class Steps(StatesGroup):
    first = State()


@pytest.fixture
def storage(db):
    return PgStorage(db, CapacityLimiter(5))


@pytest.fixture
def key(request):
    return StorageKey(bot_id=42, chat_id=hash(request.node.name) % 10**9, user_id=2)


def rows(db):
    with db.platform() as tx:
        return tx.run("SELECT count(*) FROM fsm_entry").scalar_one()


async def test_state_is_kept_replaced_and_forgotten(storage, key):
    assert await storage.get_state(key) is None
    await storage.set_state(key, Steps.first)
    assert await storage.get_state(key) == "Steps:first"
    await storage.set_state(key, "other")
    assert await storage.get_state(key) == "other"
    await storage.set_state(key, None)
    assert await storage.get_state(key) is None


async def test_data_is_kept_replaced_and_forgotten(storage, key):
    assert await storage.get_data(key) == {}
    await storage.set_data(key, {"foo": "бар", "n": 1})
    assert await storage.get_data(key) == {"foo": "бар", "n": 1}
    assert await storage.get_value(key, "foo") == "бар"
    assert await storage.get_value(key, "no") is None
    assert await storage.get_value(key, "no", "default") == "default"
    await storage.set_data(key, {})
    assert await storage.get_data(key) == {}


async def test_an_update_adds_to_what_is_there(storage, key):
    assert await storage.update_data(key, {"foo": "bar"}) == {"foo": "bar"}
    assert await storage.update_data(key, {}) == {"foo": "bar"}
    assert await storage.update_data(key, {"baz": "spam"}) == {"foo": "bar", "baz": "spam"}
    assert await storage.get_data(key) == {"foo": "bar", "baz": "spam"}


async def test_updates_at_once_lose_nothing(storage, key):
    await asyncio.gather(*(storage.update_data(key, {f"k{n}": n}) for n in range(10)))
    assert await storage.get_data(key) == {f"k{n}": n for n in range(10)}


async def test_data_that_is_no_mapping_is_refused(storage, key):
    with pytest.raises(DataNotDictLikeError):
        await storage.set_data(key, ())


async def test_chats_do_not_share(storage, key):
    other = StorageKey(bot_id=42, chat_id=key.chat_id + 1, user_id=2)
    await storage.set_state(key, "mine")
    assert await storage.get_state(other) is None


async def test_an_entry_with_nothing_in_it_is_deleted(storage, key, db):
    before = rows(db)
    await storage.set_state(key, "x")
    await storage.update_data(key, {"a": 1})
    assert rows(db) == before + 1
    await storage.set_state(key, None)
    assert rows(db) == before + 1
    await storage.set_data(key, {})
    assert rows(db) == before
    await storage.update_data(key, {})
    assert rows(db) == before


def a_day_passes(db):
    with db.platform() as tx:
        tx.run("UPDATE fsm_entry SET at = at - interval '25 hours'")


async def test_a_conversation_is_forgotten_after_a_day(storage, key, db):
    await storage.set_state(key, Steps.first)
    await storage.set_data(key, {"foo": "bar"})
    a_day_passes(db)
    assert await storage.get_state(key) is None
    assert await storage.get_data(key) == {}


async def test_what_is_begun_anew_remembers_nothing_of_the_day_before(storage, key, db):
    for begin in (
        lambda: storage.set_state(key, "new"),
        lambda: storage.set_data(key, {"n": 1}),
        lambda: storage.update_data(key, {"n": 1}),
    ):
        await storage.set_state(key, Steps.first)
        await storage.set_data(key, {"foo": "bar"})
        a_day_passes(db)
        await begin()
        assert await storage.get_state(key) != "Steps:first"
        assert "foo" not in await storage.get_data(key)
        await storage.set_state(key, None)
        await storage.set_data(key, {})
