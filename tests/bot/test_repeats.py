"""Telegram hands an update over again (a restart before it was confirmed): nothing is done twice."""

import copy

import pytest

from app.bot.app import build_dispatcher
from app.bot.routers import house
from tests.bot.test_connect import TOKEN, checked, quietly, wb_step


@pytest.fixture
def heard(chat, monkeypatch):
    """Every update as it came, so that it can come again."""
    raws = []
    plain = chat.feed

    async def feed(raw):
        raws.append(copy.deepcopy(raw))
        return await plain(raw)

    monkeypatch.setattr(chat, "feed", feed)
    return raws


def restart(chat):
    """Another process: nothing of the memory is left."""
    chat.dispatcher = build_dispatcher(chat.deps)


async def again(chat, somebody, raw):
    """The same update once more, as after a restart."""
    restart(chat)
    busy, chat.api.busy = chat.api.busy, None
    somebody._begin(f"({somebody.name}: то же обновление ещё раз)")
    await chat.feed(raw)
    await chat.api.quiet(settled=0)
    chat.api.busy = busy


def count(chat, tenant_id, table):
    with chat.db.tenant(tenant_id) as tx:
        return tx.run(f"SELECT count(*) FROM {table} WHERE tenant_id = :tenant_id").scalar_one()


def audited(chat, tenant_id):
    with chat.db.tenant(tenant_id) as tx:
        return (
            tx.run("SELECT action FROM audit_entry WHERE tenant_id = :tenant_id ORDER BY id").scalars().all()
        )


async def test_a_cost_that_comes_twice_is_set_once_and_told_twice(heard, chat, seller):
    seller._feed = chat.feed
    await seller.says("/cost KRS-42 350")
    first = seller.screen
    await again(chat, seller, heard[-1])
    assert seller.screen == first, "the first answer, «Было» included"
    assert count(chat, seller.tenant_id, "cost_change") == 1
    assert audited(chat, seller.tenant_id) == ["cost.set"]


async def test_an_old_update_does_not_undo_what_came_after_it(heard, chat, seller):
    """350, then 400, then the first update once more: it stays 400."""
    seller._feed = chat.feed
    await seller.says("/cost KRS-42 350")
    old = heard[-1]
    await seller.says("/cost KRS-42 400 с 19.11.2026")
    await again(chat, seller, old)
    seller.sees("350 ₽ с 19.11.2026")
    await seller.says("/pnl 1")
    seller.sees_rubles("Себестоимость", "−800")


async def test_an_undo_that_comes_twice_is_one_undo(heard, chat, seller):
    seller._feed = chat.feed
    await seller.says("/cost KRS-42 350")
    await seller.taps("Отменить")
    seller.sees("изменение отменено")
    chat.api.forgive("query is too old")
    chat.api.forgive("message is not modified")
    await again(chat, seller, heard[-1])
    assert audited(chat, seller.tenant_id) == ["cost.set", "cost.undone"]
    assert count(chat, seller.tenant_id, "cost_price_history") == 0


async def test_an_impatient_finger_takes_back_once(heard, chat, seller):
    seller._feed = chat.feed
    await seller.says("/cost KRS-42 350")
    await seller.taps("Отменить", times=2)
    assert audited(chat, seller.tenant_id) == ["cost.set", "cost.undone"]


async def test_a_recalculation_asked_for_once_runs_once_even_when_it_is_over(heard, chat, seller):
    seller._feed = chat.feed
    await quietly(chat, seller, "/recalc")
    with chat.db.platform() as tx:
        tx.run("UPDATE job SET state = 'done', finished_at = now()")
    await again(chat, seller, heard[-1])
    assert count(chat, seller.tenant_id, "job") == 1
    seller.sees("задача")


async def test_a_cabinet_is_connected_once_and_collected_from_once(heard, chat):
    olga = chat.person()
    chat.checker.answer = checked
    await wb_step(olga)
    await quietly(chat, olga, f"/connect {TOKEN}")
    with chat.db.platform() as tx:
        tx.run("UPDATE job SET state = 'done', finished_at = now()")
    chat.api.forgive("message to delete not found")
    # the marketplace tells a seller's name once a day
    chat.checker.answer = lambda *asked: checked(*asked, name="")
    await again(chat, olga, heard[-1])
    olga.sees("ИП Иванова: подключён")
    assert len(chat.checker.asked) == 1, "the marketplace is asked once"
    assert count(chat, olga.tenant_id, "job") == 1
    assert audited(chat, olga.tenant_id) == ["cabinet.connected", "collect.asked"]


async def test_a_kill_between_the_store_and_the_collection_is_made_good(heard, chat, monkeypatch):
    """The cabinet is stored, the process dies; the same update then collects, and connects nothing anew."""
    olga = chat.person()
    chat.checker.answer = checked
    monkeypatch.setattr("app.bot.views.connected", _dies)
    await olga.says(f"/connect {TOKEN}")
    monkeypatch.undo()
    monkeypatch.setattr(house, "LOOK_EVERY", 0.02)
    chat.api.forgive("message to delete not found")
    await again(chat, olga, heard[-1])
    olga.sees("ИП Иванова: подключён", "В очереди")
    assert audited(chat, olga.tenant_id) == ["cabinet.connected", "collect.asked"]


async def test_the_same_words_said_again_are_another_request(heard, chat, seller):
    seller._feed = chat.feed
    await seller.says("/cost KRS-42 350")
    await seller.says("/cost KRS-42 360")
    await seller.says("/cost KRS-42 350")
    seller.sees_rubles("Было", "360")
    assert audited(chat, seller.tenant_id) == ["cost.set"] * 3


def _dies(_):
    raise SystemError("kill -9")
