"""/connect: the key is gone from the chat, checked, sealed, and collected with at once."""

from datetime import UTC, datetime

import structlog

from app.bot.app import build_dispatcher
from app.core.crypto import Sealed
from app.marketplaces.errors import MarketplaceDown, TokenRefused
from app.services.tenancy.connect import CheckedToken, account_aad

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzIjoxfQ.c2lnbmF0dXJl"


def checked(marketplace="WB", pasted=TOKEN, **changes):
    good = {
        "marketplace": marketplace,
        "seller_key": "sid-1",
        "name": "ИП Иванова",
        "kind": "базовый",
        "scopes": ("Контент", "Аналитика", "Статистика"),
        "missing_scopes": ("Финансы",),
        "expires_at": datetime(2027, 5, 1, 9, 0, tzinfo=UTC),
        "notes": (),
        "secret": pasted,
    }
    return CheckedToken(**good | changes)


def accounts(chat, tenant_id):
    with chat.db.tenant(tenant_id) as tx:
        return tx.run("SELECT * FROM marketplace_account WHERE tenant_id = :tenant_id").all()


def jobs(chat, tenant_id):
    with chat.db.tenant(tenant_id) as tx:
        return tx.run("SELECT job_type FROM job WHERE tenant_id = :tenant_id").scalars().all()


async def quietly(chat, somebody, said):
    """Say it and do not wait for the first collection, which nobody does here."""
    busy, chat.api.busy = chat.api.busy, None
    await somebody.says(said)
    chat.api.busy = busy


async def wb_step(somebody):
    await somebody.says("/connect")
    await somebody.taps("Wildberries")
    somebody.sees("пришлите токен", "Только на чтение")


async def test_a_pasted_token_is_deleted_checked_sealed_and_put_to_work(chat, vault):
    olga = chat.person()
    chat.checker.answer = checked
    await wb_step(olga)
    await quietly(chat, olga, TOKEN)
    assert olga.deleted(TOKEN)
    olga.sees("ИП Иванова: подключён", "Контент, Аналитика, Статистика", "Не хватает прав: Финансы", "01.05")
    olga.sees("В очереди")
    (account,) = accounts(chat, olga.tenant_id)
    assert TOKEN.encode() not in bytes(account.ciphertext)
    sealed = Sealed(account.key_id, bytes(account.nonce), bytes(account.ciphertext))
    assert vault.decrypt(sealed, account_aad(olga.tenant_id, "WB", "sid-1")) == TOKEN.encode()
    assert account.token_tail == TOKEN[-4:]
    assert account.scopes == ["Контент", "Аналитика", "Статистика"]
    assert jobs(chat, olga.tenant_id) == ["collect"]


async def test_the_token_is_nowhere_in_what_the_bot_says(chat):
    olga = chat.person()
    chat.checker.answer = checked
    await wb_step(olga)
    await quietly(chat, olga, TOKEN)
    olga.does_not_see(TOKEN, TOKEN[:20])


async def test_the_same_cabinet_again_gets_a_new_token_and_stays_one(chat):
    olga = chat.person()
    chat.checker.answer = checked
    await quietly(chat, olga, f"/connect {TOKEN}")
    chat.checker.answer = lambda m, pasted: checked(m, pasted, name="")
    await quietly(chat, olga, f"/connect {TOKEN[:-4]}wxyz")
    olga.sees("ИП Иванова: токен заменён")
    (account,) = accounts(chat, olga.tenant_id)
    assert account.token_tail == "wxyz"
    assert account.name == "ИП Иванова"
    assert jobs(chat, olga.tenant_id) == ["collect"]


async def test_a_key_that_cannot_be_deleted_is_said_so(chat):
    olga = chat.person()
    chat.checker.answer = checked
    await wb_step(olga)
    chat.api.fail("deleteMessage", 400, "Bad Request: message can't be deleted")
    await quietly(chat, olga, TOKEN)
    olga.sees("Удалите сообщение с ключом сами", "подключён")


async def test_a_refused_token_says_why_and_another_may_follow(chat):
    olga = chat.person()
    await wb_step(olga)

    def refuse(*_):
        raise TokenRefused("Wildberries")

    chat.checker.answer = refuse
    await olga.says(TOKEN)
    olga.sees("неверный, отозван или истёк")
    assert olga.deleted(TOKEN)
    assert accounts(chat, olga.tenant_id) == []
    chat.checker.answer = checked
    await quietly(chat, olga, TOKEN[:-1] + "x")
    olga.sees("подключён")


async def test_a_marketplace_that_is_down_stores_nothing(chat):
    olga = chat.person()
    await wb_step(olga)

    def down(*_):
        raise MarketplaceDown("Wildberries", "код 500")

    chat.checker.answer = down
    await olga.says(TOKEN)
    olga.sees("сейчас не отвечает")
    assert accounts(chat, olga.tenant_id) == []


async def test_a_fault_while_a_key_is_checked_leaves_no_key_in_the_log(chat):
    olga = chat.person()

    def breaks(_, pasted):
        raise RuntimeError(f"no idea what to do with {pasted}")

    chat.checker.answer = breaks
    with structlog.testing.capture_logs() as logged:
        await quietly(chat, olga, f"/connect {TOKEN}")
    olga.sees("Что-то сломалось у нас")
    assert any(each["event"] == "update_failed" for each in logged)
    assert TOKEN not in str(logged)


async def test_ozons_advertising_is_a_pair_with_a_dot_and_no_token_of_wildberries(chat):
    olga = chat.person()
    own = "123456 01234567-89ab-cdef-0123-456789abcdef"
    ads = "88123456-17@advertising.performance.ozon.ru b1u5XXDQW3wEqQ7dG_ancMyuhQtMNBI-1234567"
    chat.checker.answer = checked
    await quietly(chat, olga, f"/connect {own}")
    chat.checker.answer = lambda m, pasted: checked(m, pasted, seller_key="", name="", scopes=())
    await quietly(chat, olga, f"/connect {ads}")
    assert olga.deleted(f"/connect {ads}")
    assert [place for place, _ in chat.checker.asked] == ["OZON", "OZON"]
    olga.sees("Ozon · ИП Иванова: токен заменён", "с рекламой", "cdef")
    olga.does_not_see("b1u5XX", "4567")
    (account,) = accounts(chat, olga.tenant_id)
    assert (account.token_tail, account.token_kind) == ("cdef", "с рекламой")


async def test_ozon_takes_a_pair(chat):
    olga = chat.person()
    chat.checker.answer = checked
    await olga.says("/connect")
    await olga.taps("Ozon")
    olga.sees("Client-Id")
    await quietly(chat, olga, "123456 01234567-89ab-cdef-0123-456789abcdef")
    assert chat.checker.asked == [("OZON", "123456 01234567-89ab-cdef-0123-456789abcdef")]
    olga.sees("Ozon · ИП Иванова: подключён")


async def test_leaving_or_asking_something_else_ends_the_step(chat):
    olga = chat.person()
    await wb_step(olga)
    await olga.taps("Отмена")
    olga.sees("Подключение отменено")
    await wb_step(olga)
    await olga.says("/help")
    await olga.says("просто слова")
    olga.sees("Я понимаю команды")
    assert not olga.deleted("просто слова")
    assert chat.checker.asked == []


async def test_a_token_out_of_the_blue_is_deleted_too(chat):
    olga = chat.person()
    await olga.says(TOKEN)
    assert olga.deleted(TOKEN)
    olga.sees("Похоже на токен")
    assert chat.checker.asked == []


async def test_the_step_survives_a_restart(chat):
    olga = chat.person()
    chat.checker.answer = checked
    await wb_step(olga)
    chat.dispatcher = build_dispatcher(chat.deps)
    await quietly(chat, olga, TOKEN)
    olga.sees("подключён")
    await chat.dispatcher["office"].running.stop(1)


async def test_a_demo_takes_no_real_token_but_deletes_it(chat):
    olga = chat.person(is_demo=True)
    await olga.says("/connect")
    olga.sees("Это демонстрация")
    await olga.says(f"/connect {TOKEN}")
    assert olga.deleted(f"/connect {TOKEN}")
    assert chat.checker.asked == []
